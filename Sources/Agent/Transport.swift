import Deployments
import Git
import Glibc
import Operations
import Posix

/// Fetches and pushes, by git itself: its transports, its credential helpers.
struct Transport {
    /// Where a remote's branches, and its records, are kept.
    static let heads = own + "heads/"
    static let records = own + "ops/"
    /// What nobody else writes.
    static let own = "refs/ops/_agent/"
    /// Seconds for which git may say nothing.
    private static let patience = 300.0

    let session: Session
    let remote: String
    let board: Board

    /// Where the remote's notes are kept, as everywhere else.
    var notes: String { "refs/notes/\(remote)/ops" }

    enum Trouble: Error {
        /// The remote has no branch of that name any more.
        case isGone(branch: String)
        /// In git's words.
        case failed(String)
    }

    /// Brings what the remote has, and changes nothing of ours.
    /// - Parameters:
    ///   - branches: full names.
    ///   - environments: whose records are fetched.
    func fetch(_ branches: [String], recordsOf environments: [String], tags: Bool) throws(Trouble) {
        var specifications = branches.map { "+\($0):\(Transport.heads)\($0.dropFirst(11))" }
        // A pattern, since what has no star and is not there is an error.
        for name in environments { specifications += ["+refs/ops/\(name)*:\(Transport.records)\(name)*", "+refs/ops/_suspended/\(name)*:\(Transport.records)_suspended/\(name)*"] }
        // Only to know what a push of ours would replace.
        for name in environments { specifications.append("+\(DriftCommit.reference(of: name))*:\(Transport.records)_drift/\(name)*") }
        specifications.append("+refs/notes/op*:refs/notes/\(remote)/op*")
        if tags { specifications.append("+refs/tags/*:\(Signatures.tags)*") }
        // What is not in a pack yet is no reason to pack it while somebody waits for a deployment.
        // What the configuration says of this remote is for people: only what is asked for here is written, and of
        // that what the remote has no more goes: a tag that was withdrawn vouches for nothing.
        let (succeeded, lines) = try run(
            ["-c", "gc.auto=0", "-c", "maintenance.auto=false", "fetch", "--quiet", "--progress", "--refmap=", "--prune", "--no-prune-tags",
                "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", remote]
                + specifications)
        guard !succeeded else { return }
        let mark = "fatal: couldn't find remote ref "
        if let line = lines.first(where: { $0.hasPrefix(mark) }) { throw .isGone(branch: String(line.dropFirst(mark.count))) }
        throw .failed(words(lines, "git fetch failed"))
    }

    /// A reference that may be rewritten and deleted.
    struct Lease {
        let reference: String
        /// What the remote is to have; nil for nothing.
        let own: ObjectID?
        /// What it has to have for that; nil for nothing.
        let theirs: ObjectID?
    }

    /// Gives references to the remote where that goes forward, and others where it has what is thought.
    /// - Returns: why the remote did not take it; nil where it did.
    func push(_ chains: [(reference: String, own: ObjectID)], _ leases: [Lease]) -> [String: String] {
        let references = chains.map(\.reference) + leases.map(\.reference)
        let result: (succeeded: Bool, lines: [String])
        do throws(Trouble) {
            result = try run(
                ["-c", "remote.\(remote).mirror=false", "push", "--quiet", "--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no"]
                    + leases.map { "--force-with-lease=\($0.reference):\($0.theirs?.description ?? "")" } + [remote]
                    + chains.map { "\($0.own):\($0.reference)" } + leases.map { "\($0.own?.description ?? ""):\($0.reference)" })
        } catch {
            let reason =
                switch error {
                case .isGone(let branch): "the remote has no '\(plainLine(branch, limit: 100))'"
                case .failed(let words): words
                }
            return Dictionary(uniqueKeysWithValues: references.map { ($0, reason) })
        }
        guard !result.succeeded else { return [:] }
        var refused: [String: String] = [:]
        for line in result.lines {
            // `!\t<id>:refs/ops/a\t[remote rejected] (why)`
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard fields.count == 3, fields[0] == "!", let name = fields[1].split(separator: ":").last.map(String.init) else { continue }
            // What a hook says of it says more than that one declined.
            let words = Transport.remoteWords(of: name, in: result.lines) ?? String(fields[2])
            refused[name] = plainLine(Transport.masked(words), limit: 200)
        }
        // Where git did not come so far as to tell of each.
        if refused.isEmpty { for name in references { refused[name] = words(result.lines, "git push failed") } }
        return refused
    }

    /// What hooks of git-ops at the remote have against a reference.
    private static func remoteWords(of reference: String, in lines: [String]) -> String? {
        let mark = "remote: error: \(reference): "
        guard let line = lines.first(where: { $0.hasPrefix(mark) }) else { return nil }
        var words = line.dropFirst(mark.count)
        while words.last == " " { words.removeLast() }
        return String(words)
    }

    private func words(_ lines: [String], _ otherwise: String) -> String {
        let telling = lines.first { $0.hasPrefix("fatal: ") } ?? lines.first { $0.hasPrefix("error: ") } ?? lines.last
        guard var line = telling else { return otherwise }
        for prefix in ["fatal: ", "error: "] where line.hasPrefix(prefix) { line = String(line.dropFirst(prefix.count)) }
        // Before it is cut off: half a password is one too many.
        return plainLine(Transport.masked(line), limit: 300)
    }

    /// Without the user, password and query that an address may have: each may be a secret.
    static func masked(_ text: String) -> String {
        text.split(separator: " ", omittingEmptySubsequences: false).map { word in
            guard let scheme = word.firstRange(of: "://") else { return String(word) }
            var rest = word[scheme.upperBound...]
            var query = ""
            if let mark = rest.firstIndex(of: "?") {
                // What follows the address in the same word, as its quotation mark, is kept.
                query = "?***" + (rest.last.map { "':".contains($0) ? "'" : "" } ?? "")
                rest = rest[..<mark]
            }
            let user = rest.lastIndex(of: "@").map { "***" + rest[$0...] } ?? String(rest)
            return word[..<scheme.upperBound] + user + query
        }.joined(separator: " ")
    }

    /// Runs git to its end, or until the agent is told to end, or git was silent for too long.
    private func run(_ arguments: [String]) throws(Trouble) -> (succeeded: Bool, lines: [String]) {
        var output: [UInt8] = []
        let end: Termination?
        do throws(SystemError) {
            end = try attend(arguments) { some in
                output += some
                // What matters is at the end; before that is progress.
                if output.count > 1 << 20 { output.removeFirst(output.count / 2) }
            }
        } catch {
            throw .failed("\(error)")
        }
        switch end {
        case nil: throw .failed("ended before the remote had answered")
        case .timedOut: throw .failed("the remote did not answer within \(durationText(Transport.patience))")
        case let end?: return (end.succeeded, GitProcess.lines(output))
        }
    }

    /// - Returns: nil where the agent was told to end.
    private func attend(_ arguments: [String], _ take: ([UInt8]) -> Void) throws(SystemError) -> Termination? {
        let pipe = try Pipe()
        var command = Command("git", arguments, environment: session.agentVariables)
        command.output = .descriptor(pipe.writeEnd)
        command.error = .descriptor(pipe.writeEnd)
        let watch = try ProcessWatch(try command.start(ownGroup: true))
        pipe.closeWriteEnd()
        var heard = monotonicSeconds()
        // Progress is said every second, a push says nothing until it is over.
        while true {
            var polls = [pollfd(fd: pipe.readEnd, events: Int16(POLLIN), revents: 0), pollfd(fd: watch.descriptor, events: Int16(POLLIN), revents: 0)]
            let ready = poll(&polls, 2, 500)
            guard ready >= 0 || errno == EINTR else { throw SystemError(errno, "cannot wait for git") }
            if ready > 0, polls[0].revents != 0 {
                let some = try FileDescriptor.read(from: pipe.readEnd)
                if some.isEmpty { pipe.closeReadEnd() } else { take(some) }
                heard = monotonicSeconds()
            } else if ready > 0, polls[1].revents != 0 {
                // What it left running may hold the pipe; all that it wrote itself is read.
                return try watch.reap()
            }
            board.change { $0.pull.beat = monotonicSeconds() }
            let isSilent = monotonicSeconds() - heard > Transport.patience
            guard isSilent || board.isStopping else { continue }
            // With what it started: ssh would go on.
            kill(-watch.pid, SIGTERM)
            var last = pollfd(fd: watch.descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&last, 1, 5000) <= 0 { kill(-watch.pid, SIGKILL) }
            _ = try watch.reap()
            kill(-watch.pid, SIGKILL)
            return isSilent ? .timedOut : nil
        }
    }
}
