/// An object that is to be put in order.
public struct OrderedObject: Sendable {
    /// Which it is; its namespace is nil for what is in none.
    public var key: ObjectKey
    public var object: JSON

    public init(key: ObjectKey, object: JSON) {
        self.key = key
        self.object = object
    }
}

/// Why objects have no order.
public struct OrderError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What and why, in one line.
    public let message: String
    /// The objects that it is about.
    public let objects: [ObjectKey]

    public init(_ message: String, objects: [ObjectKey]) {
        self.message = message
        self.objects = objects
    }

    public var description: String { message }
}

/// In which order objects are made.
public enum ApplyOrder {
    /// The objects in layers: all of a layer may be applied at once when those before it are there. Deletion goes
    /// through the layers backwards.
    ///
    /// What must come first is said by the objects: an object after its Namespace and after the definition of its
    /// kind, a binding after its role and its accounts, and what annotations say (`config.kubernetes.io/depends-on`,
    /// Argo CD's `sync-wave`, kapp's `change-rule`). A dependency on what is not among the objects is none.
    /// What remains is put into few stages: Namespaces and definitions; what others only read; the rest; webhook
    /// configurations, which could refuse all others. Within a layer, the order is Flux's of kinds, then the keys'.
    /// What something in an earlier wave cannot be without (its Namespace) is made in that wave.
    /// - Throws: `OrderError`, where an annotation is malformed, waves contradict dependencies, or objects wait for
    ///   each other.
    /// - Returns: the places of the objects in `objects`, each once.
    public static func layers(of objects: [OrderedObject]) throws(OrderError) -> [[Int]] {
        guard !objects.isEmpty else { return [] }
        var graph = try OrderGraph(objects)
        let order = try graph.topologicalOrder()
        try graph.settleWaves(order)
        graph.settleStages(order)
        return graph.layers()
    }
}
