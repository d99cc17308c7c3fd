public import Deployments
import Glibc

extension PluginTarget {
    /// Finds the program of a target, as an absolute path.
    ///
    /// Entries of the path that are empty or relative are passed over: what runs may not depend on where
    /// git-ops was started.
    /// - Parameters:
    ///   - name: of the target: letters, digits, `-`, `_` and `.`, the first a letter or digit.
    ///   - path: folders, as `PATH` has them.
    /// - Throws: where there is none that can be executed.
    public static func program(named name: String, path: String) throws(TargetError) -> String {
        let file = "git-ops-target-\(name)"
        guard isName(name) else {
            throw TargetError(
                "'\(plainLine(name))' is no name of a target",
                hint: "a name has letters, digits, '-', '_' and '.', and begins with a letter or digit")
        }
        var blocked: String?
        for folder in path.split(separator: ":") where folder.hasPrefix("/") {
            let candidate = "\(folder)/\(file)"
            var status = stat()
            guard stat(candidate, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            if access(candidate, X_OK) == 0 { return candidate }
            blocked = blocked ?? candidate
        }
        if let blocked {
            throw TargetError("target '\(name)': '\(blocked)' is not executable", hint: "chmod +x '\(blocked)'")
        }
        throw TargetError(
            "target '\(name)' needs the program '\(file)', which is not on PATH",
            hint: "install '\(file)' in a folder of PATH, which is: \(path)")
    }

    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, isLetterOrDigit(first) else { return false }
        return name.utf8.allSatisfy { isLetterOrDigit($0) || "-_.".utf8.contains($0) }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
