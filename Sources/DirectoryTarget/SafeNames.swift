import Deployments
import Git
import Rendering

/// Which names may be written at all. What comes in a push is hostile until shown otherwise, and the
/// hooks that look first may not have run where this does.
enum SafeNames {
    /// Refuses a path that could lead elsewhere, into a repository, or into what is ours.
    static func check(_ path: RepositoryPath) throws(TargetError) {
        var start = 0
        let bytes = path.bytes
        for index in 0...bytes.count {
            if index < bytes.count {
                guard bytes[index] != 0 else { throw refusal(path, "a name holds a NUL") }
                if bytes[index] != UInt8(ascii: "/") { continue }
            }
            let length = index - start
            guard length > 0 else { throw refusal(path, "a name is empty") }
            if bytes[start] == UInt8(ascii: ".") {
                if let reason = reasonAgainst(dotted: bytes[start..<index], isTop: start == 0) {
                    throw refusal(path, reason)
                }
            }
            start = index + 1
        }
    }

    private static func reasonAgainst(dotted name: ArraySlice<UInt8>, isTop: Bool) -> String? {
        switch String(decoding: name, as: UTF8.self).lowercased() {
        case ".", "..": "'\(RepositoryPath.quoted(name))' is no name"
        // A file system that does not tell upper from lower case would take it for a repository.
        case ".git": "'\(RepositoryPath.quoted(name))' is a repository's"
        case Staging.name, ".git-ops": isTop ? "'\(RepositoryPath.quoted(name))' is reserved" : nil
        default: nil
        }
    }

    /// Refuses a link that could lead out of the directory: from the folder it lies in it may go up as
    /// far as the root, and from there only down.
    static func check(target: [UInt8], ofLink path: RepositoryPath) throws(TargetError) {
        guard !target.isEmpty else { throw refusal(link: path, "its target is empty") }
        guard !target.contains(0) else { throw refusal(link: path, "its target holds a NUL") }
        guard target[0] != UInt8(ascii: "/") else { throw refusal(link: path, "its target is absolute") }
        var depth = path.bytes.count { $0 == UInt8(ascii: "/") }
        var isDescending = false
        for component in target.split(separator: UInt8(ascii: "/")) {
            if component.elementsEqual(".".utf8) { continue }
            guard component.elementsEqual("..".utf8) else {
                isDescending = true
                continue
            }
            // Behind a name, `..` may be anywhere: the name may be a link.
            guard !isDescending else { throw refusal(link: path, "its target goes up again after a name") }
            depth -= 1
            guard depth >= 0 else { throw refusal(link: path, "its target is outside of the directory") }
        }
    }

    private static func refusal(_ path: RepositoryPath, _ reason: String) -> TargetError {
        TargetError("refusing to write '\(path)': \(reason)")
    }

    private static func refusal(link path: RepositoryPath, _ reason: String) -> TargetError {
        TargetError("refusing to write link '\(path)': \(reason)")
    }
}
