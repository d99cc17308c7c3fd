import ArgumentParser
import Deployments
import Git
import Operations
import Posix

struct SuspendVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suspend", abstract: "Have nothing deployed to an environment until it is resumed.",
        usage: "git ops suspend [--reason <text>] [-q] <env>...")

    @Option(help: ArgumentHelp("Why; kept in the record, and told to whoever pushes.", valueName: "text"))
    var reason: String?

    @Flag(name: .shortAndLong, help: "Print only errors.")
    var quiet = false

    @Argument(help: ArgumentHelp("Environments.", valueName: "env"))
    var names: [String]

    func run() throws {
        let session = try Session(deploys: true)
        let note = reason.map { plainLine($0, limit: 200) }.flatMap { $0.isEmpty ? nil : $0 }
        for name in try session.suspendable(names) {
            let (suspension, isNew) = try session.environments.suspend(name, by: session.actor(), reason: note, at: .now())
            guard !quiet else { continue }
            guard isNew else {
                session.terminal.message("\(name): already \(Narration.words(suspension))")
                continue
            }
            session.terminal.message("\(name): suspended; nothing is deployed until git ops resume \(name)")
            if FileLock.isHeld(session.environments.lockPath(name)) {
                session.terminal.message("\(name): a deployment that is being carried out goes on to its end")
            }
        }
        // It gives that to the remote, and to those who share its work.
        _ = try? session.nudgeAgent()
    }
}

extension Session {
    /// The environments that can be suspended and resumed here, each once. In a clone nobody would heed it, and it
    /// would be in the way of the record that is fetched.
    func suspendable(_ names: [String]) throws -> [String] {
        var chosen: [String] = []
        for name in names where !chosen.contains(name) {
            let environment = try environments.environment(name)
            guard environment.settings.target != nil else {
                throw Failure(
                    "environment '\(name)' is not deployed by this repository", hint: "say it on the server, in the repository that is pushed to")
            }
            chosen.append(name)
        }
        return chosen
    }
}
