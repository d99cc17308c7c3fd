import Deployments
import Git
import Glibc
import Notices
import Posix

/// Tells what became of a deployment, where channels are configured: puts it down, and has it sent by a process
/// that nobody waits for. Whatever goes wrong with that is no part of the deployment.
package struct Announcement {
    let session: Session
    private let warn: (String) -> Void

    /// - Parameter warn: given a line on what is told to nobody, and why.
    package init(
        session: Session,
        warn: @escaping (String) -> Void = { try? FileDescriptor.write(Array("warning: \($0)\n".utf8), to: STDERR_FILENO) }
    ) {
        self.session = session
        self.warn = warn
    }

    /// - Parameter isWell: whether nothing is wrong with the environment besides, as far as anybody knows. Who was told
    ///   that something was is told with a deployment that all is well again.
    package func announce(_ outcome: Outcome, isWell: Bool = true) {
        send(Announcement.notice(outcome, isWell: isWell, at: .now()))
    }

    /// Tells that what somebody had changed was put back.
    /// - Parameters:
    ///   - drift: what it was, a line for each.
    ///   - isWell: whether nothing else is wrong.
    package func announce(repair recorded: RecordedDeployment, of drift: [String], isWell: Bool) {
        var repaired = Announcement.notice(.repaired, recorded, at: .now())
        repaired?.details = drift
        repaired?.isWell = isWell
        send(repaired)
    }

    /// Tells of what runs, where nothing was deployed.
    /// - Parameters:
    ///   - reason: by which a repetition is known.
    ///   - recorded: what runs.
    package func announce(
        _ kind: Notice.Kind, of environment: String, _ summary: String, reason: String?, details: [String], running recorded: RecordedDeployment?
    ) {
        guard var notice = Announcement.notice(kind, of: environment, summary, details, running: recorded) else { return }
        notice.reason = reason
        send(notice)
    }

    /// Something that is no deployment.
    private static func notice(
        _ kind: Notice.Kind, of environment: String, _ summary: String, _ details: [String], running recorded: RecordedDeployment?
    ) -> Notice? {
        let now = Moment.now()
        guard var notice = Notice(kind, of: environment, cause: Identifier(at: now).description, at: now, summary: summary) else { return nil }
        notice.details = details
        if let recorded {
            notice.commit = recorded.deployment.source.description
            notice.subject = recorded.deployment.sourceSubject
            notice.deployment = recorded.id.description
            notice.number = recorded.deployment.number
            notice.reference = "refs/ops/\(environment)"
        }
        return notice
    }

    /// Tells that a branch is not followed, until `announce(followedAgain:…)` or a deployment says that it is.
    /// - Parameters:
    ///   - commit: the one that is refused, with the first line of its message; nil where it is not one commit, as
    ///     where nothing can be fetched.
    ///   - reason: why, without what differs each time, since a repetition is known by it and the commit.
    ///   - running: what runs meanwhile.
    package func announce(
        held environment: String, branch: String, commit: ObjectID?, subject: String? = nil, because reason: String, details: [String] = [],
        running recorded: RecordedDeployment?
    ) {
        let summary = "\(branch) is not followed: \(reason)"
        guard var notice = Announcement.notice(.held, of: environment, summary, details, running: recorded) else { return }
        notice.reason = reason
        notice.branch = branch
        // The one that is refused, not the one that runs.
        notice.commit = commit?.description
        notice.subject = commit == nil ? nil : subject
        send(notice)
    }

    /// Tells that a branch is followed again, where nothing else is wrong and nothing is deployed that would tell it.
    /// - Parameter commit: the tip that is followed.
    package func announce(
        followedAgain environment: String, branch: String, commit: ObjectID?, subject: String? = nil, running recorded: RecordedDeployment?
    ) {
        guard var notice = Announcement.notice(.recovered, of: environment, "\(branch) is followed again", [], running: recorded) else { return }
        notice.branch = branch
        if let commit, commit != recorded?.deployment.source {
            notice.commit = commit.description
            notice.subject = subject
        }
        send(notice)
    }

    /// Has sent what waits, where something does.
    package func flush() {
        guard !session.configuration.subsections(of: "opsChannel").isEmpty, Outbox(gitDirectory: session.repository.commonDirectory).isWaiting
        else { return }
        start()
    }

    private func send(_ notice: Notice?) {
        guard var notice, !session.configuration.subsections(of: "opsChannel").isEmpty else { return }
        notice.host = hostName()
        notice.repository = place
        let outbox = Outbox(gitDirectory: session.repository.commonDirectory)
        do throws(SystemError) {
            let dropped = try outbox.put(notice)
            if dropped > 0 { warn("more than \(Outbox.mostNew) notices wait to be sent, and the oldest \(dropped == 1 ? "is" : "are") dropped") }
            start()
        } catch {
            warn("nobody is told '\(notice.kind.rawValue)' of \(notice.environment): \(error)")
        }
    }

    /// Where the repository is for people: its remote, or else its path.
    private var place: String {
        let remotes = session.configuration.subsections(of: "remote")
        let remote = session.configuration["ops.agentRemote"] ?? (remotes.contains("origin") ? "origin" : remotes.count == 1 ? remotes[0] : nil)
        if let remote, let url = session.configuration["remote.\(remote).url"], !url.isEmpty {
            // What follows may be a token; a name and password are taken out of all that is told.
            return url.contains("://") ? String(url.prefix { $0 != "?" && $0 != "#" }) : url
        }
        var path = session.repository.commonDirectory[...]
        while path.count > 1, path.hasSuffix("/") { path = path.dropLast() }
        return String(path.hasSuffix("/.git") ? path.dropLast(5) : path)
    }

    private func start() {
        let outbox = Outbox(gitDirectory: session.repository.commonDirectory)
        do throws(SystemError) {
            let pid = try sender.start()
            outbox.noteAttended()
            // Who lives longer than it does takes notice of its end.
            inThread { _ = try? ProcessWatch(pid).reap() }
        } catch {
            // What was put down goes with the next. It is not said each time.
            if outbox.noteUnattended() { warn("notices wait, and nobody sends them: \(error)") }
        }
    }

    /// What is told of a deployment that was recorded; nothing where it is nothing new.
    static func notice(_ outcome: Outcome, isWell: Bool, at time: Moment) -> Notice? {
        switch outcome {
        case .deployed(let recorded):
            var notice = notice(.deployed, recorded, at: time)
            notice?.isWell = isWell
            return notice
        case .failed(let recorded, _): return notice(.failed, recorded, at: time)
        // The one that takes its place is told.
        case .unchanged, .superseded, .suspended: return nil
        }
    }

    /// What commands printed is not in it: nobody knows what of it is secret.
    private static func notice(_ kind: Notice.Kind, _ recorded: RecordedDeployment, at time: Moment) -> Notice? {
        let deployment = recorded.deployment
        let counts = [("created", deployment.created), ("changed", deployment.changed), ("removed", deployment.pruned)]
            .filter { $0.1 > 0 }.map { "\($0.1) \($0.0)" }.joined(separator: ", ")
        var summary = deployment.source.short
        if let reason = deployment.reason {
            summary += ": \(reason)"
        } else {
            summary += " in \(durationText(deployment.duration))" + (counts.isEmpty ? "" : " (\(counts))")
        }
        guard
            var notice = Notice(
                kind, of: deployment.environment, cause: deployment.identifier.description, at: time, summary: summary)
        else { return nil }
        notice.reason = deployment.reason
        notice.commit = deployment.source.description
        notice.subject = deployment.sourceSubject
        notice.actor = deployment.actor.description
        notice.deployment = recorded.id.description
        notice.number = deployment.number
        notice.reference = "refs/ops/\(deployment.environment)"
        return notice
    }

    /// `git-ops-notify`.
    private var sender: Command {
        var variables = Session.inherited(session.variables)
        // The channels may be given there, as with git -c. Whoever could set these could as well say what is run when it is
        // deployed; git gives those of a pusher to no hook (upstream environment.c, local_repo_env).
        for (name, value) in session.variables where name == "GIT_CONFIG" || name.hasPrefix("GIT_CONFIG_") { variables[name] = value }
        variables["GIT_DIR"] = session.repository.gitDirectory
        var command = Command(Program.sibling("git-ops-notify"), ["--flush", "--quiet"], environment: variables)
        command.directory = "/"
        command.output = .none
        command.error = .none
        command.startsSession = true
        return command
    }
}
