import Kubernetes
import KubernetesModel

/// What one watch covers.
struct WatchScope: Hashable, Sendable {
    let resource: APIResource
    /// nil for all, or for what is in none.
    let namespace: String?

    func covers(_ object: ObjectKey) -> Bool {
        object.group == resource.kind.group && object.kind == resource.kind.kind && (namespace == nil || object.namespace == namespace)
    }
}

/// What a plan has seen of objects beside what is seen of them now.
struct WatchedStates: Sendable {
    private var expected: [ObjectKey: Trace?] = [:]
    private var seen: [ObjectKey: Trace] = [:]
    /// Scopes whose objects are all known: there, what is not seen is not there.
    private var known: Set<WatchScope> = []
    /// What is not as it was.
    private(set) var differing: Set<ObjectKey> = []

    /// From now on this is compared with; nil for what was not there.
    mutating func expect(_ states: [ObjectKey: Trace?]) {
        expected = states
        differing = []
        for object in states.keys where isKnown(object) { compare(object) }
    }

    /// All objects of a scope.
    mutating func begin(_ scope: WatchScope, _ traces: [ObjectKey: Trace]) {
        forget(scope)
        known.insert(scope)
        seen.merge(traces) { _, new in new }
        for object in expected.keys where scope.covers(object) { compare(object) }
    }

    /// One object of a known scope; nil for what is gone.
    /// - Returns: whether it is now another one than was expected.
    mutating func take(_ object: ObjectKey, _ trace: Trace?) -> Bool {
        seen[object] = trace
        compare(object)
        return differing.contains(object)
    }

    /// Nothing is known of a scope any more.
    mutating func forget(_ scope: WatchScope) {
        known.remove(scope)
        for object in seen.keys.filter(scope.covers) { seen[object] = nil }
        for object in differing.filter(scope.covers) { differing.remove(object) }
    }

    private func isKnown(_ object: ObjectKey) -> Bool { known.contains { $0.covers(object) } }

    private mutating func compare(_ object: ObjectKey) {
        // What nobody asked for may come and go.
        guard let before = expected[object] else { return }
        let isSame =
            switch (before, seen[object]) {
            case (nil, nil): true
            case (let before?, let now?): now.isSame(as: before)
            default: false
            }
        if isSame { differing.remove(object) } else { differing.insert(object) }
    }
}
