import Glibc
import Notices
import Posix

/// Gives what is new in the outbox to the channels that want it.
struct Dispatcher: Sendable {
    /// What waits for a channel that is not configured is dropped after this, in seconds: the configuration of another
    /// user may have it.
    static let strangersWait = 86_400.0

    let outbox: Outbox
    let channels: [Channel]

    /// A crash in between is repeated: what was given is given again under the same name, before anything is sent.
    /// - Returns: what was dropped, by the folder of the channel for which it waited.
    func run(at now: Instant = .now()) throws -> [(folder: String, count: Int)] {
        // Where there is nobody to tell, it waits for whoever knows somebody.
        guard !channels.isEmpty, access(outbox.path, F_OK) == 0 else { return [] }
        var dropped: [(folder: String, count: Int)] = []
        try FileLock.holding(outbox.path + "/lock") {
            let names = names(inFolder: outbox.new).compactMap { QueueName($0) }.sorted()
            let before: Told = stored(outbox.path + "/told") ?? Told()
            var told = before
            told.sequence = max(told.sequence, channels.map { Spool(outbox, channel: $0.name).lastNumber }.max() ?? 0)
            for notice in read(names) where told.takes(notice) {
                told.sequence += 1
                for channel in channels {
                    guard let form = told.form(of: notice, for: channel) else { continue }
                    try Spool(outbox, channel: channel.name).put(form, number: told.sequence)
                }
            }
            dropped = dropStrangers(&told, now)
            if told != before { try store(told, outbox.path + "/told") }
            for name in names { unlink("\(outbox.new)/\(name.text)") }
        }
        return dropped
    }

    /// In the order in which they came.
    private func read(_ names: [QueueName]) -> [Notice] {
        names.compactMap { name in
            let bytes = (try? contents(ofFile: "\(outbox.new)/\(name.text)", limit: 1 << 20)).flatMap { $0 }
            if let notice = bytes.flatMap({ Notice.read($0) }), notice.id == name.id { return notice }
            // A power cut may leave a file without content.
            OutboxLog(outbox).write("'\(oneLine(name.text, 100))' is no notice, and was dropped")
            return nil
        }
    }

    /// What waits for a channel that is not configured any more will never be sent.
    private func dropStrangers(_ told: inout Told, _ now: Instant) -> [(folder: String, count: Int)] {
        let known = Set(channels.map { Spool.folder($0.name) })
        let strangers = names(inFolder: outbox.path + "/to").filter { !known.contains($0) }
        told.strangers = told.strangers.filter { strangers.contains($0.key) }
        var dropped: [(folder: String, count: Int)] = []
        for folder in strangers {
            told.strangers[folder, default: Wait(from: now)].goOn(to: now)
            let path = "\(outbox.path)/to/\(folder)"
            guard let wait = told.strangers[folder], wait.seconds >= Dispatcher.strangersWait,
                let lock = try? FileLock(taking: path + "/lock")
            else { continue }
            let count = names(inFolder: path + "/waiting").count { QueueName($0) != nil }
            removeAll(path)
            lock.release()
            told.forget(folder)
            let words = count > 0 ? "; \(count) that waited for it \(count == 1 ? "was" : "were") dropped" : ""
            OutboxLog(outbox).write("there is no channel '\(oneLine(folder, 100))' any more\(words)", at: now.moment)
            if count > 0 { dropped.append((folder, count)) }
        }
        return dropped
    }
}

/// What was not told, and why, for who looks for it.
struct OutboxLog: Sendable {
    private let path: String

    init(_ outbox: Outbox) {
        path = outbox.path + "/log"
    }

    func write(_ text: String, at now: Moment = .now()) {
        var status = stat()
        // One older file is kept, so that it cannot grow without end.
        if stat(path, &status) == 0, status.st_size > 1 << 20 { rename(path, path + ".old") }
        guard let file = try? FileDescriptor(opening: path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o600) else { return }
        try? file.write(Array("\(now.timestamp) \(text)\n".utf8))
    }
}
