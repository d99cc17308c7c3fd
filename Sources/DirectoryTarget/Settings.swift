public import Deployments
import Git

extension DirectoryTarget {
    /// Where a directory target lays its files, and how: the settings `ops.<env>.directory`, `.mode` and `.owner`.
    public struct Settings: Sendable {
        /// The directory, absolute. It may itself be reached through symbolic links; nothing below it is.
        public let directory: String
        /// The permissions of files. Executables, and folders that are made, get `x` wherever this has `r`.
        public let mode: UInt32
        /// Whose all that is written is; nil leaves that to the system.
        public let owner: Owner?
        /// The file that remembers what live files hold, so that they are not read again.
        public let cachePath: String

        public init(directory: String, mode: UInt32 = 0o644, owner: Owner? = nil, cachePath: String) {
            self.directory = directory
            self.mode = mode
            self.owner = owner
            self.cachePath = cachePath
        }

        /// Reads the settings as they stand in git's configuration.
        /// - Parameters:
        ///   - mode: octal digits; nil for `0644`.
        ///   - owner: `user[:group]`, names or numbers; nil where it is not set.
        /// - Throws: what is wrong with one of them.
        public init(directory: String, mode: String?, owner: String?, cachePath: String) throws(TargetError) {
            guard directory.utf8.first == UInt8(ascii: "/"), !directory.utf8.contains(0) else {
                throw TargetError("directory '\(directory)' is not an absolute path")
            }
            self.init(
                directory: directory,
                mode: try mode.map { text throws(TargetError) in try Settings.permissions(text) } ?? 0o644,
                owner: try owner.map { text throws(TargetError) in try Owner(text) },
                cachePath: cachePath)
        }

        private static func permissions(_ text: String) throws(TargetError) -> UInt32 {
            guard (1...5).contains(text.utf8.count),
                text.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "7")).contains),
                let mode = UInt32(text, radix: 8)
            else {
                throw TargetError("bad mode '\(text)'", hint: "a mode is octal, as for chmod: 0644")
            }
            guard mode <= 0o777 else {
                throw TargetError("mode '\(text)' has more than permissions", hint: "a mode is at most 0777")
            }
            // What its owner cannot read could not be compared with what is desired.
            guard mode & 0o400 != 0 else { throw TargetError("mode '\(text)' does not let the owner read") }
            return mode
        }

        /// The permissions that a file of a kind should have; a link has none.
        func permissions(of mode: FileMode) -> UInt32 {
            mode == .executable ? executableMode : self.mode
        }

        private var executableMode: UInt32 { mode | (mode & 0o444) >> 2 }

        /// The permissions of folders that are made. The owner can always work in them, else a mode of
        /// 0444 would keep an owner who is not root out of its own folders.
        var folderMode: UInt32 { executableMode | 0o700 }
    }
}
