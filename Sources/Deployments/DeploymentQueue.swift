public import Git
import Glibc
import Posix

/// A deployment that a push asked for and that nobody has carried out yet.
public struct QueuedRequest: Sendable, Hashable {
    public var identifier: Identifier
    /// The commit that was pushed.
    public var commit: ObjectID
    public var reference: String
    public var actor: Actor
    public var note: String?

    public init(identifier: Identifier, commit: ObjectID, reference: String, actor: Actor, note: String?) {
        self.identifier = identifier
        self.commit = commit
        self.reference = reference
        self.actor = actor
        self.note = note
    }
}

/// The requests for an environment that wait, each a file, and the log that each is answered in.
///
/// A request is on disk before the push ends, so that none is lost with the process that would have
/// carried it out.
public struct DeploymentQueue: Sendable {
    private let folder: String

    /// - Parameter folder: the environment's folder for state.
    public init(stateFolder folder: String) throws {
        self.folder = folder
        try makeFolders(folder + "/queue", mode: 0o700)
        try makeFolders(folder + "/log", mode: 0o700)
    }

    /// Puts a request into the queue; it is synced to disk.
    public func enqueue(_ request: QueuedRequest) throws {
        var lines = ["commit \(request.commit)", "reference \(request.reference)", "actor \(request.actor)"]
        if let note = request.note { lines.append("note \(plainLine(note))") }
        let log = try FileDescriptor(opening: logPath(request.identifier), O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
        _ = consume log
        try write(
            Array((lines.joined(separator: "\n") + "\n").utf8), toFile: "\(folder)/queue/\(request.identifier)")
    }

    /// The requests that wait, oldest first.
    public func waiting() throws -> [QueuedRequest] {
        try names(inFolder: folder + "/queue").compactMap { name in
            guard let identifier = Identifier(name), let bytes = try contents(ofFile: "\(folder)/queue/\(name)", limit: 1 << 20)
            else { return nil }
            var values: [Substring: String] = [:]
            for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
                guard let space = line.firstIndex(of: " ") else { continue }
                values[line[..<space]] = String(line[line.index(after: space)...])
            }
            guard let commit = values["commit"].flatMap({ ObjectID(hex: $0) }), let reference = values["reference"] else {
                return nil
            }
            return QueuedRequest(
                identifier: identifier, commit: commit, reference: reference, actor: Actor(values["actor"] ?? ""),
                note: values["note"])
        }
    }

    /// Takes a request out of the queue, when it was answered.
    public func remove(_ request: QueuedRequest) {
        unlink("\(folder)/queue/\(request.identifier)")
    }

    /// The file in which a request is answered line by line.
    public func logPath(_ identifier: Identifier) -> String {
        "\(folder)/log/\(identifier)"
    }

    /// The line that ends a log, before the exit code of the deployment.
    public static let endMark = "\u{1}end "

    /// Removes the oldest logs.
    /// - Parameter count: how many are kept.
    public func pruneLogs(keeping count: Int = 100) {
        let logs = names(inFolder: folder + "/log")
        guard logs.count > count else { return }
        for name in logs.dropLast(count) { unlink("\(folder)/log/\(name)") }
    }
}
