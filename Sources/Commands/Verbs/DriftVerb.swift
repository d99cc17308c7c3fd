import ArgumentParser
import Deployments
import Git
import Glibc
import Operations
import Posix

struct DriftVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drift", abstract: "Show what others changed in what is live since it was deployed.",
        usage: "git ops drift [<options>] [<env>...]")

    @Flag(help: "Print it as JSON.")
    var json = false

    @Flag(help: "Print one line a change, for scripts.")
    var porcelain = false

    @Flag(name: .shortAndLong, help: "Print nothing; the exit code tells.")
    var quiet = false

    @Flag(help: "Go on, and tell of each change when it happens.")
    var watch = false

    @Argument(help: ArgumentHelp("Environments; all that are deployed from here if none is named.", valueName: "env"))
    var names: [String] = []

    func run() throws {
        let session = try Session()
        let named = try names.map { try session.environments.environment($0) }
        let chosen = try names.isEmpty ? session.environments.environments().filter { $0.settings.target != nil } : named
        guard !chosen.isEmpty else {
            throw Failure("no environment has a target in this repository, so there is nothing live to look at")
        }
        if watch { try follow(chosen, session) }
        // One that cannot be seen keeps nobody from looking at the others.
        let statuses = try Survey(session: session, judgesHealth: false).statuses(of: chosen) { status in
            if !json, !quiet { tell(status, session) }
        }
        if json {
            session.terminal.print(
                JSONText.object([("version", .number(1)), ("environments", .list(statuses.map(DriftVerb.document)))]).rendered())
        }
        // What was never deployed has nothing that could have drifted.
        if statuses.contains(where: { $0.drift == nil && $0.state != .never }) { throw ExitCode(128) }
        if statuses.contains(where: { $0.drift?.isEmpty == false }) { throw ExitCode(1) }
    }

    /// Watches environments, each in a thread with a repository of its own.
    private func follow(_ environments: [Environment], _ session: Session) throws -> Never {
        guard !quiet else { throw Failure("-q and --watch say opposite things", exitCode: 129) }
        let (json, porcelain, terminal, variables) = (json, porcelain, session.terminal, session.variables)
        for environment in environments {
            inThread {
                do {
                    try DriftWatcher(environment.name, variables: variables).run { news in
                        if json {
                            terminal.print(DriftVerb.document(news).line)
                        } else {
                            // A line at a time, so that those of several environments do not mix within one.
                            for line in porcelain ? DriftVerb.porcelain(news) : DriftVerb.lines(news) { terminal.print(line) }
                        }
                    }
                } catch {
                    Glibc.exit(terminal.report(error))
                }
            }
        }
        while true { pause() }
    }

    private static func lines(_ news: DriftWatcher.News) -> [String] {
        let start = "\(news.moment.timestamp) \(news.environment): "
        guard let drift = news.status.drift else {
            return [start + (news.status.state == .never ? "never deployed" : "cannot be seen: \(plainLine(news.status.reason ?? "unknown"))")]
        }
        var lines = news.drifted.map { start + StatusVerb.drift($0) } + news.conflicts.map { start + "\($0.path) \($0.reason)" }
        if !drift.isEmpty || !lines.isEmpty { lines += news.restored.map { start + "\($0) is as it was deployed" } }
        return drift.isEmpty ? lines + [start + "as it was deployed"] : lines
    }

    private static func porcelain(_ news: DriftWatcher.News) -> [String] {
        let start = "\(news.moment.timestamp) \(news.environment) "
        guard let drift = news.status.drift else { return [start + (news.status.state == .never ? "never" : "unknown")] }
        let lines =
            news.drifted.map { start + "\($0.action.rawValue) \($0.path)" } + news.conflicts.map { start + "conflict \($0.path)" }
            + news.restored.map { start + "restored \($0)" }
        return drift.isEmpty ? lines + [start + "as-deployed"] : lines
    }

    private static func document(_ news: DriftWatcher.News) -> JSONText {
        let changes = Plan(changes: news.drifted, conflicts: news.conflicts)
        return .object([
            ("time", .text(news.moment.timestamp)), ("environment", .text(news.environment)), ("known", .truth(news.status.drift != nil)),
            ("reason", JSONText(news.status.drift == nil ? news.status.reason : nil)),
            ("drifted", .truth(news.status.drift?.isEmpty == false)), ("changes", PlanDocument.changes(changes)),
            ("conflicts", PlanDocument.conflicts(changes)), ("restored", .list(news.restored.map { .text($0.description) })),
        ])
    }

    private func tell(_ status: EnvironmentStatus, _ session: Session) {
        let name = status.environment.name
        guard let drift = status.drift else {
            if status.state == .never {
                if !porcelain { session.terminal.print("\(name): never deployed") }
            } else {
                session.terminal.message("error: \(name): \(status.state == .running ? "a deployment is running" : status.reason ?? "unknown")")
            }
            return
        }
        if porcelain {
            for change in drift.changes { session.terminal.print("\(name) \(change.action.rawValue) \(change.path)") }
            for conflict in drift.conflicts { session.terminal.print("\(name) conflict \(conflict.path)") }
            return
        }
        let count = drift.changes.count + drift.conflicts.count
        session.terminal.print("\(name): " + (count == 0 ? "as it was deployed" : "\(count) changed outside git"))
        for change in drift.changes { session.terminal.print("  \(StatusVerb.drift(change))") }
        for conflict in drift.conflicts { session.terminal.print("  \(conflict.path): \(conflict.reason)") }
    }

    private static func document(_ status: EnvironmentStatus) -> JSONText {
        .object([
            ("environment", .text(status.environment.name)), ("known", .truth(status.drift != nil)), ("reason", JSONText(status.drift == nil ? status.reason : nil)),
            ("deployed", JSONText(status.last?.deployment.source.description)),
            ("changes", status.drift.map { PlanDocument.changes($0) } ?? .null), ("conflicts", status.drift.map(PlanDocument.conflicts) ?? .null),
        ])
    }
}
