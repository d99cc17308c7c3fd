import Kubernetes
import KubernetesModel

/// One conversation with git-ops, as git-ops-target(7) specifies it.
final class Session {
    typealias Opening = (Settings) throws(TargetFailure) -> Connection

    private let input: LineInput
    private let output: LineOutput
    private let presence: Presence
    private let open: Opening
    private var connection: (settings: Settings, connection: Connection)?
    private var plan: PreparedPlan?
    /// Goes on from one plan to the next, and so misses nothing between them.
    private var watching: DriftWatch?
    /// Seconds, of the last plan.
    private var timeout = 300

    /// - Parameter open: connects to a cluster.
    init(input: LineInput, output: LineOutput, open: @escaping Opening) {
        self.input = input
        self.output = output
        presence = Presence { input.isOver || output.isDeaf }
        self.open = open
    }

    /// Answers until nothing more is asked.
    /// - Returns: the exit code.
    func run() async -> Int32 {
        while true {
            do throws(TargetFailure) {
                guard let line = try await input.next() else { return 0 }
                output.begin()
                do throws(TargetFailure) {
                    let message = try Message(line)
                    try await told { () async throws(TargetFailure) in try await answer(message) }
                } catch {
                    output.fail(error)
                }
            } catch {
                output.fail(error)
                return 1
            }
        }
    }

    /// Ends what goes on from one request to the next.
    func close() async {
        await endWatch()
        await connection?.connection.close()
    }

    /// Does something for which waits are told.
    private func told(_ body: () async throws(TargetFailure) -> Void) async throws(TargetFailure) {
        try await LineOutput.$current.withValue(output) {
            await Result { () async throws(TargetFailure) in try await body() }
        }.get()
    }

    private func answer(_ message: Message) async throws(TargetFailure) {
        switch message.type {
        case "hello": try hello(message)
        case "plan": try await plan(message)
        case "health": try await health()
        case "live": try live(message)
        case "apply": try await apply()
        case "wait": try await wait(message)
        case "watch": try await watch()
        // It crossed the last answer.
        case "cancel": break
        case "commit": output.say(["type": "done"])
        case "rollback": throw TargetFailure("a cluster cannot be put back to what it was", hint: "deploy an earlier commit")
        default: throw TargetFailure("a message of the unknown type '\(message.type)' was sent")
        }
    }

    private func hello(_ message: Message) throws(TargetFailure) {
        guard message.fields["versions"]?.array?.contains(1) == true else {
            throw TargetFailure("git-ops-target-kubernetes speaks version 1 of the protocol only", hint: "install git-ops and git-ops-target-kubernetes of one version")
        }
        output.say(["type": "hello", "version": 1, "capabilities": ["objects", "content", "wait", "cancel", "health", "watch", "watch-health"]])
    }

    // MARK: plan

    private func plan(_ head: Message) async throws(TargetFailure) {
        plan = nil
        var request: PlanRequest?
        var failure: TargetFailure?
        do throws(TargetFailure) { request = try PlanRequest(head) } catch { failure = error }
        try await readBody(after: failure) { line throws(TargetFailure) in try request?.take(line) }
        guard let asked = request else { return }
        timeout = try head.int("timeout") ?? timeout
        // Who asked may give up, and then nobody may be kept by what a slow server has still to answer: the lock is held.
        let planner = Planner(connection: try await connected(asked.settings), request: asked, output: output)
        let prepared = try await cancellable { () async throws(TargetFailure) in try await planner.plan() }
        for (path, conflict) in prepared.conflicts.sorted(by: { $0.key < $1.key }) {
            var members: [String: JSON] = ["reason": .string(conflict.reason)]
            if let hint = conflict.hint { members["hint"] = .string(hint) }
            output.say(.message("conflict", path, members))
        }
        for change in prepared.changes.values.sorted(by: { $0.path < $1.path }) { output.say(change.message) }
        plan = prepared
        var done: JSON = ["type": "done", "unchanged": .int(Int64(prepared.unchanged))]
        if let place = prepared.place { done["place"] = .string(place.text) }
        output.say(done)
    }

    private func connected(_ settings: Settings) async throws(TargetFailure) -> Connection {
        if let connection, connection.settings.isOfOneCluster(as: settings) { return connection.connection }
        let opened = try open(settings)
        await endWatch()
        await connection?.connection.close()
        connection = (settings, opened)
        return opened
    }

    /// Reads a body to its end, whatever is wrong in it.
    /// - Parameter failure: what was wrong before it.
    private func readBody(
        after failure: TargetFailure? = nil, _ take: (Message) throws(TargetFailure) -> Void
    ) async throws(TargetFailure) {
        var failure = failure
        while true {
            guard let line = try await input.next() else { throw failure ?? TargetFailure("the request has no end") }
            do throws(TargetFailure) {
                let message = try Message(line)
                if message.type == "end" { break }
                if failure == nil { try take(message) }
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    private func live(_ message: Message) throws(TargetFailure) {
        let path = try message.path()
        guard let plan, let change = plan.changes[path], let text = LiveText(manager: plan.settings.fieldManager).text(of: change) else {
            throw TargetFailure("'\(path)' is live in no change of the last plan")
        }
        output.say(["type": "content", "text": .string(text)])
    }

    private func health() async throws(TargetFailure) {
        guard let plan, let connection else { throw TargetFailure("there is no plan whose objects could be judged") }
        let cluster = connection.connection.cluster
        let ailments = try await cancellable { () async throws(TargetFailure) in
            await Ailment.examined(plan.ailments + (try await Ailment.all(of: plan.unjudged, in: plan, cluster)), cluster)
        }
        for ailment in ailments { output.say(ailment.message) }
        output.say(["type": "done", "healthy": .int(Int64(plan.count - ailments.count))])
    }

    // MARK: apply and wait

    private func apply() async throws(TargetFailure) {
        var request = ApplyRequest()
        do throws(TargetFailure) {
            try await readBody { line throws(TargetFailure) in try request.take(line) }
            guard let plan, let connection else { throw TargetFailure("there is no plan that could be carried out") }
            try request.verify(plan)
            // A plan is carried out once.
            self.plan?.changes = [:]
            self.plan?.deleted = plan.changes.values.filter { $0.action == .prune }.sorted { $0.key < $1.key }
            let applier = Applier(
                cluster: connection.connection.cluster, plan: plan, output: output, presence: presence, patience: Double(timeout))
            try await applier.run()
        } catch {
            var failure = error
            failure.isPartial = failure.isPartial ?? false
            throw failure
        }
        output.say(["type": "done"])
    }

    private func wait(_ message: Message) async throws(TargetFailure) {
        guard let plan, let connection else { throw TargetFailure("there is no plan to wait for") }
        guard plan.settings.waits else {
            output.say(["type": "done"])
            return
        }
        let seconds = try message.int("timeout") ?? timeout
        let wait = HealthWait(
            cluster: connection.connection.cluster, plan: plan, output: output, presence: presence, timeout: Double(max(seconds, 0)))
        try await cancellable { () async throws(TargetFailure) in try await wait.run() }
        output.say(["type": "done"])
    }

    // MARK: watch

    private func watch() async throws(TargetFailure) {
        guard let plan, let connection else { throw TargetFailure("there is no plan to watch") }
        let watch = try await watch(of: plan, connection.connection.cluster)
        let stirred = try await cancellable { () async throws(TargetFailure) in try await watch.stirred() }
        for path in stirred.compactMap({ plan.view.paths[$0] }) { output.say(.message("stirred", path)) }
        output.say(["type": "done"])
    }

    private func watch(of plan: PreparedPlan, _ cluster: any Cluster) async throws(TargetFailure) -> DriftWatch {
        if let watching, await watching.expect(plan.view, of: plan) { return watching }
        await endWatch()
        let new = DriftWatch(cluster, owner: plan.owner, manager: plan.settings.fieldManager, key: plan.view.key)
        guard await new.expect(plan.view, of: plan) else { throw TargetFailure("the plan cannot be watched") }
        watching = new
        return new
    }

    private func endWatch() async {
        await watching?.stop()
        watching = nil
    }

    /// Does something that git-ops may end, for which is listened meanwhile.
    /// - Parameter body: ends soon where its task is cancelled, and says nothing more then.
    private func cancellable<Value: Sendable>(
        _ body: @escaping @Sendable () async throws(TargetFailure) -> Value
    ) async throws(TargetFailure) -> Value {
        let outcome: Result<Value, TargetFailure> = await withTaskGroup(of: Event<Value>.self) { [input] group in
            group.addTask { .outcome(await Result { () async throws(TargetFailure) in try await body() }) }
            group.addTask { .interruption(await Result { () async throws(TargetFailure) in try await input.interruption() }) }
            var outcome: Result<Value, TargetFailure>?
            var interrupted: TargetFailure?
            // Nothing may follow the answer, so what is under way ends before it.
            for await event in group {
                switch event {
                case .outcome(let ended): outcome = ended
                // It crossed the end.
                case .interruption where outcome != nil: break
                case .interruption(.success(.cancel)): interrupted = .cancelled
                case .interruption(.success(.end)): interrupted = TargetFailure("git-ops is gone")
                case .interruption(.success(nil)): break
                case .interruption(.failure(let failure)): interrupted = failure
                }
                group.cancelAll()
            }
            return interrupted.map { .failure($0) } ?? outcome ?? .failure(.cancelled)
        }
        return try outcome.get()
    }
}

/// What ends what git-ops may end.
private enum Event<Value: Sendable>: Sendable {
    case outcome(Result<Value, TargetFailure>)
    case interruption(Result<LineInput.Interruption?, TargetFailure>)
}
