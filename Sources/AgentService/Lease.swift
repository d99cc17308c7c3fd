import KubernetesModel
import Posix

/// A Lease of coordination.k8s.io/v1, of which one of several holds as long as it renews it.
struct Lease: Sendable {
    /// As the server has it.
    let object: JSON

    /// Nobody's where it is empty.
    var holder: String { object.at("spec", "holderIdentity")?.string ?? "" }
    var version: String { object.resourceVersion ?? "" }
    /// Seconds for which it holds, as who holds it says.
    var duration: Double { Double(object.at("spec", "leaseDurationSeconds")?.int ?? 0) }
    /// Another word than before where somebody wants who holds it to look at once.
    var nudge: String? { object.at("metadata", "annotations", Lease.nudgeKey)?.string }
    private static let nudgeKey = "git-ops/nudged"
    private var transitions: Int64 { object.at("spec", "leaseTransitions")?.int ?? 0 }

    /// What makes it somebody's, for longer or anew. Where it was changed since, the server refuses.
    func taking(_ identity: String, seconds: Double, now: Moment) -> [JSON] {
        var spec = object["spec"] ?? [:]
        if holder != identity {
            spec["acquireTime"] = .string(Lease.time(now))
            spec["leaseTransitions"] = .int(transitions + 1)
        }
        spec["holderIdentity"] = .string(identity)
        spec["leaseDurationSeconds"] = .int(Int64(seconds.rounded(.up)))
        spec["renewTime"] = .string(Lease.time(now))
        return changing(spec)
    }

    /// What makes it nobody's (client-go, `release` of leaderelection.go).
    func releasing(now: Moment) -> [JSON] {
        var spec = object["spec"] ?? [:]
        spec["holderIdentity"] = ""
        spec["leaseDurationSeconds"] = 1
        spec["renewTime"] = .string(Lease.time(now))
        return changing(spec)
    }

    /// What has who holds it look at once.
    func nudging(now: Moment) -> [JSON] {
        var annotations = object.at("metadata", "annotations") ?? [:]
        annotations[Lease.nudgeKey] = .string(Lease.time(now))
        return [
            ["op": "replace", "path": "/metadata/resourceVersion", "value": .string(version)],
            ["op": "add", "path": "/metadata/annotations", "value": annotations],
        ]
    }

    private func changing(_ spec: JSON) -> [JSON] {
        [
            ["op": "replace", "path": "/metadata/resourceVersion", "value": .string(version)],
            ["op": "add", "path": "/spec", "value": spec],
        ]
    }

    /// One that is held from its beginning.
    static func new(_ name: String, namespace: String, _ identity: String, seconds: Double, now: Moment) -> JSON {
        [
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": ["name": .string(name), "namespace": .string(namespace)],
            "spec": [
                "holderIdentity": .string(identity), "leaseDurationSeconds": .int(Int64(seconds.rounded(.up))),
                "acquireTime": .string(time(now)), "renewTime": .string(time(now)), "leaseTransitions": 0,
            ],
        ]
    }

    /// `2026-11-23T17:00:00.123000Z`, for people only: no clock of another machine decides anything.
    private static func time(_ moment: Moment) -> String { moment.timestamp.dropLast() + "000Z" }
}
