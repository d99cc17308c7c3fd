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
    /// What is as it was, and may be of another health: something else of it has changed, such as its status.
    private(set) var moved: Set<ObjectKey> = []

    var hasNews: Bool { !differing.isEmpty || !moved.isEmpty }

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
        for object in expected.keys where scope.covers(object) {
            compare(object)
            // What a trace of an earlier plan has proven may have moved long ago.
            noteMove(of: object, from: expected[object] ?? nil)
        }
    }

    /// One object of a known scope; nil for what is gone.
    /// - Returns: whether it is now another one than was expected.
    @discardableResult mutating func take(_ object: ObjectKey, _ trace: Trace?) -> Bool {
        let before = seen[object]
        seen[object] = trace
        compare(object)
        noteMove(of: object, from: before)
        return differing.contains(object)
    }

    /// What has moved, which is told once.
    mutating func takeMoved() -> Set<ObjectKey> {
        defer { moved = [] }
        return moved
    }

    private mutating func noteMove(of object: ObjectKey, from before: Trace?) {
        guard expected[object] != nil, HealthRules.hasHealth(group: object.group, kind: object.kind), !differing.contains(object),
            let before, let now = seen[object], before.resourceVersion != now.resourceVersion
        else { return }
        moved.insert(object)
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
