/// Whether an object has become what it is to be.
public enum Health: Hashable, Sendable {
    /// It is as its specification says.
    case current
    /// It is on the way there; what it waits for.
    case inProgress(String)
    /// It will not get there by itself; why.
    case failed(String)
    /// It is being deleted; what that waits for.
    case terminating(String)
}

/// Judges objects by the rules of kstatus (cli-utils, `pkg/kstatus/status/generic.go` and `core.go`), stricter where
/// those call an object current that nobody has looked at yet, or that still runs or has failed.
public enum HealthRules {
    /// The health of an object as the server returns it.
    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - storageClass: the StorageClass of a PersistentVolumeClaim, where it is known: one that binds only when
    ///     there is a consumer makes a pending claim current.
    public static func health(of object: JSON, now: Int64, storageClass: JSON? = nil) -> Health {
        if let general = general(object) { return general }
        guard let kind = object.groupVersionKind else { return ready(object) }
        switch (kind.group, kind.kind) {
        case ("apps", "Deployment"), ("extensions", "Deployment"): return WorkloadHealth.deployment(object)
        case ("apps", "StatefulSet"): return WorkloadHealth.statefulSet(object)
        case ("apps", "DaemonSet"), ("extensions", "DaemonSet"): return WorkloadHealth.daemonSet(object)
        case ("apps", "ReplicaSet"), ("extensions", "ReplicaSet"): return WorkloadHealth.replicaSet(object)
        case ("batch", "Job"): return WorkloadHealth.job(object)
        case ("", "Pod"): return PodHealth.health(object, now: now)
        case ("", "PersistentVolumeClaim"): return claim(object, storageClass: storageClass)
        case ("", "Service"): return service(object)
        case ("apiextensions.k8s.io", "CustomResourceDefinition"): return definition(object)
        case ("apiregistration.k8s.io", "APIService"): return apiService(object)
        case ("", "ConfigMap"), ("", "Secret"), ("batch", "CronJob"), ("policy", "PodDisruptionBudget"): return .current
        default: return ready(object)
        }
    }

    /// Whether more than the metadata of an object of a kind tells how it is.
    public static func hasHealth(group: String, kind: String) -> Bool {
        switch (group, kind) {
        case ("", "ConfigMap"), ("", "Secret"), ("", "ServiceAccount"), ("", "LimitRange"), ("batch", "CronJob"), ("policy", "PodDisruptionBudget"),
            ("rbac.authorization.k8s.io", _), ("networking.k8s.io", "NetworkPolicy"), ("scheduling.k8s.io", "PriorityClass"):
            false
        default: true
        }
    }

    /// Why a pod is not ready, in one line such as `ImagePullBackOff: …`; nil where it is, has ended well, or is on
    /// its way without trouble.
    /// - Parameter now: seconds since 1970.
    public static func reason(ofPod pod: JSON, now: Int64) -> String? { PodHealth.trouble(pod, now: now)?.message }

    /// What holds for all kinds (`checkGenericProperties`); nil where it does not decide.
    private static func general(_ object: JSON) -> Health? {
        if let time = object.at("metadata", "deletionTimestamp")?.string, !time.isEmpty {
            let finalizers = object.at("metadata", "finalizers")?.array?.compactMap(\.string) ?? []
            return .terminating(finalizers.isEmpty ? "being deleted" : "being deleted, held by the finalizers " + finalizers.joined(separator: ", "))
        }
        if let generation = object.at("metadata", "generation")?.int, let observed = object.at("status", "observedGeneration")?.int,
            observed != generation
        {
            return .inProgress("generation \(generation) is not yet observed, but \(observed)")
        }
        if let condition = object.condition("Reconciling"), condition.isTrue { return .inProgress(condition.text) }
        if let condition = object.condition("Stalled"), condition.isTrue { return .failed(condition.text) }
        return nil
    }

    /// The condition `Ready`, where there is one.
    private static func ready(_ object: JSON) -> Health {
        guard let condition = object.condition("Ready") else { return .current }
        if condition.isStale { return .inProgress("the condition Ready is of an earlier generation") }
        return condition.isTrue ? .current : .inProgress(condition.text)
    }

    private static func claim(_ object: JSON, storageClass: JSON?) -> Health {
        switch object.at("status", "phase")?.string {
        case "Bound": return .current
        case "Lost": return .failed("the volume of the claim is lost")
        case let phase:
            // A consumer is there once the scheduler has chosen its node.
            if storageClass?["volumeBindingMode"]?.string == "WaitForFirstConsumer",
                object.annotation("volume.kubernetes.io/selected-node") == nil
            {
                return .current
            }
            return .inProgress("the claim is not bound: " + (phase?.lowercased() ?? "nobody has looked at it yet"))
        }
    }

    private static func service(_ object: JSON) -> Health {
        guard object.at("spec", "type")?.string == "LoadBalancer" else { return .current }
        let addresses = object.at("status", "loadBalancer", "ingress")?.array ?? []
        return addresses.isEmpty ? .inProgress("the load balancer has no address yet") : .current
    }

    private static func definition(_ object: JSON) -> Health {
        if let condition = object.condition("NamesAccepted"), condition.isFalse { return .failed(condition.text) }
        guard let condition = object.condition("Established") else { return .inProgress("the definition is not yet established") }
        if condition.isTrue { return .current }
        return condition.isFalse && condition.reason != "Installing" ? .failed(condition.text) : .inProgress("the definition is not yet established")
    }

    private static func apiService(_ object: JSON) -> Health {
        guard let condition = object.condition("Available") else { return .inProgress("nobody has looked at it yet") }
        return condition.isTrue ? .current : .inProgress(condition.text)
    }
}

/// One of `status.conditions`.
struct StatusCondition {
    let type: String
    let status: String
    let reason: String
    let message: String
    /// Whether it says of itself that it is of an earlier generation of the object.
    let isStale: Bool

    var isTrue: Bool { status == "True" }
    var isFalse: Bool { status == "False" }

    /// `Reason: message`, on one line.
    var text: String { HealthText.joined(reason, message) ?? "the condition \(type) is \(status)" }
}

extension JSON {
    /// The condition of a type.
    func condition(_ type: String) -> StatusCondition? {
        guard let condition = at("status", "conditions")?.array?.first(where: { $0["type"]?.string == type }) else { return nil }
        let generation = at("metadata", "generation")?.int
        return StatusCondition(
            type: type, status: condition["status"]?.string ?? "", reason: condition["reason"]?.string ?? "",
            message: condition["message"]?.string ?? "",
            isStale: condition["observedGeneration"]?.int.map { observed in generation.map { observed < $0 } ?? false } ?? false)
    }
}

enum HealthText {
    /// `Reason: message` on one line, or the one that there is; nil where there is none.
    static func joined(_ reason: String, _ message: String) -> String? {
        let message = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        if message.isEmpty { return reason.isEmpty ? nil : reason }
        return reason.isEmpty ? message : reason + ": " + message
    }
}
