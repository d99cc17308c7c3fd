import Deployments
import Environments
import Git
import Glibc
import Operations
import Posix
import Rendering
import Validation

/// The hook post-receive: puts what was pushed into the queue, starts a worker of its own session for
/// each environment, and follows what it says. A pusher who goes away changes nothing.
enum PostReceive {
    static func run(variables: [String: String], program: String) -> Int32 {
        let terminal = Terminal()
        do {
            let input = try FileDescriptor.readAll(from: 0, limit: 64 << 20)
            // First, because a repository with longer ids is told of here.
            let session = try Session(variables: variables)
            guard let updates = RefUpdate.all(in: input) else {
                throw Failure("cannot understand what git tells this hook of the push")
            }
            let options = PushOptions(variables)
            for word in options.unknown { terminal.message("warning: unknown push option '\(word)'") }
            updateIndexes(session, program)
            let requests = try enqueue(updates, options, session, terminal)
            var followed: [FollowedRequest] = []
            for request in requests {
                let watch = try startWorker(request.environment, session, program)
                followed.append(FollowedRequest(environment: request.environment, log: request.log, worker: watch))
            }
            if options.isImpatient {
                for request in followed { terminal.message("\(request.environment): queued") }
                return 0
            }
            return try LogFollower(followed).follow()
        } catch {
            return terminal.report(error, prefix: "error")
        }
    }

    private static func enqueue(
        _ updates: [RefUpdate], _ options: PushOptions, _ session: Session, _ terminal: Terminal
    ) throws -> [(environment: String, log: String)] {
        let environments: [Environment]
        do {
            environments = try session.environments.environments()
        } catch let error as RenderingError {
            // The push is history already; what cannot be deployed is said.
            _ = terminal.report(error, prefix: "warning")
            terminal.message("hint: nothing was deployed")
            return []
        }
        var requests: [(environment: String, log: String)] = []
        var without: [String] = []
        var actor: Actor?
        for update in updates {
            for environment in environments where environment.branch == update.name {
                guard let new = update.new else {
                    terminal.message("warning: \(environment.name): its branch is deleted; what is deployed stays")
                    continue
                }
                guard environment.settings.target != nil else {
                    // Where somebody else records its deployments, somebody else makes them.
                    if environment.settings.recorders.isEmpty { without.append(environment.name) }
                    continue
                }
                // Where that cannot be read, the worker says why.
                if let suspension = try? session.environments.suspension(of: environment.name) {
                    terminal.message(Narration.warning(suspension, of: new))
                    continue
                }
                let who = actor ?? session.actor()
                actor = who
                let queue = try DeploymentQueue(stateFolder: session.environments.stateFolder(environment.name))
                let identifier = Identifier(at: Moment.now())
                try queue.enqueue(
                    QueuedRequest(
                        identifier: identifier, commit: new, reference: update.name, actor: who, note: options.reason))
                requests.append((environment.name, queue.logPath(identifier)))
            }
        }
        if let first = without.first {
            terminal.message("hint: no target here for \(without.joined(separator: ", ")), so nothing is deployed")
            // Who has set up the one, and forgot to say so in what was pushed.
            let declared = Set(environments.map(\.name))
            let undeclared = session.configuration.subsections(of: "ops").filter { name in
                !declared.contains(name) && EnvironmentSettings(environment: name, configuration: session.configuration).target != nil
            }
            if let name = undeclared.min() {
                terminal.message("hint: '\(plainLine(name, limit: 80))' has one, and is not declared; in ops.yaml: \(OpsFile.declaration(of: plainLine(name, limit: 80)))")
            } else {
                terminal.message("hint: on the server: git config ops.\(first).directory /path/to/directory")
            }
        }
        return requests
    }

    /// Has the indexes brought up to date beside everything else; a push that changes little needs no new one.
    private static func updateIndexes(_ session: Session, _ program: String) {
        guard (try? IndexUpdate.isNeeded(session)) ?? false else { return }
        _ = try? detached(["index"], session, program).start()
    }

    /// This program in a session of its own, which outlives the push.
    private static func detached(_ arguments: [String], _ session: Session, _ program: String) -> Command {
        var variables = Session.inherited(session.variables)
        variables["GIT_DIR"] = session.repository.gitDirectory
        var command = Command(program, arguments, environment: variables)
        command.directory = "/"
        command.output = .none
        command.error = .none
        command.startsSession = true
        return command
    }

    private static func startWorker(_ environment: String, _ session: Session, _ program: String) throws -> ProcessWatch {
        try ProcessWatch(try detached(["worker", environment], session, program).start())
    }
}

/// What a pusher may say with `git push -o`. Everything in it comes from the pusher.
struct PushOptions {
    /// `ops.nowait`: do not wait for the outcome.
    private(set) var isImpatient = false
    /// `ops.reason=<text>`: recorded with the deployment.
    private(set) var reason: String?
    /// Options that begin with `ops.` and are not known, fit to be printed.
    private(set) var unknown: [String] = []

    init(_ variables: [String: String]) {
        let count = min(variables["GIT_PUSH_OPTION_COUNT"].flatMap { Int($0) } ?? 0, 64)
        for index in 0..<max(0, count) {
            guard let option = variables["GIT_PUSH_OPTION_\(index)"] else { continue }
            if option == "ops.nowait" {
                isImpatient = true
            } else if option.hasPrefix("ops.reason=") {
                reason = plainLine(option.dropFirst("ops.reason=".count), limit: 200)
            } else if option.hasPrefix("ops.") {
                unknown.append(plainLine(option, limit: 60))
            }
        }
    }
}
