import ArgumentParser
import Deployments
import Git
import Glibc
import Operations
import Posix

struct WaitVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait", abstract: "Wait until a commit is deployed, for CI.",
        usage: "git ops wait [<options>] <commit>",
        discussion: "Exits with 0 once it is deployed, 1 where it failed or was superseded, 128 when the time is over.")

    @Option(name: [.customShort("e"), .long], help: ArgumentHelp("The environment; may be given again.", valueName: "env"))
    var environment: [String] = []

    @Option(help: ArgumentHelp("How long, as 90s, 10m or 1h.", valueName: "duration"))
    var timeout: String = "10m"

    @Option(help: ArgumentHelp("Fetch the records from this remote; the default where this repository deploys nothing is origin.", valueName: "name"))
    var remote: String?

    @Flag(name: .shortAndLong, help: "Print only errors.")
    var quiet = false

    @Argument(help: ArgumentHelp("The commit.", valueName: "commit"))
    var commit: String

    func run() throws {
        guard let limit = seconds(duration: timeout) else {
            throw Failure("'\(plainLine(timeout, limit: 40))' is not a duration", hint: "for example 90s, 10m or 1h", exitCode: 129)
        }
        let begun = monotonicSeconds()
        let deadline = begun + limit
        var session = try Session()
        let wanted = try wantedCommit(session)
        let source = try remote ?? (deploysHere(session) ? nil : defaultRemote(session))
        var pending = Set<String>()
        var isFirst = true
        var hasWarned = quiet
        var hasTold = quiet || !session.terminal.isErrorTerminal
        var pause: UInt32 = 100_000
        while true {
            if let source {
                try fetch(source, session)
                session = try Session()
            }
            let judge = DeploymentJudge(session.environments, remote: source)
            if isFirst {
                pending = Set(try environment.isEmpty ? judge.awaited() : environment)
                for name in environment { _ = try session.environments.environment(name) }
                isFirst = false
            }
            for name in pending.sorted() {
                switch try judge.verdict(on: wanted, environment: name) {
                case .waiting: continue
                case .deployed(let deployment):
                    if !quiet { session.terminal.message("\(name): \(wanted.short) is deployed (\(deployment.short))") }
                    pending.remove(name)
                case .failed(let reason):
                    session.terminal.message("error: \(name): \(wanted.short) \(plainLine(reason))")
                    throw ExitCode(1)
                }
            }
            if pending.isEmpty { return }
            if !hasWarned { warn(of: pending, wanted, session) }
            hasWarned = true
            if !hasTold, monotonicSeconds() - begun > WaitVerb.patience {
                hasTold = true
                session.terminal.message("waiting for \(wanted.short) to be deployed to \(pending.sorted().joined(separator: ", "))")
            }
            guard monotonicSeconds() < deadline else {
                throw Failure("\(wanted.short) is not deployed to \(pending.sorted().joined(separator: ", ")) after \(timeout)")
            }
            usleep(pause)
            // A remote is asked less and less often, up to every five seconds.
            pause = min(pause * 2, source == nil ? 500_000 : 5_000_000)
        }
    }

    /// Seconds in which somebody at a terminal does not wonder what is waited for.
    private static let patience = 3.0

    private func wantedCommit(_ session: Session) throws -> ObjectID {
        do throws(GitError) {
            return try session.repository.commit(revision: commit)
        } catch {
            // What other verbs take in this place.
            guard environment.isEmpty, (try? session.environments.environment(commit)) != nil else { throw error }
            throw Failure(error.description, hint: "'\(commit)' is an environment: git ops wait -e \(commit) <commit>")
        }
    }

    /// A suspension may end while it is waited; whoever waits had better know of it.
    private func warn(of environments: Set<String>, _ wanted: ObjectID, _ session: Session) {
        for name in environments.sorted() {
            guard let suspension = try? session.environments.suspension(of: name) else { continue }
            session.terminal.message(Narration.warning(suspension, of: wanted))
        }
    }

    private func deploysHere(_ session: Session) -> Bool {
        session.configuration.subsections(of: "ops").contains { name in
            EnvironmentSettings(environment: name, configuration: session.configuration).target != nil
        }
    }

    private func defaultRemote(_ session: Session) throws -> String? {
        let remotes = session.configuration.subsections(of: "remote")
        return remotes.contains("origin") ? "origin" : remotes.first
    }

    private func fetch(_ remote: String, _ session: Session) throws {
        _ = try session.git.output([
            "fetch", "--quiet", "--no-tags", remote, "+refs/heads/*:refs/remotes/\(remote)/*", "refs/ops/*:refs/ops/*",
            "^refs/ops/_pending/*", "^refs/ops/_drift/*", "+refs/notes/*:refs/notes/\(remote)/*",
        ])
    }
}
