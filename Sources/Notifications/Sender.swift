import Glibc
import Notices
import Posix

/// Sends what waits, over each channel on its own.
struct Sender: Sendable {
    let outbox: Outbox
    let channels: [Channel]
    var now: @Sendable () -> Moment = { .now() }
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
    /// - Returns: a report for each channel, in their order.
    func flush() async throws -> [Report] {
        try Dispatcher(outbox: outbox, channels: channels).run()
        return await withTaskGroup(of: (Int, Report).self) { group in
            for (index, channel) in channels.enumerated() {
                group.addTask { (index, await attend(channel)) }
            }
            var reports: [(Int, Report)] = []
            for await report in group { reports.append(report) }
            return reports.sorted { $0.0 < $1.0 }.map(\.1)
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
    private func current(_ spool: Spool, _ channel: Channel) -> [Notice] {
        let all = spool.waiting()
        guard case .success(let courier) = channel.courier else { return all }
        return all.enumerated().filter { index, notice in
            let isPast = all[(index + 1)...].contains { courier.supersedes($0, notice) }
            if isPast { spool.remove(notice) }
            return !isPast
        }.map(\.element)
    }

    private func send(_ channel: Channel, _ spool: Spool, _ report: inout Report) async throws(SystemError) {
        let log = OutboxLog(outbox)
        var tries = spool.tries()
        let all = current(spool, channel)
        tries = tries.filter { id, _ in all.contains { $0.id == id } }
        let start = now()
        // A clock that was set back must not make anything wait for years.
        let due = all.filter { notice in
            tries[notice.id].map { $0.next <= start.milliseconds || $0.next > start.milliseconds + 2 * 86_400_000 } ?? true
        }
        let messages =
            switch channel.courier {
            case .success(let courier) where courier.groups: Message.grouped(due)
            default: due.map { Message($0) }
            }
        var failures = 0
        for message in messages {
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
                report.sent += message.notices.count
                report.lost.append(trouble)
                log.write("\(oneLine(channel.name, 80)): \(message.id) is not sent to all: \(trouble.message)", at: now())
                finish(message)
            case .refused(let trouble):
                report.lost.append(trouble)
                log.write("\(oneLine(channel.name, 80)): \(message.id) is not sent: \(trouble.message)", at: now())
                finish(message)
            case .later(let trouble, let after):
                failures += 1
                report.later.append(trouble)
                postpone(message, trouble, after)
            }
            try spool.setTries(tries)
            // Where two in a row are not taken, the others are spared the wait.
            if failures == 2 { break }
        }

        func finish(_ message: Message) {
            for notice in message.notices {
                spool.remove(notice)
                tries[notice.id] = nil
            }
        }

        func postpone(_ message: Message, _ trouble: Trouble, _ after: Double?) {
            let moment = now()
            for notice in message.notices {
                let count = (tries[notice.id]?.count ?? 0) + 1
                if Double(moment.milliseconds - notice.time.milliseconds) / 1000 >= Retry.giveUp {
                    log.write("\(oneLine(channel.name, 80)): \(notice.id) is given up after \(count) tries: \(trouble.message)", at: moment)
                    report.lost.append(trouble)
                    spool.remove(notice)
                    tries[notice.id] = nil
                } else {
                    let seconds = max(after ?? 0, Retry.seconds(after: count, random: random()))
                    tries[notice.id] = Spool.Try(
                        count: count, next: moment.milliseconds + Int64(seconds * 1000), trouble: trouble.message)
                }
            }
        }
    }
}
