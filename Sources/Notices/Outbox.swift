import Glibc
public import Posix

/// Where notices wait to be sent: `ops/_outbox` in the git directory. To put one there costs a file, and who
/// puts it there waits for nobody.
public struct Outbox: Sendable {
    /// So many wait at most to be looked at: without a sender there would be no end to it.
    public static let mostNew = 1000

    public let path: String

    /// - Parameter gitDirectory: the one that all worktrees share.
    public init(gitDirectory: String) {
        path = (gitDirectory.hasSuffix("/") ? String(gitDirectory.dropLast()) : gitDirectory) + "/ops/_outbox"
    }

    /// What nobody has looked at yet.
    public var new: String { path + "/new" }

    /// Puts a notice there, all of it or nothing, behind what waits. The same notice twice is one.
    ///
    /// It is not synced to the disk: that would take a thousand times as long, and what a power cut can take
    /// away is a message about a deployment, not its record.
    /// - Returns: how many of the oldest were dropped, since too many wait.
    @discardableResult
    public func put(_ notice: Notice) throws(SystemError) -> Int {
        try makeFolders(new, mode: 0o700)
        let waiting = names(inFolder: new).compactMap { QueueName($0) }.sorted()
        guard !waiting.contains(where: { $0.id == notice.id }) else { return 0 }
        // The clock does not say which was first: it can be set back.
        let name = QueueName(number: (waiting.last?.number ?? 0) + 1, id: notice.id)
        // What begins with a dot is never taken for a notice.
        let beside = "\(new)/.\(notice.id).\(getpid())"
        do throws(SystemError) {
            let file = try FileDescriptor(opening: beside, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
            try file.write(Array((notice.json + "\n").utf8))
            guard rename(beside, "\(new)/\(name.text)") == 0 else { throw SystemError(errno, "cannot write '\(new)/\(name.text)'") }
        } catch {
            unlink(beside)
            throw error
        }
        let excess = waiting.prefix(max(0, waiting.count + 1 - Outbox.mostNew))
        for old in excess { unlink("\(new)/\(old.text)") }
        return excess.count
    }

    private var unattended: String { path + "/unattended" }

    /// Writes down that there is nobody to send what waits.
    /// - Returns: whether that was not known before.
    public func noteUnattended() -> Bool {
        (try? FileDescriptor(opening: unattended, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)) != nil
    }

    /// Somebody sends what waits.
    public func noteAttended() {
        unlink(unattended)
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

/// The name of a file in which a notice waits: its place in the order of arrival, and its id.
public struct QueueName: Comparable, Sendable {
    public let text: String
    /// 0 where the name has none.
    public let number: Int
    public let id: String

    public init(number: Int, id: String) {
        let digits = String(number)
        text = String(repeating: "0", count: max(0, 12 - digits.count)) + digits + "." + id
        self.number = number
        self.id = id
    }

    /// - Parameter text: the name of a file; nil is made of one that is still written.
    public init?(_ text: String) {
        guard !text.hasPrefix("."), !text.hasSuffix(".tmp") else { return nil }
        self.text = text
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        if (1...15).contains(digits.utf8.count), text.dropFirst(digits.count).first == ".", let number = Int(digits) {
            self.number = number
            id = String(text.dropFirst(digits.count + 1))
        } else {
            number = 0
            id = text
        }
    }

    public static func < (a: QueueName, b: QueueName) -> Bool { (a.number, a.text) < (b.number, b.text) }
}
