import Kubernetes
import KubernetesModel

/// Finds out what is ours and no longer desired.
struct PrunePlanner: Sendable {
    /// An object that may have to go.
    struct Candidate: Sendable {
        let path: ResourcePath
        let key: ObjectKey
        let resource: APIResource
    }

    let request: PlanRequest
    private(set) var candidates: [Candidate] = []
    /// What is of kinds that are not served.
    private(set) var unserved: [(path: ResourcePath, group: String, kind: String)] = []
    private let desired: Set<ObjectKey>
    private let desiredObjects: [DesiredObject]

    init(request: PlanRequest, namespace: String, resolution: Resolution, desired: [DesiredObject]) throws(TargetFailure) {
        self.request = request
        self.desired = Set(desired.map(\.key))
        desiredObjects = desired
        var seen: Set<ObjectKey> = []
        for path in request.toRemove {
            guard let parts = path.parts else {
                throw TargetFailure("'\(path)' was deployed here and is no path of an object")
            }
            guard let resource = try resolution.resource(group: parts.group, kind: parts.kind) else {
                unserved.append((path, parts.group, parts.kind))
                continue
            }
            let key = ObjectKey(
                group: parts.group, kind: parts.kind, namespace: resource.isNamespaced ? parts.namespace ?? namespace : nil, name: parts.name)
            // One object may be written in two ways, with and without its namespace.
            guard !self.desired.contains(key), seen.insert(key).inserted else { continue }
            candidates.append(Candidate(path: path, key: key, resource: resource))
        }
    }

    func changes(_ live: LiveObjects) -> [PlannedChange] {
        // A server may serve one object in two groups (Ingress of extensions and networking.k8s.io).
        let wanted = Set(desiredObjects.compactMap { live.objects[$0.key]?.uid })
        return candidates.compactMap { candidate in
            guard let object = live.objects[candidate.key], !wanted.contains(object.uid ?? "") else { return nil }
            if object.label(ownerLabel) == nil {
                return PlannedChange(
                    action: .keep, path: candidate.path, key: candidate.key, resource: candidate.resource, live: object,
                    remark: "stays: somebody has taken our label from it")
            }
            guard object.label(ownerLabel) == request.owner else { return nil }
            return change(candidate, object)
        }
    }

    private func change(_ candidate: Candidate, _ live: JSON) -> PlannedChange {
        var change = PlannedChange(
            action: .prune, path: candidate.path, key: candidate.key, resource: candidate.resource, live: live)
        if let since = live.at("metadata", "deletionTimestamp")?.string {
            change.remark = "is being deleted already, since \(since)"
        } else if let annotation = PrunePlanner.optOut(live) {
            change.action = .keep
            change.remark = "stays: it is annotated \(annotation)"
        } else if let user = user(of: candidate, live) {
            change.action = .keep
            change.remark = "stays: \(user) needs it"
        } else if request.settings.prune == .none {
            change.action = .keep
            change.remark = "stays: ops.\(request.environment).prune is none"
        } else if Immutability.holdsMore(candidate.key) {
            if request.settings.prune == .all {
                change.remark = candidate.key.kind == "PersistentVolumeClaim" ? "with its data" : "with everything in it"
            } else {
                change.action = .keep
                change.remark = "stays: set ops.\(request.environment).prune = all to have it deleted with what is in it"
            }
        }
        return change
    }

    /// What is desired and would go with it.
    private func user(of candidate: Candidate, _ live: JSON) -> ObjectKey? {
        switch (candidate.key.group, candidate.key.kind) {
        case ("", "Namespace"): return desiredObjects.first { $0.key.namespace == candidate.key.name }?.key
        case ("apiextensions.k8s.io", "CustomResourceDefinition"):
            let (group, kind) = (live.at("spec", "group")?.string, live.at("spec", "names", "kind")?.string)
            return desiredObjects.first { $0.key.group == group && $0.key.kind == kind }?.key
        default: return nil
        }
    }

    /// The annotation that keeps an object from being deleted, of ours and of other tools (fluxcd/kustomize-controller,
    /// argoproj/gitops-engine, sigs.k8s.io/cli-utils).
    static func optOut(_ live: JSON) -> String? {
        for (name, value) in [
            (adoptedAnnotation, "true"),
            ("git-ops/prune", "false"), ("kustomize.toolkit.fluxcd.io/prune", "disabled"), ("client.lifecycle.config.k8s.io/deletion", "detach"),
        ] where live.annotation(name) == value { return "\(name): \(value)" }
        let options = live.annotation("argocd.argoproj.io/sync-options")?.split(separator: ",") ?? []
        let trimmed = options.map { $0.filter { $0 != " " } }
        return trimmed.contains("Prune=false") ? "argocd.argoproj.io/sync-options: Prune=false" : nil
    }
}
