import ArgumentParser
import Deployments
import Git
import Operations
import Posix

struct StatusVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show what is deployed, and whether it is what the branch says.",
        usage: "git ops status [<options>] [<env>...]")

    @Flag(help: "Print it as JSON.")
    var json = false

    @Flag(help: "Print one line an environment, for scripts.")
    var porcelain = false

    @Flag(help: "Exit with 1 unless every environment is in sync.")
    var exitCode = false

    @Argument(help: ArgumentHelp("Environments; all if none is named.", valueName: "env"))
    var names: [String] = []

    func run() throws {
        let session = try Session()
        let agent = AgentReport.read(session.repository)
        let all = try session.environments.environments()
        let chosen = try names.isEmpty ? all : names.map { try session.environments.environment($0) }
        if names.isEmpty, !json, !porcelain { try tellOrphans(session, all) }
        var isFirst = true
        let statuses = try Survey(session: session, judgesHealth: true).statuses(of: chosen) { status in
            if json { return }
            let held = agent?.held[status.environment.name]
            if porcelain { return session.terminal.print(line(status, held)) }
            if !isFirst { session.terminal.print() }
            isFirst = false
            for line in lines(status, held) { session.terminal.print(line) }
        }
        if json {
            session.terminal.print(
                JSONText.object([
                    ("version", .number(1)), ("environments", .list(statuses.map { document($0, agent?.held[$0.environment.name]) })),
                    ("agent", agent.map { self.agent($0, session) } ?? .null),
                ]).rendered())
        } else if let agent, !porcelain {
            tell(agent, session)
        }
        if exitCode, statuses.contains(where: { $0.state != .inSync || agent?.held[$0.environment.name] != nil }) { throw ExitCode(1) }
    }

    private func isRunning(_ session: Session) -> Bool { FileLock.isHeld(session.repository.commonDirectory + "ops/_agent/lock") }

    /// What an agent said last is as old as its last fetch.
    private func tell(_ agent: AgentReport, _ session: Session) {
        session.terminal.print()
        let fetched = agent.fetched.map { "fetched \(Age(since: $0)) (\($0.timestamp))" } ?? "never fetched"
        session.terminal.print("agent: \(fetched)\(isRunning(session) ? "" : ", does not run now")")
        if let problem = agent.problem { session.terminal.print("  cannot pull: \(plainLine(problem))") }
    }

    private func agent(_ agent: AgentReport, _ session: Session) -> JSONText {
        .object([("running", .truth(isRunning(session))), ("fetched", JSONText(agent.fetched?.timestamp)), ("problem", JSONText(agent.problem))])
    }

    /// What was deployed of an environment that is no longer declared stays, and nobody looks after it.
    private func tellOrphans(_ session: Session, _ declared: [Environment]) throws {
        for reference in try session.repository.references(matching: "refs/ops/*") {
            let name = String(reference.name.dropFirst("refs/ops/".count))
            guard !name.hasPrefix("_"), !declared.contains(where: { $0.name == name }) else { continue }
            session.terminal.message("warning: '\(plainLine(name))' was deployed and is no longer declared; what is there stays")
        }
    }

    /// `<env> <state> <deployed commit or -> <tip or -> <drifted resources>
    /// <unhealthy resources or -> <suspended, held or ->`.
    private func line(_ status: EnvironmentStatus, _ held: String?) -> String {
        [
            status.environment.name, status.state.rawValue, status.running?.deployment.source.description ?? "-",
            status.tip?.description ?? "-", String(status.drift?.changes.count ?? 0), status.health.map { String($0.unhealthy.count) } ?? "-",
            status.suspension == nil ? held == nil ? "-" : "held" : "suspended",
        ].joined(separator: " ")
    }

    private func document(_ status: EnvironmentStatus, _ held: String?) -> JSONText {
        .object([
            ("environment", .text(status.environment.name)), ("state", .text(status.state.rawValue)),
            ("reason", JSONText(status.reason)), ("branch", .text(status.environment.shortBranch)),
            ("tip", JSONText(status.tip?.description)), ("behind", .truth(status.isBehind)),
            ("waiting", .number(status.waiting)),
            ("deployed", status.running.map { DeploymentDocument($0).value } ?? .null),
            ("last", status.last.map { DeploymentDocument($0).value } ?? .null),
            ("drift", status.drift.map { PlanDocument.changes($0) } ?? .null),
            ("conflicts", status.drift.map(PlanDocument.conflicts) ?? .null),
            ("health", status.health.map(StatusVerb.health) ?? .null),
            ("suspended", status.suspension.map(StatusVerb.suspension) ?? .null), ("held", JSONText(held)),
        ])
    }

    private static func suspension(_ suspension: Suspension) -> JSONText {
        .object([
            ("actor", .text(suspension.actor.description)), ("since", .text(suspension.time.timestamp)),
            ("reason", JSONText(suspension.reason)),
        ])
    }

    private static func health(_ report: HealthReport) -> JSONText {
        .object([
            ("healthy", .number(report.healthy)),
            (
                "unhealthy",
                .list(
                    report.unhealthy.map {
                        .object([("path", .text($0.path.description)), ("state", .text($0.state.rawValue)), ("reason", .text($0.reason))])
                    })
            ),
        ])
    }

    private func lines(_ status: EnvironmentStatus, _ held: String?) -> [String] {
        let environment = status.environment
        var lines = ["\(environment.name): \(StatusVerb.words(status))\(status.suspension == nil ? "" : ", suspended")\(held == nil ? "" : ", held")"]
        if let held { lines.append("  held:      \(plainLine(held))") }
        if let suspension = status.suspension {
            lines.append("  suspended: \(Age(since: suspension.time)) by \(suspension.actor) (\(suspension.time.timestamp))")
            if let reason = suspension.reason { lines.append("             \(reason)") }
            lines.append("             (nothing is deployed until git ops resume \(environment.name))")
        }
        if let running = status.running?.deployment {
            lines.append(
                "  deployed:  \(running.source.short) \(plainLine(running.sourceSubject, limit: 60))")
            lines.append("             \(Age(since: running.started)) by \(running.actor) (\(running.started.timestamp))")
        }
        if let last = status.last, !last.deployment.result.isApplied {
            lines.append(
                "  \(last.deployment.result.rawValue):    ".padded(13)
                    + "\(last.deployment.source.short) \(plainLine(last.deployment.sourceSubject, limit: 60))")
            lines.append("             \(Age(since: last.deployment.started)) by \(last.deployment.actor)")
        }
        if let reason = status.reason { lines.append("  reason:    \(plainLine(reason))") }
        if let tip = status.tip, status.isBehind || status.running == nil {
            lines.append("  \(environment.shortBranch): ".padded(13) + "\(tip.short) \(plainLine(status.tipSubject ?? "", limit: 60))")
        }
        if status.waiting > 0 { lines.append("  waiting:   \(status.waiting) \(status.waiting == 1 ? "push" : "pushes")") }
        if let unhealthy = status.health?.unhealthy, !unhealthy.isEmpty {
            lines.append("  unhealthy:")
            lines += StatusVerb.listed(unhealthy.map { "\($0.path) \(StatusVerb.words($0.state)): \($0.reason)" })
        }
        if let drift = status.drift, !drift.isEmpty {
            if !drift.conflicts.isEmpty {
                lines.append("  foreign:")
                lines += StatusVerb.listed(drift.conflicts.map { "\($0.path) \($0.reason)" })
            }
            if !drift.changes.isEmpty {
                lines.append("  drift:")
                lines += StatusVerb.listed(drift.changes.map(StatusVerb.drift))
            }
            lines.append("  (git ops diff \(environment.name) shows it, git ops apply \(environment.name) repairs it)")
        }
        return lines
    }

    private static func listed(_ lines: [String]) -> [String] {
        lines.prefix(20).map { "    " + $0 } + (lines.count > 20 ? ["    and \(lines.count - 20) more"] : [])
    }

    private static func words(_ state: HealthReport.State) -> String {
        switch state {
        case .failed: "has failed"
        case .missing: "is missing"
        case .terminating: "is being deleted"
        case .progressing: "is not healthy yet"
        case .unknown: "cannot be judged"
        }
    }

    /// `2 changed outside git, 1 foreign, 3 unhealthy, and behind main`.
    private static func counts(_ status: EnvironmentStatus) -> String {
        let counts = [
            (status.drift?.changes.count ?? 0, "changed outside git"), (status.drift?.conflicts.count ?? 0, "foreign"),
            (status.health?.unhealthy.count ?? 0, "unhealthy"),
        ]
        let said = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        return said + (status.isBehind ? ", and behind \(status.environment.shortBranch)" : "")
    }

    static func drift(_ change: Change) -> String {
        let what =
            switch change.action {
            case .create: "was removed"
            case .change, .recreate: "was changed"
            case .prune, .keep: "was left by an interrupted deployment"
            }
        return "\(change.path) \(what)\(change.agent)" + (change.remark.map { " (\($0))" } ?? "")
    }

    private static func words(_ status: EnvironmentStatus) -> String {
        switch status.state {
        case .running: "a deployment is running"
        case .unknown: "unknown"
        case .failed:
            "the last deployment "
                + (status.last?.deployment.result == .failed && status.reason == status.last?.deployment.reason
                    ? "failed" : "was interrupted")
        case .drifted:
            "drifted, " + counts(status)
        case .unhealthy:
            "unhealthy, " + counts(status)
        case .behind: "behind \(status.environment.shortBranch)"
        case .never: "never deployed"
        case .inSync: "in sync"
        }
    }
}

extension String {
    /// Filled up with spaces to a width.
    func padded(_ width: Int) -> String {
        count >= width ? self : self + String(repeating: " ", count: width - count)
    }
}

/// How long ago something was, in the words of git: `3 minutes ago`.
struct Age: CustomStringConvertible {
    let description: String

    init(since moment: Moment, now: Moment = .now()) {
        let seconds = now.seconds - moment.seconds
        let units: [(Int64, String)] = [
            (365 * 86400, "year"), (30 * 86400, "month"), (7 * 86400, "week"), (86400, "day"), (3600, "hour"),
            (60, "minute"), (1, "second"),
        ]
        if seconds < 0 {
            // A clock that was set back: what is said must not be nonsense.
            description = "in the future"
        } else if let (length, name) = units.first(where: { seconds >= $0.0 }) {
            let count = seconds / length
            description = "\(count) \(name)\(count == 1 ? "" : "s") ago"
        } else {
            description = "just now"
        }
    }
}
