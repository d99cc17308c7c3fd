/// The health of what runs pods (cli-utils, `pkg/kstatus/status/core.go`).
enum WorkloadHealth {
    static func deployment(_ object: JSON) -> Health {
        let progressing = object.condition("Progressing")
        if let progressing, progressing.reason == "ProgressDeadlineExceeded" { return .failed(progressing.text) }
        if let waiting = unobserved(object) { return waiting }
        let wanted = object.number("spec", "replicas", default: 1)
        let (replicas, updated) = (object.number("status", "replicas"), object.number("status", "updatedReplicas"))
        let (ready, available) = (object.number("status", "readyReplicas"), object.number("status", "availableReplicas"))
        let message: String
        if wanted > updated, object.at("spec", "paused")?.bool == true {
            message = "the rollout is paused: " + counted(updated, wanted, "updated")
        } else if wanted > replicas {
            message = counted(replicas, wanted, "created")
        } else if wanted > updated {
            message = counted(updated, wanted, "updated")
        } else if replicas > wanted {
            message = surplus(replicas - wanted)
        } else if updated > available {
            message = counted(available, updated, "available")
        } else if wanted > ready {
            message = counted(ready, wanted, "ready")
        } else if !(hasNoDeadline(object) || progressing.map { $0.isTrue && $0.reason == "NewReplicaSetAvailable" } ?? false) {
            message = progressing.map(\.text) ?? "the rollout has not ended yet"
        } else if object.condition("Available")?.isTrue != true {
            message = object.condition("Available").map(\.text) ?? "the deployment is not available yet"
        } else {
            return .current
        }
        return .inProgress(withReplicaFailure(message, object))
    }

    /// Without a deadline the controller does not say whether it progresses (`HasProgressDeadline`).
    private static func hasNoDeadline(_ object: JSON) -> Bool {
        object.number("spec", "progressDeadlineSeconds", default: Int64(Int32.max)) == Int64(Int32.max)
    }

    static func statefulSet(_ object: JSON) -> Health {
        if let waiting = unobserved(object) { return waiting }
        // Whoever deletes the pods decides when they are replaced.
        if object.at("spec", "updateStrategy", "type")?.string == "OnDelete" { return .current }
        let wanted = object.number("spec", "replicas", default: 1)
        let (replicas, ready) = (object.number("status", "replicas"), object.number("status", "readyReplicas"))
        let updated = object.number("status", "updatedReplicas")
        let partition = object.at("spec", "updateStrategy", "rollingUpdate", "partition")?.int
        if wanted > replicas { return .inProgress(counted(replicas, wanted, "created")) }
        if wanted > ready { return .inProgress(counted(ready, wanted, "ready")) }
        if replicas > wanted { return .inProgress(surplus(replicas - wanted)) }
        if object.number("spec", "minReadySeconds") > 0, let available = object.at("status", "availableReplicas")?.int, wanted > available {
            return .inProgress(counted(available, wanted, "available"))
        }
        if let partition, updated < wanted - partition { return .inProgress(counted(updated, wanted - partition, "updated")) }
        if let partition, partition > 0 { return .current }
        if partition == nil, wanted > object.number("status", "currentReplicas") {
            return .inProgress(counted(object.number("status", "currentReplicas"), wanted, "current"))
        }
        if object.at("status", "currentRevision") != object.at("status", "updateRevision") {
            return .inProgress(counted(updated, wanted, "updated"))
        }
        return .current
    }

    static func daemonSet(_ object: JSON) -> Health {
        if let waiting = unobserved(object) { return waiting }
        guard object.at("metadata", "generation")?.int != nil, object.at("status", "observedGeneration")?.int != nil,
            let wanted = object.at("status", "desiredNumberScheduled")?.int
        else { return .inProgress("nobody has looked at it yet") }
        let isOnDelete = object.at("spec", "updateStrategy", "type")?.string == "OnDelete"
        let counts = [
            ("currentNumberScheduled", "scheduled"), isOnDelete ? nil : ("updatedNumberScheduled", "updated"),
            ("numberAvailable", "available"), ("numberReady", "ready"),
        ]
        for case let (name, word)? in counts {
            let count = object.number("status", name)
            if wanted > count { return .inProgress("\(count) of \(wanted) pods are \(word)") }
        }
        return .current
    }

    static func replicaSet(_ object: JSON) -> Health {
        if let condition = object.condition("ReplicaFailure"), condition.isTrue { return .inProgress(condition.text) }
        if let waiting = unobserved(object) { return waiting }
        let wanted = object.number("spec", "replicas", default: 1)
        for (name, word) in [("fullyLabeledReplicas", "labelled"), ("availableReplicas", "available"), ("readyReplicas", "ready")] {
            let count = object.number("status", name)
            if wanted > count { return .inProgress(counted(count, wanted, word)) }
        }
        let replicas = object.number("status", "replicas")
        return replicas > wanted ? .inProgress(surplus(replicas - wanted)) : .current
    }

    /// A job is current when it has ended well; kstatus calls it so as soon as it runs.
    static func job(_ object: JSON) -> Health {
        if object.condition("Complete")?.isTrue == true { return .current }
        if let condition = object.condition("Failed"), condition.isTrue { return .failed(condition.text) }
        if object.condition("Suspended")?.isTrue == true || object.at("spec", "suspend")?.bool == true { return .current }
        let wanted = object.number("spec", "completions", default: object.number("spec", "parallelism", default: 1))
        guard object.at("status", "startTime")?.string != nil else { return .inProgress("the job has not started yet") }
        let failed = object.number("status", "failed")
        return .inProgress(
            "\(object.number("status", "succeeded")) of \(wanted) completions are done" + (failed > 0 ? ", \(failed) failed" : ""))
    }

    /// What the controller has not looked at yet: its counts are zero, and so might be the replicas that are wanted.
    private static func unobserved(_ object: JSON) -> Health? {
        guard object.at("metadata", "generation")?.int != nil, object.at("status", "observedGeneration")?.int == nil else { return nil }
        return .inProgress("nobody has looked at it yet")
    }

    private static func counted(_ count: Int64, _ wanted: Int64, _ word: String) -> String { "\(count) of \(wanted) replicas are \(word)" }

    private static func surplus(_ count: Int64) -> String { count == 1 ? "1 replica is to end" : "\(count) replicas are to end" }

    private static func withReplicaFailure(_ message: String, _ object: JSON) -> String {
        guard let condition = object.condition("ReplicaFailure"), condition.isTrue else { return message }
        return message + ": " + condition.text
    }
}

extension JSON {
    /// A number at two keys.
    fileprivate func number(_ first: String, _ second: String, default missing: Int64 = 0) -> Int64 { at(first, second)?.int ?? missing }
}
