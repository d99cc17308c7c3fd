import Kubernetes
import KubernetesModel
import Posix

/// Makes a plan. It changes nothing.
struct Planner: Sendable {
    let connection: Connection
    let request: PlanRequest
    let output: LineOutput

    func plan() async throws(TargetFailure) -> PreparedPlan {
        var plan = PreparedPlan(owner: request.owner, settings: request.settings, isAdopting: request.adopting)
        let objects = try read()
        async let clusterNow = Place.clusterID(connection.cluster)
        let catalog = try await catalog()
        plan.place = try Place.verified(await clusterNow.get(), connection.namespace, request)
        let resolution = Resolution(catalog, desired: objects)
        try plan.place?.verifyNamespace(request, resolution)
        let settled = try settle(objects, resolution, &plan)
        plan.count = objects.count
        let unsettled = plan.conflicts
        do throws(OrderError) {
            _ = try ApplyOrder.layers(of: settled.map { OrderedObject(key: $0.key, object: $0.object) })
        } catch {
            throw TargetFailure("\(error)")
        }
        output.progress("reading what is live")
        let pruning = try PrunePlanner(request: request, namespace: connection.namespace, resolution: resolution, desired: settled)
        try await requireGone(pruning, resolution)
        let file = TraceFile(path: request.cache)
        var traces = file.traces(of: "\(request.owner) \(request.settings.fieldManager) \(plan.place?.text ?? "-")")
        let recollection = Recollection(of: settled, traces, manager: request.settings.fieldManager)
        let wanted = try wanted(settled, resolution, pruning)
        let live = try await LiveObjects.read(wanted, owner: request.owner, from: connection.cluster, recollection: recollection)
        let now = Moment.now().seconds
        plan.ailments = settled.compactMap { live.proven.contains($0.key) ? nil : Ailment($0, live: live.objects[$0.key], now: now) }
        plan.ailments += unsettled.map { Ailment($0.key, unknown: $0.value.reason) }
        plan.unjudged = live.proven.filter { HealthRules.hasHealth(group: $0.group, kind: $0.kind) }
        try await judge(settled, live, &plan)
        for change in pruning.changes(live) { plan.changes[change.path] = change }
        plan.view = view(of: wanted, live, recollection)
        for candidate in pruning.candidates { plan.view.paths[candidate.key] = candidate.path }
        for object in settled { plan.view.paths[object.key] = object.path }
        if !plan.conflicts.isEmpty || settled.contains(where: { $0.resource == nil }) { plan.view.isBlind = true }
        let before = traces.entries
        traces.entries = [:]
        for object in settled where plan.changes[object.path] == nil && plan.conflicts[object.path] == nil {
            guard let trace = plan.view.states[object.key] ?? nil else { continue }
            // What others do to what we do not own would not show.
            guard live.proven.contains(object.key) || live.objects[object.key]?.applied(by: request.settings.fieldManager) != nil else { continue }
            traces.entries[object.path] = Traces.Entry(id: object.id, trace: trace)
        }
        if traces.entries != before { file.keep(traces) }
        forbidMassDeletion(&plan)
        plan.desired = settled.map(\.withoutContent)
        return plan
    }

    /// What was seen. Objects without our label are none here: nobody will be told what happens to them.
    private func view(of wanted: [APIResource: Set<ObjectKey>], _ live: LiveObjects, _ recollection: Recollection) -> PlanView {
        var view = PlanView(key: recollection.key)
        for (resource, objects) in wanted {
            if !resource.verbs.contains("watch") { view.isBlind = true }
            view.namespaces[resource] = resource.isNamespaced ? Set(objects.map(\.namespace)) : [nil]
            for object in objects {
                let found = live.objects[object].flatMap { $0.label(ownerLabel) == request.owner ? $0 : nil }
                let trace = live.proven.contains(object) ? recollection.traces[object] : found.flatMap(recollection.trace)
                view.states.updateValue(trace, forKey: object)
                if found == nil, live.objects[object] != nil { view.isBlind = true }
            }
        }
        return view
    }

    /// What is no longer served is gone with its objects, unless there is a definition that serves no version: then they
    /// are there, and nobody sees them.
    private func requireGone(_ pruning: PrunePlanner, _ resolution: Resolution) async throws(TargetFailure) {
        guard !pruning.unserved.isEmpty,
            let definitions = try resolution.resource(group: "apiextensions.k8s.io", kind: "CustomResourceDefinition")
        else { return }
        let all: [JSON]
        do throws(ClusterError) {
            all = try await connection.cluster.list(ObjectQuery(definitions)).items
        } catch where error.reason == .forbidden {
            // Who may not look at definitions has nobody to ask.
            return
        } catch {
            throw TargetFailure("cannot list \(definitions.name)", error)
        }
        for definition in all {
            let (group, kind) = (definition.at("spec", "group")?.string, definition.at("spec", "names", "kind")?.string)
            guard let hidden = pruning.unserved.first(where: { $0.group == group && $0.kind == kind }) else { continue }
            throw TargetFailure(
                "'\(hidden.path)' was deployed here, and cannot be seen: the definition \(definition.name ?? "") serves no version",
                hint: "let it serve one, or delete it with what it defines")
        }
    }

    /// What the server serves. Who only looks does not wait long for one that never answers.
    private func catalog() async throws(TargetFailure) -> APICatalog {
        let cluster = connection.cluster
        do throws(ClusterError) {
            guard let patience = request.patience else { return try await cluster.catalog(fresh: true) }
            let asked = await withDeadline(seconds: patience) {
                await Result { () async throws(ClusterError) in try await cluster.catalog(fresh: true) }
            }
            guard let asked else {
                throw ClusterError(.unreachable, "\(connection.server) has not answered within \(Int(patience)) s")
            }
            return try asked.get()
        } catch {
            throw TargetFailure(error)
        }
    }

    /// A folder that was renamed, or a path that was mistyped, must not empty a cluster.
    private func forbidMassDeletion(_ plan: inout PreparedPlan) {
        let pruned = plan.changes.values.filter { $0.action == .prune }.map(\.path).sorted()
        guard pruned.count > 10, pruned.count * 2 > request.left.count, request.settings.prune != .all, let first = pruned.first else { return }
        plan.changes[first] = nil
        plan.conflicts[first] = (
            "would be deleted, with \(pruned.count - 1) others: more than half of what is ours",
            "if that is meant, set ops.\(request.environment).prune = all for this deployment"
        )
    }

    /// Whether an error is in many objects, all are told: one in the answer, the others beside it.
    private func throwFirst(_ failures: [TargetFailure]) throws(TargetFailure) {
        guard var first: TargetFailure = failures.first else { return }
        if failures.count > 1 {
            for failure in failures.prefix(100) { output.note(failure.message + (failure.hint.map { " (\($0))" } ?? "")) }
            first.message += " (and \(failures.count - 1) more)"
        }
        throw first
    }

    private func read() throws(TargetFailure) -> [DesiredObject] {
        var objects: [DesiredObject] = []
        var failures: [TargetFailure] = []
        objects.reserveCapacity(request.desired.count)
        for desired in request.desired {
            do throws(TargetFailure) { objects.append(try DesiredObject(desired)) } catch { failures.append(error) }
        }
        try throwFirst(failures)
        return objects
    }

    /// Finds the resource and the namespace of each object; what cannot be is a conflict.
    private func settle(
        _ objects: [DesiredObject], _ resolution: Resolution, _ plan: inout PreparedPlan
    ) throws(TargetFailure) -> [DesiredObject] {
        var settled: [DesiredObject] = []
        var failures: [TargetFailure] = []
        for var object in objects {
            do throws(TargetFailure) {
                switch try resolution.resource(of: object) {
                case .served(let resource):
                    object.resource = resource
                    try object.settle(isNamespaced: resource.isNamespaced, defaultNamespace: connection.namespace, owner: request.owner)
                    settled.append(object)
                case .defined(let resource):
                    try object.settle(isNamespaced: resource.isNamespaced, defaultNamespace: connection.namespace, owner: request.owner)
                    settled.append(object)
                case .conflict(let reason, let hint): plan.conflicts[object.path] = (reason, hint)
                }
            } catch {
                failures.append(error)
            }
        }
        try throwFirst(failures)
        var byKey: [ObjectKey: [DesiredObject]] = [:]
        for object in settled { byKey[object.key, default: []].append(object) }
        for (key, same) in byKey where same.count > 1 {
            let places = same.map { $0.place ?? $0.path.description }.sorted().joined(separator: " and ")
            for object in same { plan.conflicts[object.path] = ("is \(key), which is in \(places)", "keep one of them") }
        }
        return settled.filter { plan.conflicts[$0.path] == nil }
    }

    private func wanted(
        _ objects: [DesiredObject], _ resolution: Resolution, _ pruning: PrunePlanner
    ) throws(TargetFailure) -> [APIResource: Set<ObjectKey>] {
        var wanted: [APIResource: Set<ObjectKey>] = [:]
        for object in objects {
            // What is of a version that is not served yet may be there in another.
            var resource = object.resource
            if resource == nil { resource = try resolution.resource(group: object.key.group, kind: object.key.kind) }
            if let resource { wanted[resource, default: []].insert(object.key) }
        }
        for candidate in pruning.candidates { wanted[candidate.resource, default: []].insert(candidate.key) }
        return wanted
    }

    /// Definitions come first: what they change decides on how their objects are judged.
    private func judge(_ objects: [DesiredObject], _ live: LiveObjects, _ plan: inout PreparedPlan) async throws(TargetFailure) {
        let namespaces = objects.filter { object in
            guard object.key.group.isEmpty, object.key.kind == "Namespace" else { return false }
            return live.objects[object.key].map { $0.at("metadata", "deletionTimestamp") != nil } ?? true
        }
        var planner = ObjectPlanner(
            cluster: connection.cluster, request: request, newNamespaces: Set(namespaces.map(\.name)))
        var failures: [TargetFailure] = []
        let definitions = objects.filter { !$0.definedResources.isEmpty }
        await judge(definitions, live, planner, &plan, &failures)
        planner.changingKinds = Set(definitions.filter { plan.changes[$0.path] != nil }.flatMap(\.definedResources).map(\.kind))
        await judge(objects.filter { $0.definedResources.isEmpty }, live, planner, &plan, &failures)
        try throwFirst(failures)
    }

    private func judge(
        _ objects: [DesiredObject], _ live: LiveObjects, _ planner: ObjectPlanner, _ plan: inout PreparedPlan,
        _ failures: inout [TargetFailure]
    ) async {
        let counter = Counter(output, of: objects.count)
        let verdicts = await atOnce(objects, width: 32) { object in
            // What is in a namespace that goes will not be there, whatever it is now.
            let isProven = live.proven.contains(object.key) && !(object.namespace.map(planner.newNamespaces.contains) ?? false)
            let verdict = isProven ? .unchanged : await planner.verdict(object, live: live.objects[object.key])
            counter.count()
            return verdict
        }
        for (object, verdict) in zip(objects, verdicts) {
            switch verdict {
            case .unchanged: plan.unchanged += 1
            case .change(let change): plan.changes[object.path] = change
            case .conflict(let reason, let hint): plan.conflicts[object.path] = (reason, hint)
            case .failure(let failure): failures.append(failure)
            }
        }
    }
}
