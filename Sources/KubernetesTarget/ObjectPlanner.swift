import Kubernetes
import KubernetesModel

let ownerLabelPath = FieldPath([.field("metadata"), .field("labels"), .field(ownerLabel)])
private let labelsPath = FieldPath([.field("metadata"), .field("labels")])
private let adoptedPath = FieldPath([.field("metadata"), .field("annotations"), .field(adoptedAnnotation)])
/// The end of a remark about what the server could not be asked.
private let notVerified = "; not verified: its name is taken"
private let annotationsPath = FieldPath([.field("metadata"), .field("annotations")])

/// Finds out what has to be done for an object that is desired. It changes nothing.
struct ObjectPlanner: Sendable {
    let cluster: any Cluster
    let request: PlanRequest
    /// Namespaces that are desired and not there yet, or are to be made anew when they are gone.
    let newNamespaces: Set<String>
    /// Kinds whose definitions this plan changes, so that what is refused now may be right then.
    var changingKinds: Set<GroupVersionKind> = []

    private var manager: String { request.settings.fieldManager }

    func verdict(_ given: DesiredObject, live: JSON?) async -> Verdict {
        var desired = given
        if desired.resource != nil, let namespace = desired.namespace, newNamespaces.contains(namespace) {
            return predicted(desired, nil, "its namespace is new")
        }
        if let live {
            if let since = live.at("metadata", "deletionTimestamp")?.string { return await terminating(given, live, since) }
            if live.label(ownerLabel) != request.owner || live.annotation(adoptedAnnotation) == "true" { desired.adopt() }
            if case .foreign(let who) = Ownership(of: live, owner: request.owner), !request.adopting {
                let hint =
                    live.label(ownerLabel) == nil
                    ? "take it out of either, or let git ops apply --adopt take it over"
                    : "to move it here, let git ops apply --adopt take it over first, and take it out of the other environment then"
                return .conflict(reason: "is managed by \(who)\(desired.aside)", hint: hint)
            }
        }
        guard let resource = desired.resource else { return predicted(desired, live, "its definition is new") }
        if let live, NoOpProof.holds(desired: desired.object, live: live, manager: manager) { return .unchanged }
        return await tried(desired, resource, live, taking: [])
    }

    /// What is being deleted cannot be kept; when it is gone, it is made anew.
    private func terminating(_ desired: DesiredObject, _ live: JSON, _ since: String) async -> Verdict {
        let holders = Ending.holders(of: live).map { "it waits for \($0)" }
        if case .foreign(let who) = Ownership(of: live, owner: request.owner), !request.adopting {
            return .conflict(
                reason: "is being deleted since \(since), and is managed by \(who)\(desired.aside)", hint: holders ?? "wait until it is gone")
        }
        var change = PlannedChange(
            action: .create, path: desired.path, key: desired.key, desired: desired, resource: desired.resource, ending: live,
            isDrift: isMissed(desired),
            remark: "made when the one that is being deleted since \(since) is gone" + (holders.map { " (\($0))" } ?? ""))
        guard let resource = desired.resource else { return .change(change) }
        do throws(ClusterError) {
            change.result = try await anew(desired, resource)
        } catch where QuotaFault.isOne(error) {
            // It has room when what is being deleted is gone.
        } catch {
            return refused(desired, live, error)
        }
        if change.result == nil { change.remark = (change.remark ?? "") + notVerified }
        return .change(change)
    }

    /// What an object would be that is made where it is not yet gone.
    /// - Returns: nil where the server says nothing but that it cannot be under the other name that it was asked about.
    /// - Throws: where it is invalid, or refused.
    private func anew(_ desired: DesiredObject, _ resource: APIResource) async throws(ClusterError) -> JSON? {
        do throws(ClusterError) {
            return try await Rehearsal(cluster: cluster, manager: manager).result(of: desired, resource)
        } catch {
            switch error.reason {
            case .alreadyExists: return nil
            case .invalid where error.causes.contains { $0.field.hasPrefix("metadata.name") }: return nil
            // One more than there may be is not what would be there.
            case .forbidden where QuotaFault.isOne(error) && QuotaFault.excess(error) == nil: return nil
            default: throw error
            }
        }
    }

    /// A change that the server cannot be asked about.
    private func predicted(_ desired: DesiredObject, _ live: JSON?, _ why: String) -> Verdict {
        .change(
            PlannedChange(
                action: live == nil ? .create : .change, path: desired.path, key: desired.key, desired: desired, resource: desired.resource,
                live: live, seen: live, result: live.map { Prediction.merged($0, desired.object) }, isDrift: live == nil && isMissed(desired),
                remark: "not verified: \(why)"))
    }

    /// Whether it was left here and is gone.
    private func isMissed(_ desired: DesiredObject) -> Bool {
        request.owned[desired.path] != nil && !request.mayHold.contains(desired.path)
    }

    /// Asks the server what an apply would do.
    /// - Parameter taking: conflicts that the apply is to win.
    private func tried(_ desired: DesiredObject, _ resource: APIResource, _ live: JSON?, taking: [FieldConflict]) async -> Verdict {
        let options = ApplyOptions(fieldManager: manager, force: !taking.isEmpty, dryRun: true)
        do throws(ClusterError) {
            let result = try await cluster.apply(desired.object, resource, namespace: desired.namespace, name: desired.name, options)
            return judged(desired, resource, live, result, taking)
        } catch {
            if error.reason == .fieldConflict, taking.isEmpty {
                let conflicts = FieldConflict.all(of: error, live: live)
                if !conflicts.isEmpty, request.adopting || FieldConflict.mayBeTaken(conflicts, live, manager: manager) {
                    return await tried(desired, resource, live, taking: conflicts)
                }
                return .conflict(
                    reason: FieldConflict.reason(conflicts, live: live, desired: desired.object) + desired.aside,
                    hint: "remove the fields from the manifest to leave them to others, or let git ops apply --adopt take them over")
            }
            if let live {
                let causes = Immutability.causes(of: Redaction.redacted(error, of: [desired.manifest, desired.object, live]))
                if !causes.isEmpty { return await immutable(desired, resource, live, causes) }
            }
            return refused(desired, live, error)
        }
    }

    private func judged(
        _ desired: DesiredObject, _ resource: APIResource, _ live: JSON?, _ result: JSON, _ taken: [FieldConflict]
    ) -> Verdict {
        guard let live else {
            return .change(
                PlannedChange(
                    action: .create, path: desired.path, key: desired.key, desired: desired, resource: resource, result: result,
                    isDrift: isMissed(desired)))
        }
        let takeOver = TakeOver(of: live, result: result, manager: manager)
        let (before, after) = (takeOver?.live ?? live, takeOver?.result(result) ?? result)
        let changes = ObjectComparison.changes(live: before, result: after, desired: desired.object, manager: manager)
        let own = changes.filter { $0.reason != .server }
        let shared = SharedFields(before: before, after: after, manager: manager)
        guard !own.isEmpty || shared != nil || takeOver?.isOfPredecessor == true else { return .unchanged }
        let alone: JSON = .object([ownerLabel: .string(request.owner)])
        let isLabelOnly = own.allSatisfy { change in
            change.path == ownerLabelPath || (change.path == labelsPath && change.result == alone) || change.path == adoptedPath
                || (change.path == annotationsPath && change.result == .object([adoptedAnnotation: "true"]))
        }
        var remarks: [String] = []
        if case .foreign(let who) = Ownership(of: live, owner: request.owner) { remarks.append("was managed by \(who)") }
        if own.isEmpty {
            // Who owns it changes, and nothing else.
        } else if isLabelOnly {
            remarks.append("is only marked as ours")
        } else if live.label(ownerLabel) == nil {
            remarks.append("was there before, and is adopted")
        }
        if let takeOver { remarks.append(takeOver.remark) }
        if let remark = FieldConflict.remark(taken) { remarks.append(remark) }
        if let shared { remarks.append(shared.remark) }
        let byServer = changes.count - own.count
        if byServer > 0 { remarks.append("also changed by the server: \(byServer) field\(byServer == 1 ? "" : "s")") }
        let isDrift = !own.isEmpty && isDrift(desired, live, own)
        return .change(
            PlannedChange(
                action: .change, path: desired.path, key: desired.key, desired: desired, resource: resource, live: before, seen: live,
                result: after, isForced: !taken.isEmpty, takesOver: takeOver != nil, isDrift: isDrift,
                remark: remarks.isEmpty ? nil : remarks.joined(separator: "; "),
                culprit: isDrift ? Culprit(of: live, own, manager: manager) : nil))
    }

    /// Whether somebody has changed what was left here, as far as can be told.
    private func isDrift(_ desired: DesiredObject, _ live: JSON, _ changes: [FieldChange]) -> Bool {
        guard let last = request.owned[desired.path], !request.mayHold.contains(desired.path) else { return false }
        // The manifest is what was applied last, and yet it is not so.
        if last == desired.id { return true }
        guard let mine = live.applied(by: manager) else { return false }
        let later = live.managedFields.filter { entry in
            entry.manager != manager && entry.subresource != "status" && (entry.time ?? "") > (mine.time ?? "")
        }
        return changes.contains { change in
            change.reason == .yours && !mine.fields.contains(change.path) && later.contains { $0.fields.contains(change.path) }
        }
    }

    // MARK: refusals

    /// - Parameter causes: without what is secret.
    private func immutable(_ desired: DesiredObject, _ resource: APIResource, _ live: JSON, _ causes: [ClusterError.Cause]) async -> Verdict {
        let reason = "cannot be changed in place: " + Refusal.text(of: causes) + desired.aside
        guard !Immutability.holdsMore(desired.key) else {
            return .conflict(reason: reason, hint: "what is in it would be lost with it: delete it yourself if that is meant")
        }
        guard live.label(ownerLabel) == request.owner, live.annotation(adoptedAnnotation) == nil else {
            return .conflict(reason: reason, hint: "it was there before, so it is not deleted to make it anew: delete it yourself if that is meant")
        }
        guard desired.object.annotation(Immutability.consent) == "true" else {
            return .conflict(reason: reason, hint: "annotate it \(Immutability.consent): \"true\" to have it deleted and made anew")
        }
        let result: JSON?
        do throws(ClusterError) {
            result = try await anew(desired, resource)
        } catch {
            guard let excess = QuotaFault.excess(error) else { return refused(desired, live, error) }
            return .conflict(
                reason: "cannot be made anew: \(excess)\(desired.aside)",
                hint: "let the quota allow what is there; neither the new nor the old one could be made after the deletion")
        }
        let holders = Ending.holders(of: live).map { "; it goes when \($0) let it" } ?? ""
        return .change(
            PlannedChange(
                action: .recreate, path: desired.path, key: desired.key, desired: desired, resource: resource, live: live, seen: live,
                result: result ?? Prediction.merged(live, desired.object),
                isDrift: request.owned[desired.path] == desired.id && !request.mayHold.contains(desired.path),
                remark: "deleted and made anew: " + (causes.first.map { $0.field.isEmpty ? $0.message : $0.field + " cannot be changed" } ?? "") + holders
                    + (result == nil ? notVerified : "")))
    }

    private func refused(_ desired: DesiredObject, _ live: JSON?, _ error: ClusterError) -> Verdict {
        if error.causes.contains(where: { $0.reason == "NamespaceTerminating" }) {
            return .conflict(
                reason: "cannot be made: its namespace is being deleted\(desired.aside)", hint: "wait until '\(desired.namespace ?? "")' is gone")
        }
        if error.reason == .notFound, live == nil, let namespace = desired.namespace, error.message.contains("namespaces \"") {
            return .conflict(
                reason: "cannot be made: there is no namespace '\(namespace)'\(desired.aside)",
                hint: "put a Namespace '\(namespace)' into the environment, or make it")
        }
        if error.reason == .invalid || Refusal.isOfForm(error), changingKinds.contains(desired.kind) { return predicted(desired, live, "its definition changes") }
        return .failure(Refusal.failure(desired, live, error))
    }
}
