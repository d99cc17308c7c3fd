// Operations: what verbs, hooks and the agent do with an environment repository alike: open it, make its targets, run
// git, tell what became of a deployment. It neither parses arguments nor writes to a terminal.

import Glibc
import Posix

/// What is running: this program.
package enum Program {
    /// Its version.
    package static let version = "0.1.0"

    /// Where it is, so that a worker is the same program.
    package static func path() -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let length = readlink("/proc/self/exe", &buffer, buffer.count)
        guard length > 0 else { return "git-ops" }
        let path = String(decoding: buffer.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
        return path.hasSuffix(" (deleted)") ? "git-ops" : path
    }

    /// What it is: an index that another one made is not taken for its own.
    package static let identity: String = {
        var status = stat()
        guard stat(path(), &status) == 0 else { return version }
        return "\(version) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
    }()

    /// The folder that it is in; nil where that is not known.
    package static func folder() -> String? {
        let own = path()
        guard let slash = own.lastIndex(of: "/") else { return nil }
        return slash == own.startIndex ? "/" : String(own[..<slash])
    }

    /// A program that is installed with this one: beside it, or else found on PATH.
    package static func sibling(_ name: String) -> String {
        guard let folder = folder() else { return name }
        let beside = folder + "/" + name
        return access(beside, X_OK) == 0 ? beside : name
    }
}
