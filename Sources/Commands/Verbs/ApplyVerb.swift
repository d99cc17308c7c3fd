import ArgumentParser
import Deployments
import Git
import Operations
import Posix

struct ApplyVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Make what is live match the repository, and record it.",
        usage: "git ops apply [<options>] [<env>...] [<rev>]")

    @Flag(name: [.customShort("n"), .long], help: "Print the plan and change nothing.")
    var dryRun = false

    @Flag(help: "Take over files that are in the way and not ours.")
    var adopt = false

    @Option(help: ArgumentHelp("Why; kept in the record.", valueName: "text"))
    var reason: String?

    @Flag(name: .shortAndLong, help: "Print only errors.")
    var quiet = false

    @Argument(help: ArgumentHelp("Environments, then perhaps a revision.", valueName: "env|rev"))
    var arguments: [String] = []

    func run() throws {
        let session = try Session(deploys: !dryRun)
        let (named, all, revision) = try session.environments(in: arguments)
        let chosen = try named.isEmpty ? withTarget(all) : named
        if chosen.count > 1, named.isEmpty, revision != nil {
            throw Failure("a revision needs the environment that it is for", exitCode: 129)
        }
        var worst: Int32 = 0
        for environment in chosen {
            do {
                worst = max(worst, try dryRun ? plan(environment, revision, session) : apply(environment, revision, session))
            } catch {
                // One environment that fails does not hold up the others.
                worst = max(worst, session.terminal.report(error, prefix: "error: \(environment.name)"))
            }
        }
        if worst != 0 { throw ExitCode(worst) }
    }

    private func withTarget(_ all: [Environment]) throws -> [Environment] {
        let mine = all.filter { $0.settings.target != nil }
        guard !mine.isEmpty else {
            throw Failure(
                "no environment has a target in this repository",
                hint: "git config ops.\(all.first?.name ?? "default").directory /path/to/directory")
        }
        return mine
    }

    private func request(_ environment: Environment, _ revision: String?, _ session: Session) throws -> DeploymentRequest {
        DeploymentRequest(
            environment: environment, commit: try session.commit(revision, of: environment),
            sourceReference: revision == nil ? environment.branch : nil, trigger: .manual, actor: session.actor(),
            note: reason.map { plainLine($0, limit: 200) }, adopts: adopt)
    }

    private func plan(_ environment: Environment, _ revision: String?, _ session: Session) throws -> Int32 {
        let request = try request(environment, revision, session)
        let engine = Engine(session.environments) {
            try session.target(of: environment, patience: Survey.patience) { session.terminal.message("\(environment.name): \(plainLine($0))") }
        } progress: { _ in
        }
        let plan = try engine.plan(request).plan
        if !quiet {
            for line in Narration(environment: environment.name, mostChanges: .max).lines(.planned(plan)) {
                session.terminal.print(line)
            }
            let summary = plan.isEmpty ? "nothing to do" : "\(plan.changes.count) to change, \(plan.unchanged) as desired"
            session.terminal.print("\(environment.name): \(summary) (\(request.commit.short), dry run)")
            if let suspension = try session.environments.suspension(of: environment.name) {
                session.terminal.message(Narration.warning(suspension, of: request.commit))
            }
        }
        for conflict in plan.conflicts {
            session.terminal.message("error: \(environment.name): '\(conflict.path)' \(conflict.reason)")
            if let hint = conflict.hint { session.terminal.message("hint: \(hint)") }
        }
        return plan.conflicts.isEmpty ? 0 : 1
    }

    private func apply(_ named: Environment, _ revision: String?, _ before: Session) throws -> Int32 {
        let terminal = before.terminal
        let lock = try before.environments.lock(named.name) {
            if !quiet { terminal.message("\(named.name): waiting for another deployment to end") }
        }
        // Read anew under the lock: the branch, what is declared and the settings may have changed while
        // it was waited for.
        let session = try Session(deploys: true)
        let environment = try session.environments.environment(named.name)
        let request = try request(environment, revision, session)
        let narration = Narration(environment: environment.name)
        let descriptor = lock.descriptor
        let engine = Engine(session.environments) {
            try session.target(of: environment, holding: descriptor) { terminal.message("\(environment.name): \(plainLine($0))") }
        } progress: { progress in
            if !quiet { for line in narration.lines(progress) { terminal.message(line) } }
        }
        let queue = try DeploymentQueue(stateFolder: session.environments.stateFolder(environment.name))
        // Only where what waits is deployed right after; a revision that was named is waited for.
        let outcome = try engine.deploy(request, holding: lock) {
            revision == nil ? session.newerTip(of: environment, than: request.commit, in: queue, beside: []) : nil
        }
        if case .suspended(let suspension, _) = outcome {
            throw Failure(Narration.words(suspension), hint: "git ops resume \(environment.name)", exitCode: 1)
        }
        Announcement(session: session) { terminal.message("warning: \($0)") }.announce(outcome)
        if !quiet || !outcome.succeeded { for line in narration.lines(outcome) { terminal.message(line) } }
        // What a worker that died left waiting is answered now.
        if revision == nil { try Worker(name: environment.name, variables: session.variables).drain(holding: lock) }
        return outcome.succeeded ? 0 : 1
    }
}
