import Deployments
import Git
import Glibc
import Manifests
import Operations
import Posix

/// Carries out what waits in the queue of an environment: the newest tip, for all who wait.
///
/// It reads the configuration and what is declared anew for each round: both may have changed while it
/// waited for the lock, or while it deployed, and an answer by what held before would be the wrong one.
struct Worker {
    let name: String
    let variables: [String: String]

    /// Deploys until nothing waits, answering each request in its log.
    /// - Parameter lock: that of the environment.
    func drain(holding lock: borrowing EnvironmentLock) throws {
        let session = try Session(variables: variables, deploys: true)
        let queue = try DeploymentQueue(stateFolder: session.environments.stateFolder(name))
        while true {
            let waiting = try queue.waiting()
            guard !waiting.isEmpty else { break }
            let logs = waiting.map { RequestLog(queue.logPath($0.identifier)) }
            let code = answer(waiting, logs, queue, holding: lock)
            for (request, log) in zip(waiting, logs) {
                queue.remove(request)
                log.end(code)
            }
        }
        queue.pruneLogs()
    }

    private func answer(
        _ waiting: [QueuedRequest], _ logs: [RequestLog], _ queue: DeploymentQueue, holding lock: borrowing EnvironmentLock
    ) -> Int32 {
        func tell(_ lines: [String]) {
            for line in lines { for log in logs { log.write(line) } }
        }
        do {
            let session = try Session(variables: variables, deploys: true)
            let environment = try session.environments.environment(name)
            // Level-based: whatever was asked for, what is deployed is what the branch says now.
            let tip = try session.environments.tip(of: environment)
            let newest = waiting.last { $0.commit == tip } ?? waiting.last
            for (request, log) in zip(waiting, logs) where request.commit != tip {
                log.write("\(environment.name): \(request.commit.short) is superseded by \(tip.short)")
            }
            let narration = Narration(environment: environment.name)
            let descriptor = lock.descriptor
            let engine = Engine(session.environments) {
                try session.target(of: environment, holding: descriptor) { tell(["\(environment.name): \(plainLine($0))"]) }
            } progress: {
                tell(narration.lines($0))
            }
            let outcome = try engine.deploy(
                DeploymentRequest(
                    environment: environment, commit: tip, sourceReference: environment.branch, trigger: .push,
                    actor: newest?.actor ?? session.actor(), note: newest?.note),
                holding: lock, unless: { session.newerTip(of: environment, than: tip, in: queue, beside: waiting) })
            Announcement(session: session) { tell(["warning: \($0)"]) }.announce(outcome)
            // Nothing takes their place where the tip is not deployed either.
            if case .suspended = outcome {} else { try recordSuperseded(waiting, by: tip, session) }
            tell(narration.lines(outcome))
            return outcome.succeeded ? 0 : 1
        } catch {
            let failure = Failure(error)
            tell(failure.diagnostics.map(\.rendered))
            tell(["error: \(name): \(failure.message)"] + (failure.hint.map { ["hint: \($0)"] } ?? []))
            return 128
        }
    }

    /// Notes on each commit that was overtaken by which one, so that none is left without an answer.
    private func recordSuperseded(_ waiting: [QueuedRequest], by tip: ObjectID, _ session: Session) throws {
        for request in waiting where request.commit != tip && session.repository.contains(request.commit) {
            let now = Moment.now()
            let event = Event(
                time: now, identifier: request.identifier, environment: name, kind: .superseded,
                commit: request.commit,
                values: [.init("by", tip.description), .init("actor", request.actor.description)])
            try session.environments.record(event, at: now)
        }
    }

    /// The verb `worker`, which post-receive starts in a session of its own.
    static func run(_ arguments: [String], variables: [String: String]) -> Int32 {
        guard let name = arguments.first, arguments.count == 1 else { return 129 }
        do {
            let session = try Session(variables: variables, deploys: true)
            // Nobody makes folders by a name that is not declared.
            _ = try session.environments.environment(name)
            let lock = try session.environments.lock(name)
            try Worker(name: name, variables: variables).drain(holding: lock)
            return 0
        } catch {
            return Terminal().report(error)
        }
    }
}

/// The file in which a request is answered; whoever waits for it follows it.
struct RequestLog {
    private let path: String

    init(_ path: String) {
        self.path = path
    }

    /// A log that cannot be written stops no deployment.
    func write(_ line: String) {
        guard let file = try? FileDescriptor(opening: path, O_WRONLY | O_CREAT | O_APPEND) else { return }
        try? file.write(Array((line + "\n").utf8))
    }

    func end(_ code: Int32) {
        write(DeploymentQueue.endMark + "\(code)")
    }
}
