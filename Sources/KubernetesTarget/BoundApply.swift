import Kubernetes
import KubernetesModel

/// Applies an object to nothing else than what the plan has seen.
///
/// Every apply names the version of the object that it is for, so that the server refuses it where there is another. A
/// version that is newer than the plan's is as good where nothing of what the plan is about has changed: controllers
/// write `status` all the time.
struct BoundApply: Sendable {
    /// The version of no object: an apply that names it makes an object, and never changes one (k8s.io/apiserver,
    /// registry/generic/registry/store.go). The versions of etcd begin with 1 before anything was written.
    private static let noVersion: JSON = "1"

    let cluster: any Cluster
    let plan: PreparedPlan
    let ending: Ending
    let change: PlannedChange
    let desired: DesiredObject
    let resource: APIResource
    /// What the plan says that there is; nil for nothing.
    let seen: JSON?

    private var manager: String { plan.settings.fieldManager }

    /// - Parameter known: what is there as far as is known; it was looked at.
    func run(from known: JSON?) async throws(ClusterError) {
        var base = known
        for attempt in 1... {
            do throws(ClusterError) {
                return try await apply(to: base)
            } catch where BoundApply.isOfAnother(error, base) && attempt < 10 {
                // What changes all the time may rest for a moment.
                if attempt > 3 { await pause(seconds: 0.05 * Double(attempt)) }
                base = try await current()
                // The apply was done, and its answer was lost.
                if let base, NoOpProof.holds(desired: desired.object, live: base, manager: manager) { return }
            }
        }
    }

    /// What there is now, where the plan still holds for it; nil for nothing.
    func current() async throws(ClusterError) -> JSON? {
        let live = try await cluster.get(resource, namespace: desired.namespace, name: desired.name)
        guard let seen else {
            guard let live else { return nil }
            // What we made ourselves, when the answer was lost, is ours.
            guard live.label(ownerLabel) == plan.owner, live.annotation(adoptedAnnotation) == nil else {
                throw changed("somebody else has made it")
            }
            guard live.at("metadata", "deletionTimestamp") != nil else { return live }
            try await ending.await(live, desired.key, resource)
            return nil
        }
        guard let live else { throw changed("it is gone") }
        guard live.uid == seen.uid else { throw changed("it is another one of that name") }
        guard live.at("metadata", "deletionTimestamp") == nil else { throw changed("it is being deleted") }
        let owner = Ownership(of: live, owner: plan.owner)
        guard owner == .ours || owner == Ownership(of: seen, owner: plan.owner) else {
            if case .foreign(let who) = owner { throw changed("it is managed by \(who) now") }
            throw changed("our label was taken from it")
        }
        // What is taken from others was shown to the last field.
        if change.takesOver || change.isForced, BoundApply.content(live) != BoundApply.content(seen) {
            throw changed("it has another content, and the plan takes fields from others")
        }
        guard [seen, change.live, change.result].contains(where: { $0.map { isSame(live, $0) } ?? false }) else {
            throw changed(told(live, seen))
        }
        return live
    }

    /// All that others may have set.
    private static func content(_ object: JSON) -> JSON {
        var object = object
        object["status"] = nil
        for name in ["managedFields", "resourceVersion", "generation"] { object.set("metadata", name, to: nil) }
        return object
    }

    /// Whether what we own of an object is the same, and has the same values.
    func isSame(_ live: JSON, _ other: JSON) -> Bool {
        let (now, then) = (live.applied(by: manager), other.applied(by: manager))
        return now?.apiVersion == then?.apiVersion && now?.fields == then?.fields && now?.fields.isSame(in: live, and: other) ?? true
    }

    /// What is not as it was of what we own.
    private func told(_ live: JSON, _ seen: JSON) -> String {
        let (now, then) = (live.applied(by: manager)?.fields ?? FieldSet(), seen.applied(by: manager)?.fields ?? FieldSet())
        let lost = then.difference(now).paths.max { $0.elements.count < $1.elements.count }
        guard let lost, let other = live.managedFields.first(where: { $0.manager != manager && $0.fields.contains(lost) }) else {
            return lost.map { "\($0) is not ours any more" } ?? "it was deployed in our name with another content"
        }
        return "\(other.manager) has changed \(lost)"
    }

    private func changed(_ how: String) -> ClusterError { ClusterError(.conflict, how, hint: "plan again") }

    /// Whether the server says that there is another object than the one that was named, or one where none was.
    private static func isOfAnother(_ error: ClusterError, _ base: JSON?) -> Bool {
        switch error.reason {
        case .conflict: error.hint == nil
        case .fieldConflict: base == nil
        case .invalid: error.causes.contains { $0.field == "metadata.uid" }
        default: false
        }
    }

    private func apply(to base: JSON?) async throws(ClusterError) {
        var object = desired.object
        object.set("metadata", "resourceVersion", to: base?.resourceVersion.map(JSON.string) ?? BoundApply.noVersion)
        // With a version alone, an object that is gone would be made anew.
        if let uid = base?.uid { object.set("metadata", "uid", to: .string(uid)) }
        var options = ApplyOptions(fieldManager: manager)
        guard base != nil else {
            do throws(ClusterError) {
                _ = try await cluster.apply(object, resource, namespace: desired.namespace, name: desired.name, options)
            } catch where error.message.contains(BoundApply.versionFault) {
                try await create()
            }
            return
        }
        if change.isForced, let base { options.force = try await mayForce(object, base) }
        _ = try await cluster.apply(object, resource, namespace: desired.namespace, name: desired.name, options)
    }

    /// What servers before 1.23 say of a Service that is made by an apply with a version (k8s.io/apiserver,
    /// storage/interfaces.go, `ErrResourceVersionSetOnCreate`).
    private static let versionFault = "resourceVersion should not be set on objects to be created"

    /// Makes the object as nothing but a creation does, and writes down who set its fields as an apply would have.
    private func create() async throws(ClusterError) {
        let entries: JSON?
        if change.action == .create, change.ending == nil, let result = change.result {
            entries = result.at("metadata", "managedFields")
        } else {
            let options = ApplyOptions(fieldManager: manager, dryRun: true)
            entries = try await cluster.apply(desired.object, resource, namespace: desired.namespace, name: desired.name, options)
                .at("metadata", "managedFields")
        }
        let made: JSON
        do throws(ClusterError) {
            made = try await cluster.create(desired.object, resource, namespace: desired.namespace, fieldManager: manager, dryRun: false)
        } catch where error.reason == .alreadyExists {
            throw ClusterError(.conflict, error.message, said: error.said)
        }
        guard let entries, let version = made.resourceVersion else { return }
        do throws(ClusterError) {
            _ = try await cluster.patch(
                managedFieldsPatch(entries, version), resource, namespace: desired.namespace, name: desired.name, fieldManager: manager,
                dryRun: false)
        } catch where error.reason == .conflict {
            // Somebody was there before; the next plan takes the fields from what made them.
        }
    }

    /// Whether there are fields to be taken from others, and only from those that the plan allows.
    private func mayForce(_ object: JSON, _ live: JSON) async throws(ClusterError) -> Bool {
        do throws(ClusterError) {
            let options = ApplyOptions(fieldManager: manager, dryRun: true)
            _ = try await cluster.apply(object, resource, namespace: desired.namespace, name: desired.name, options)
            return false
        } catch where error.reason == .fieldConflict {
            let conflicts = FieldConflict.all(of: error, live: live)
            guard plan.isAdopting || FieldConflict.mayBeTaken(conflicts, live, manager: manager) else { throw error }
            return true
        }
    }
}
