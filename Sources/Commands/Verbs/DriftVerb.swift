import ArgumentParser
import Deployments
import Git

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

    @Argument(help: ArgumentHelp("Environments; all that are deployed from here if none is named.", valueName: "env"))
    var names: [String] = []

    func run() throws {
        let session = try Session()
        let named = try names.map { try session.environments.environment($0) }
        let chosen = try names.isEmpty ? session.environments.environments().filter { $0.settings.target != nil } : named
        guard !chosen.isEmpty else {
            throw Failure("no environment has a target in this repository, so there is nothing live to look at")
        }
        // One that cannot be seen keeps nobody from looking at the others.
        let statuses = try Survey(session: session, judgesHealth: false).statuses(of: chosen) { status in
            if !json, !quiet { tell(status, session) }
        }
        if json {
            session.terminal.print(
                JSONText.object([("version", .number(1)), ("environments", .list(statuses.map(DriftVerb.document)))]).rendered())
        }
        if statuses.contains(where: { $0.drift == nil && $0.last != nil }) { throw ExitCode(128) }
        if statuses.contains(where: { $0.drift?.isEmpty == false }) { throw ExitCode(1) }
    }

    private func tell(_ status: EnvironmentStatus, _ session: Session) {
        let name = status.environment.name
        guard let drift = status.drift else {
            if status.last == nil {
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
