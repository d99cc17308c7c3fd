import Agent
import AgentService
import ArgumentParser
import CoreMetrics
import Deployments
import Git
import Glibc
import Kubeconfig
import KubernetesTarget
import Logging
import Operations
import PluginTarget
import Posix
import ServiceLifecycle
import Synchronization
import UnixSignals

/// `git ops agent`: keeps environments as their repository says.
@main
struct AgentProgram: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "git-ops-agent", abstract: "Pull the repository, and keep environments as it says.",
        usage: """
            git ops agent [--once]
            git ops agent install (--systemd | --kubernetes) [<options>]
            """,
        discussion: "What it keeps, and how, is in the git configuration of the repository that it is started in.",
        version: "git-ops version \(Program.version)", subcommands: [Install.self])

    /// Seconds that what was begun in a cluster may take to end, where nobody waits for it any more.
    private static let patience = 60.0

    @Flag(help: "Go round once, and end with 0 where all is as the repository says.")
    var once = false

    /// git's exit codes, as of the other verbs.
    static func main() async {
        signal(SIGPIPE, SIG_IGN)
        limitMemoryArenas(2)
        // A nudge that comes before anybody listens is none.
        signal(SIGHUP, SIG_IGN)
        switch CommandLine.arguments.dropFirst().first {
        case "-h":
            print(helpMessage())
            Glibc.exit(129)
        case "--help", "help":
            let probe = Command("man", ["-w", "git-ops-agent"], environment: processVariables())
            if (try? probe.run(onOutput: { _ in }))?.succeeded ?? false {
                try? replaceProcess(by: "man", ["git-ops-agent"], environment: processVariables())
            }
        case "--git-completion-helper":
            print("--once --systemd --kubernetes --user --image --namespace")
            Glibc.exit(0)
        default: break
        }
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let code as ExitCode {
            Glibc.exit(code.rawValue)
        } catch let failure as Failure {
            AgentProgram.tell("fatal: \(failure.message)", failure.hint)
            Glibc.exit(failure.exitCode)
        } catch {
            guard exitCode(for: error).isSuccess else {
                let text = message(for: error)
                AgentProgram.tell("error: \(text.prefix(1).lowercased() + text.dropFirst())\n" + usageString(), nil)
                Glibc.exit(129)
            }
            print(fullMessage(for: error))
            Glibc.exit(0)
        }
        Glibc.exit(0)
    }

    private static func tell(_ message: String, _ hint: String?) {
        try? FileDescriptor.write(Array((message + "\n" + (hint.map { "hint: \($0)\n" } ?? "")).utf8), to: 2)
    }

    mutating func run() async throws {
        do {
            try await attempt()
        } catch let error as ExitCode {
            throw error
        } catch {
            throw Failure(error)
        }
    }

    private func attempt() async throws {
        let variables = processVariables()
        let session = try Session(variables: variables)
        let settings = try AgentSettings(session.configuration)
        let level = StructuredLog.level(named: settings.logLevel) ?? .info
        let log = Logger(label: "git-ops-agent") { _ in StructuredLog(settings.logsJSON ? .json : .logfmt, level: level) }

        let folder = session.repository.commonDirectory + "ops/_agent"
        try makeFolders(folder, mode: 0o700)
        guard let lock = try FileLock(taking: folder + "/lock") else {
            let holder = (try contents(ofFile: folder + "/lock", limit: 40)).map { String(decoding: $0, as: UTF8.self) } ?? ""
            throw Failure("an agent keeps this repository already" + (holder.isEmpty ? "" : " (process \(plainLine(holder, limit: 20)))"))
        }
        lock.note("\(getpid())")
        let service = TargetService()
        let hosts = ["kubernetes": AgentProgram.host(service)]
        if once {
            let agent = try Agent(variables: variables, settings: settings, hosts: hosts, log: log)
            let isWell = try await inThread { try agent.runOnce() }
            _ = await service.isIdle(within: AgentProgram.patience)
            lock.release()
            if !isWell { throw ExitCode(1) }
            return
        }
        try await serve(variables, settings, hosts, log)
        if await !service.isIdle(within: AgentProgram.patience) { log.warning("ends though a cluster is still being changed") }
        lock.release()
    }

    /// A cluster is spoken to by this process: one that keeps a hundred environments needs no hundred others.
    private static func host(_ service: TargetService) -> TargetHost {
        .here { conversation in
            service.serve(
                conversation.descriptor, environment: conversation.environment, note: { conversation.note($0) }, whenOver: { conversation.end() })
        }
    }

    /// Does in a thread what blocks.
    private func inThread<Outcome: Sendable>(_ body: @escaping @Sendable () throws -> Outcome) async throws -> Outcome {
        try await withCheckedThrowingContinuation { continuation in
            Posix.inThread { continuation.resume(with: Result { try body() }) }
        }
    }

    private func serve(
        _ variables: [String: String], _ settings: AgentSettings, _ hosts: [String: TargetHost], _ log: Logger
    ) async throws {
        let metrics = PrometheusMetrics(help: Agent.meaningsOfMetrics)
        MetricsSystem.bootstrap(metrics)
        let ping = try settings.ping.map { try DeadManPing(url: $0, logger: log, variables: variables) }
        let agent = Latecomer<Agent>()
        var election: LeaderElection?
        if let lease = settings.lease {
            let access: ClusterAccess
            do {
                access = try Kubeconfig.access(file: nil, context: nil, namespace: lease.namespace, environment: variables)
            } catch {
                throw Failure(error.message, hint: error.hint)
            }
            election = LeaderElection(
                access: access, namespace: lease.namespace, name: lease.name, identity: variables["POD_NAME"] ?? hostName(), logger: log,
                changed: { leads in
                    if let agent = agent.value { AgentProgram.lead(leads, agent, log) }
                },
                nudged: {
                    log.info("hook", metadata: ["sender": "another agent"])
                    agent.value?.nudge()
                })
        }
        // Alone, it leads.
        var isLeader: @Sendable () -> Bool = { true }
        var passOn: @Sendable () -> Void = {}
        if let election {
            isLeader = election.isLeader
            passOn = { election.nudge() }
        }
        let made = try Agent(variables: variables, settings: settings, hosts: hosts, log: log, isLeader: isLeader) { ping?.ping() }
        agent.value = made
        // They are ended from the last to the first: who leads gives that away when nothing is being changed any more.
        var services: [any Service] = []
        if let election { services.append(election) }
        if let listen = settings.listen {
            services.append(
                Endpoints(
                    EndpointSettings(listen: listen, hookSecrets: try settings.hookSecrets()), metrics: metrics, measure: { made.publish() }, logger: log,
                    unhealthy: { made.ailments() }, unready: { made.shortcomings() },
                    nudge: { [passOn] sender in
                        log.info("hook", metadata: ["sender": "\(sender)"])
                        made.nudge()
                        passOn()
                    }))
        }
        services += [AgentLoop(agent: made, log: log, remote: settings.remote), Hangups(agent: made, passOn: passOn)]
        do {
            try await ServiceGroup(
                configuration: .init(
                    services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint], logger: AgentProgram.quiet(log))
            ).run()
        } catch let failure as ServiceFailure {
            throw Failure(failure.message, hint: failure.hint)
        }
        await ping?.shutdown()
        log.info("ended")
    }

    /// What the group of services has to say interests nobody who operates this.
    private static func quiet(_ log: Logger) -> Logger {
        var log = log
        log.logLevel = max(log.logLevel, .warning)
        return log
    }

    private static func lead(_ leads: Bool, _ agent: Agent, _ log: Logger) {
        if leads {
            log.notice("leads from now on")
            agent.lookAtEverything(forgetting: true)
            return
        }
        guard !agent.isStopping else { return }
        guard agent.isDeploying else {
            log.warning("does not lead any more")
            return
        }
        // Another may begin in some seconds. What dies in the middle is carried on from.
        log.critical("does not lead any more, in the middle of a deployment: ends at once")
        _exit(1)
    }
}

/// A value that is there a little later than those who need it.
final class Latecomer<Value: Sendable>: Sendable {
    private let held = Mutex<Value?>(nil)

    var value: Value? {
        get { held.withLock { $0 } }
        set { held.withLock { $0 = newValue } }
    }
}

/// The agent's threads, as a service.
struct AgentLoop: Service {
    let agent: Agent
    let log: Logger
    let remote: String

    func run() async throws {
        // From here on signals are heard.
        log.info("started", metadata: ["version": "\(Program.version)", "remote": "\(remote)"])
        agent.start()
        try? await gracefulShutdown()
        log.info("stops when what is being applied is recorded")
        agent.stop()
        // In a thread of its own, as it blocks.
        await withCheckedContinuation { continuation in
            inThread {
                while !agent.waitUntilStopped(3600) {}
                continuation.resume()
            }
        }
    }
}

/// SIGHUP: everything is looked at anew, also by another that leads.
struct Hangups: Service {
    let agent: Agent
    let passOn: @Sendable () -> Void

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            agent.lookAtEverything()
            passOn()
        }
    }
}
