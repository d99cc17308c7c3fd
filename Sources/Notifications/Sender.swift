import Glibc
import Notices
import Posix

/// Sends what waits, over each channel on its own.
struct Sender: Sendable {
    let outbox: Outbox
    let channels: [Channel]
    var clock: @Sendable () -> Instant = { .now() }
    var random: @Sendable () -> Double = { Double.random(in: 0...1) }

    /// What became of the notices for one channel.
    struct Report: Sendable {
        let channel: String
        var sent = 0
        /// What is not going to be sent.
        var lost: [Trouble] = []
        /// What is tried again.
        var later: [Trouble] = []
        /// Whether another process sends over the channel, and will see all that waits now.
        var isLeftToAnother = false
    }

    /// Sends all that is due, once.
    /// - Returns: a report for each channel, in their order, and for those that are not there any more.
    func flush() async throws -> [Report] {
        let strangers = try Dispatcher(outbox: outbox, channels: channels).run(at: clock()).map { folder, count in
            var report = Report(channel: folder)
            report.lost = [Trouble("there is no such channel any more, for which \(count) waited")]
            return report
        }
        return await withTaskGroup(of: (Int, Report).self) { group in
            for (index, channel) in channels.enumerated() {
                group.addTask { (index, await attend(channel)) }
            }
            var reports: [(Int, Report)] = []
            for await report in group { reports.append(report) }
            return reports.sorted { $0.0 < $1.0 }.map(\.1) + strangers
        }
    }

    /// One process sends over a channel, one waits to be the next, and no third is needed: the one that waits
    /// has not looked yet at what there is.
    private func attend(_ channel: Channel) async -> Report {
        var report = Report(channel: channel.name)
        let spool = Spool(outbox, channel: channel.name)
        guard access(spool.path, F_OK) == 0 else { return report }
        do throws(SystemError) {
            guard let queue = try FileLock(taking: spool.queue) else {
                report.isLeftToAnother = true
                return report
            }
            var lock = try FileLock(taking: spool.lock)
            while lock == nil {
                try? await Task.sleep(for: .milliseconds(100))
                lock = try FileLock(taking: spool.lock)
            }
            queue.release()
            try await send(channel, spool, &report)
            lock?.release()
        } catch {
            report.later.append(Trouble("\(error)"))
        }
        return report
    }

    /// What waits, without what something newer has made untrue.
    private func current(_ spool: Spool, _ channel: Channel) -> [Spool.Waiting] {
        let all = spool.waiting()
        guard case .success(let courier) = channel.courier else { return all }
        return all.enumerated().filter { index, waiting in
            let isPast = all[(index + 1)...].contains { courier.supersedes($0.notice, waiting.notice) }
            if isPast { waiting.remove() }
            return !isPast
        }.map(\.element)
    }

    private func send(_ channel: Channel, _ spool: Spool, _ report: inout Report) async throws(SystemError) {
        let log = OutboxLog(outbox)
        let waiting = current(spool, channel)
        let all = Dictionary(waiting.map { ($0.notice.id, $0) }) { first, _ in first }
        var tries = spool.tries().filter { id, _ in all[id] != nil }
        var keepsOrder = true
        var groups = false
        if case .success(let courier) = channel.courier { (keepsOrder, groups) = (courier.keepsOrder, courier.groups) }
        /// The environments of which something waits, so that what is newer must not go before it.
        var behind: Set<String> = []
        let start = clock()
        let due = waiting.map(\.notice).filter { notice in
            guard !keepsOrder || !behind.contains(notice.environment) else { return false }
            let tried = tries[notice.id]
            if tried?.isDue(start) ?? true { return true }
            // Who got it is not kept waiting by who did not.
            if tried?.recipients == nil { behind.insert(notice.environment) }
            return false
        }
        let messages = groups ? Message.grouped(due, recipients: tries.compactMapValues(\.recipients)) : due.map { Message($0) }
        behind = []
        var isDone: Set<String> = []
        var failures = 0
        for message in messages where !keepsOrder || !behind.contains(message.first.environment) {
            let outcome: Outcome =
                switch channel.courier {
                case .success(let courier): await courier.deliver(message)
                case .failure(let trouble): .later(trouble)
                }
            switch outcome {
            case .delivered:
                failures = 0
                report.sent += message.notices.count
                finish(message)
            case .partly(let trouble):
                failures = 0
                report.sent += message.notices.count
                lose(message, "is not sent to all", trouble)
                finish(message)
            case .inPart(let trouble, let recipients, let lost):
                failures = 0
                if message.recipients == nil { report.sent += message.notices.count }
                if let lost { lose(message, "is not sent to all", lost) }
                report.later.append(trouble)
                postpone(message, trouble, nil, to: recipients)
            case .refused(let trouble):
                lose(message, "is not sent", trouble)
                finish(message)
            case .later(let trouble, let after):
                failures += 1
                report.later.append(trouble)
                postpone(message, trouble, after, to: message.recipients)
                if message.recipients == nil { behind.insert(message.first.environment) }
            }
            try spool.setTries(tries)
            // Where two in a row are not taken, the others are spared the wait.
            if failures == 2 { break }
        }
        let time = clock()
        for (id, waiting) in all where !isDone.contains(id) && tries[id]?.count ?? 0 == 0 {
            // The day of what has to wait for others is over as theirs is.
            var wait = tries[id]?.wait ?? Wait(from: time)
            wait.goOn(to: time)
            if wait.seconds < Retry.giveUp {
                tries[id] = Spool.Try(count: 0, wait: wait, pause: 0, trouble: "")
            } else {
                giveUp(waiting.notice, Trouble("what was to be sent before it was not taken"), tries: 0, time)
            }
        }
        try spool.setTries(tries)

        func lose(_ message: Message, _ what: String, _ trouble: Trouble) {
            report.lost.append(trouble)
            log.write("\(oneLine(channel.name, 80)): \(message.id) \(what): \(trouble.message)", at: clock().moment)
        }

        func finish(_ message: Message) {
            for notice in message.notices { remove(notice) }
        }

        func remove(_ notice: Notice) {
            all[notice.id]?.remove()
            tries[notice.id] = nil
            isDone.insert(notice.id)
        }

        func giveUp(_ notice: Notice, _ trouble: Trouble, tries count: Int, _ time: Instant) {
            let words = "\(notice.id) is given up after \(count) \(count == 1 ? "try" : "tries"): \(trouble.message)"
            log.write("\(oneLine(channel.name, 80)): \(words)", at: time.moment)
            report.lost.append(trouble)
            remove(notice)
        }

        func postpone(_ message: Message, _ trouble: Trouble, _ after: Double?, to recipients: [String]?) {
            let time = clock()
            for notice in message.notices {
                var wait = tries[notice.id]?.wait ?? Wait(from: time)
                wait.goOn(to: time)
                let count = (tries[notice.id]?.count ?? 0) + 1
                guard wait.seconds < Retry.giveUp else {
                    giveUp(notice, trouble, tries: count, time)
                    continue
                }
                tries[notice.id] = Spool.Try(
                    count: count, wait: wait, pause: max(after ?? 0, Retry.seconds(after: count, random: random())), trouble: trouble.message,
                    recipients: recipients)
            }
        }
    }
}
