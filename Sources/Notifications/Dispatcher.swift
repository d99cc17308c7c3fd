import Glibc
import Notices
import Posix

/// Gives what is new in the outbox to the channels that want it.
struct Dispatcher: Sendable {
    let outbox: Outbox
    let channels: [Channel]

    /// A crash in between is repeated: what was given is given again under the same name, before anything is sent.
    func run() throws {
        guard access(outbox.path, F_OK) == 0 else { return }
        try FileLock.holding(outbox.path + "/lock") {
            let names = names(inFolder: outbox.new).filter { !$0.hasPrefix(".") }
            guard !names.isEmpty else { return }
            var told: Told = stored(outbox.path + "/told") ?? Told()
            for notice in read(names) where told.takes(notice) {
                for channel in channels where channel.wanted.takes(notice) { try Spool(outbox, channel: channel.name).put(notice) }
            }
            try store(told, outbox.path + "/told")
            for name in names { unlink("\(outbox.new)/\(name)") }
        }
        dropStrangers()
    }

    private func read(_ names: [String]) -> [Notice] {
        var notices: [Notice] = []
        for name in names {
            guard let notice = (try? contents(ofFile: "\(outbox.new)/\(name)", limit: 1 << 20)).flatMap({ $0 }).flatMap({ Notice.read($0) }),
                notice.id == name
            else {
                // A power cut may leave a file without content.
                OutboxLog(outbox).write("'\(oneLine(name, 100))' is no notice, and was dropped")
                continue
            }
            notices.append(notice)
        }
        return notices.sorted { ($0.time, $0.id) < ($1.time, $1.id) }
    }

    /// What waits for a channel that is not configured any more will never be sent.
    private func dropStrangers() {
        let known = Set(channels.map { Spool.folder($0.name) })
        for name in names(inFolder: outbox.path + "/to") where !known.contains(name) {
            removeAll("\(outbox.path)/to/\(name)")
            OutboxLog(outbox).write("there is no channel '\(oneLine(name, 100))' any more; what waited for it was dropped")
        }
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
