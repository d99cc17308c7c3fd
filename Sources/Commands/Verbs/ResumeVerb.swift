import ArgumentParser
import Deployments
import Git
import Operations
import Posix

struct ResumeVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Let a suspended environment be deployed again, and deploy it.",
        usage: "git ops resume [-q] <env>...")

    @Flag(name: .shortAndLong, help: "Print only errors.")
    var quiet = false

    @Argument(help: ArgumentHelp("Environments.", valueName: "env"))
    var names: [String]

    func run() throws {
        let session = try Session(deploys: true)
        let chosen = try session.suspendable(names)
        for name in chosen {
            let ended = try session.environments.resume(name, by: session.actor(), at: .now())
            guard !quiet else { continue }
            session.terminal.message("\(name): " + (ended.map { "resumed; it was \(Narration.words($0))" } ?? "is not suspended"))
        }
        if try session.nudgeAgent() {
            if !quiet { session.terminal.message("the agent of this repository deploys what was pushed meanwhile") }
            return
        }
        // What was pushed meanwhile is deployed now. Also where none was suspended: a resume that was cut off can be
        // said again.
        let apply = try ApplyVerb.parse((quiet ? ["--quiet"] : []) + chosen)
        try apply.run()
    }
}
