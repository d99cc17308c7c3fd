import Glibc
public import Posix

/// Where notices wait to be sent: `ops/_outbox` in the git directory. To put one there costs a file, and who
/// puts it there waits for nobody.
public struct Outbox: Sendable {
    public let path: String

    /// - Parameter gitDirectory: the one that all worktrees share.
    public init(gitDirectory: String) {
        path = (gitDirectory.hasSuffix("/") ? String(gitDirectory.dropLast()) : gitDirectory) + "/ops/_outbox"
    }

    /// What nobody has looked at yet.
    public var new: String { path + "/new" }

    /// Puts a notice there, all of it or nothing. The same notice twice is one.
    ///
    /// It is not synced to the disk: that would take a thousand times as long, and what a power cut can take
    /// away is a message about a deployment, not its record.
    public func put(_ notice: Notice) throws(SystemError) {
        try makeFolders(new, mode: 0o700)
        // What begins with a dot is never taken for a notice.
        let beside = "\(new)/.\(notice.id).\(getpid())"
        do throws(SystemError) {
            let file = try FileDescriptor(opening: beside, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
            try file.write(Array((notice.json + "\n").utf8))
            guard rename(beside, "\(new)/\(notice.id)") == 0 else { throw SystemError(errno, "cannot write '\(new)/\(notice.id)'") }
        } catch {
            unlink(beside)
            throw error
        }
    }
}

extension Outbox {
    /// Whether something waits: to be looked at, or for a channel.
    public var isWaiting: Bool {
        let isNotice = { (name: String) in !name.hasPrefix(".") }
        if names(inFolder: new).contains(where: isNotice) { return true }
        return names(inFolder: path + "/to").contains { names(inFolder: "\(path)/to/\($0)/waiting").contains(where: isNotice) }
    }
}
