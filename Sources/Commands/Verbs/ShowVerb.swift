import ArgumentParser
import Deployments
import Git
import Operations
import Posix

struct ShowVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one deployment: what, when, by whom, and how it ended.",
        usage: "git ops show [--json] [<deployment>]",
        discussion: "A deployment is an environment (its newest), <env>~<n>, a revision, or a deployment's id.")

    @Flag(help: "Print it as JSON.")
    var json = false

    @Argument(help: ArgumentHelp("The deployment; the only environment's newest by default.", valueName: "deployment"))
    var name: String?

    func run() throws {
        let session = try Session()
        let recorded = try find(session)
        if json {
            session.terminal.print(DeploymentDocument(recorded, schema: 1).json)
        } else {
            print(recorded, session)
        }
    }

    private func find(_ session: Session) throws -> RecordedDeployment {
        let environments = try session.repository.references(matching: "refs/ops/*").map(\.name)
            .filter { !$0.hasPrefix("refs/ops/_") }
        guard let name else {
            guard let only = environments.first, environments.count == 1 else {
                throw Failure(
                    environments.isEmpty ? "nothing was deployed here yet" : "which deployment?",
                    hint: environments.isEmpty
                        ? nil : "git ops show <env>, with one of: \(environments.map { $0.dropFirst(9) }.joined(separator: ", "))")
            }
            return try session.environments.deployment(try session.repository.commit(revision: only))
        }
        if let identifier = Identifier(name) {
            for environment in environments {
                var current = try session.environments.lastDeployment(String(environment.dropFirst(9)))
                while let candidate = current {
                    if candidate.deployment.identifier == identifier { return candidate }
                    current = try session.environments.deployment(before: candidate)
                }
            }
            throw Failure("there is no deployment '\(name)' here")
        }
        let stem = String(name.prefix { $0 != "~" && $0 != "^" && $0 != "@" })
        let revision = environments.contains("refs/ops/\(stem)") ? "refs/ops/" + name : name
        return try session.environments.deployment(try session.repository.commit(revision: revision))
    }

    private func print(_ recorded: RecordedDeployment, _ session: Session) {
        let deployment = recorded.deployment
        let terminal = session.terminal
        terminal.print("deployment \(recorded.id)")
        var rows = [
            ("environment", "\(deployment.environment), number \(deployment.number)"), ("id", "\(deployment.identifier)"),
            ("commit", "\(deployment.source.short) \(plainLine(deployment.sourceSubject))"), ("result", deployment.result.rawValue),
        ]
        if let reason = deployment.reason { rows.append(("reason", plainLine(reason))) }
        rows += [
            ("changes", deployment.summary), ("by", "\(deployment.actor), \(deployment.trigger.rawValue)"),
            ("started", deployment.started.timestamp), ("duration", durationText(deployment.duration)),
        ]
        if let note = deployment.note { rows.append(("message", plainLine(note))) }
        for (key, value) in rows {
            terminal.print("  \(key):" + String(repeating: " ", count: 13 - key.count) + value)
        }
        let details = recorded.commit.message.split(separator: "\n").filter { $0.hasPrefix("    ") }.dropFirst(
            deployment.sourceSubject.isEmpty ? 0 : 1)
        if !details.isEmpty {
            terminal.print()
            for line in details { terminal.print(outputLine(line.utf8)) }
        }
    }
}
