import Glibc

/// The name under which a file is kept that somebody changed: `motd.git-ops-kept-20261123T044012Z`.
enum KeptName {
    static let infix = ".git-ops-kept-"

    /// - Parameter suffix: the moment, and where that is taken a number.
    static func make(_ name: some Collection<UInt8>, suffix: String) -> [UInt8] {
        let end = infix + suffix
        // Names have a limit; the end is what tells.
        return Array(name.prefix(Int(NAME_MAX) - end.utf8.count)) + Array(end.utf8)
    }

    /// Moves a file of a folder to a name that is free, which replaces nothing.
    /// - Parameter origin: where the file is now; in the folder itself or in the staging directory.
    /// - Returns: the name it got, or an error number.
    static func move(
        _ name: some Collection<UInt8>, in origin: Folder, to folder: Folder, keptFrom original: some Collection<UInt8>,
        suffix: String
    ) -> (name: [UInt8], error: Int32) {
        var number = 1
        while true {
            let kept = make(original, suffix: number == 1 ? suffix : "\(suffix)-\(number)")
            let error = origin.renameKeeping(name, to: folder, kept)
            guard error == EEXIST, number < 1000 else { return (kept, error) }
            number += 1
        }
    }
}
