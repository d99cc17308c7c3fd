/// Which objects must be there before which.
///
/// Nodes beyond the objects stand for kapp's groups, so that many rules about a large group cost no more than their
/// sum.
struct OrderGraph {
    struct Edge {
        let to: Int
        /// Whether nobody asked for it in words.
        let isImplied: Bool
    }

    private let objects: [OrderedObject]
    /// What waits for a node.
    private var followers: [[Edge]]
    private var waves: [Int]
    private var stages: [OrderStage]
    private var depths: [Int]
    /// The node after which a group of kapp's is there, and the one before which none of it is.
    private var groups: [String: (done: Int, begun: Int)] = [:]

    init(_ objects: [OrderedObject]) throws(OrderError) {
        self.objects = objects
        followers = Array(repeating: [], count: objects.count)
        waves = Array(repeating: 0, count: objects.count)
        stages = objects.map { OrderStage($0.key) }
        depths = Array(repeating: 0, count: objects.count)
        var places: [ObjectKey: Int] = [:]
        var definitions: [GroupKind: Int] = [:]
        for (index, item) in objects.enumerated() {
            places[item.key] = index
            if item.key.kind == "CustomResourceDefinition", item.key.group == "apiextensions.k8s.io",
                let group = item.object.at("spec", "group")?.string, let kind = item.object.at("spec", "names", "kind")?.string
            {
                definitions[GroupKind(group: group, kind: kind)] = index
            }
        }
        for (index, item) in objects.enumerated() {
            var implied: [Int?] = [definitions[GroupKind(group: item.key.group, kind: item.key.kind)]]
            if let namespace = item.key.namespace {
                implied.append(places[ObjectKey(group: "", kind: "Namespace", namespace: nil, name: namespace)])
            }
            implied += Self.bound(by: item).map { places[$0] }
            for place in implied { if let place { add(place, before: index, isImplied: true) } }
        }
        for (index, item) in objects.enumerated() {
            let wishes = try OrderWishes(item)
            waves[index] = wishes.wave
            for key in wishes.dependencies { if let place = places[key] { add(place, before: index, isImplied: false) } }
            for group in wishes.groups {
                let nodes = nodes(of: group)
                add(index, before: nodes.done, isImplied: false)
                add(nodes.begun, before: index, isImplied: false)
            }
            for group in wishes.after { add(nodes(of: group).done, before: index, isImplied: false) }
            for group in wishes.before { add(index, before: nodes(of: group).begun, isImplied: false) }
        }
    }

    private struct GroupKind: Hashable {
        let group: String
        let kind: String
    }

    /// The role and the accounts that a binding names.
    private static func bound(by item: OrderedObject) -> [ObjectKey] {
        guard item.key.group == "rbac.authorization.k8s.io", ["RoleBinding", "ClusterRoleBinding"].contains(item.key.kind) else { return [] }
        var keys: [ObjectKey] = []
        if let kind = item.object.at("roleRef", "kind")?.string, let name = item.object.at("roleRef", "name")?.string {
            keys.append(ObjectKey(group: item.key.group, kind: kind, namespace: kind == "Role" ? item.key.namespace : nil, name: name))
        }
        for subject in item.object["subjects"]?.array ?? [] where subject["kind"]?.string == "ServiceAccount" {
            guard let name = subject["name"]?.string else { continue }
            let namespace = subject["namespace"]?.string ?? item.key.namespace
            keys.append(ObjectKey(group: "", kind: "ServiceAccount", namespace: namespace, name: name))
        }
        return keys
    }

    private mutating func nodes(of group: String) -> (done: Int, begun: Int) {
        if let known = groups[group] { return known }
        let nodes = (done: followers.count, begun: followers.count + 1)
        followers += [[], []]
        groups[group] = nodes
        return nodes
    }

    private mutating func add(_ first: Int, before second: Int, isImplied: Bool) {
        followers[first].append(Edge(to: second, isImplied: isImplied))
    }

    /// All nodes, each after what it waits for.
    func topologicalOrder() throws(OrderError) -> [Int] {
        var missing = Array(repeating: 0, count: followers.count)
        for edges in followers { for edge in edges { missing[edge.to] += 1 } }
        var order = missing.indices.filter { missing[$0] == 0 }
        var next = 0
        while next < order.count {
            for edge in followers[order[next]] {
                missing[edge.to] -= 1
                if missing[edge.to] == 0 { order.append(edge.to) }
            }
            next += 1
        }
        guard order.count < followers.count else { return order }
        let cycle = cycle(among: missing.map { $0 > 0 }).filter { $0 < objects.count }.map { objects[$0].key }
        if cycle.count == 1 { throw OrderError("\(cycle[0]) depends on itself", objects: cycle) }
        throw OrderError(
            "objects wait for each other: " + (cycle + [cycle[0]]).map(\.description).joined(separator: " before "), objects: cycle)
    }

    /// One cycle among nodes that are on one or behind one.
    private func cycle(among isLeft: [Bool]) -> [Int] {
        // Every node that is left waits for another that is left: walking back leads into a cycle.
        var before: [Int: Int] = [:]
        for (node, edges) in followers.enumerated() where isLeft[node] {
            for edge in edges where isLeft[edge.to] { before[edge.to] = node }
        }
        guard var node = isLeft.firstIndex(of: true) else { return [] }
        var seen: [Int: Int] = [:]
        var path: [Int] = []
        while seen[node] == nil {
            seen[node] = path.count
            path.append(node)
            guard let previous = before[node] else { return path }
            node = previous
        }
        return path[seen[node]!...].reversed()
    }

    /// Moves what is implied into the wave of what needs it.
    mutating func settleWaves(_ order: [Int]) throws(OrderError) {
        for node in order.reversed() where node < objects.count {
            for edge in followers[node] where edge.isImplied { waves[node] = min(waves[node], waves[edge.to]) }
        }
        // What reaches a node through groups is in a wave, too.
        var latest: [Int: (wave: Int, from: Int)] = [:]
        for node in order {
            if node < objects.count {
                if let found = latest[node], found.wave > waves[node] {
                    throw OrderError(
                        "\(objects[node].key) in wave \(waves[node]) cannot come after \(objects[found.from].key) in wave \(found.wave)",
                        objects: [objects[node].key, objects[found.from].key])
                }
                latest[node] = (waves[node], node)
            }
            guard let own = latest[node] else { continue }
            for edge in followers[node] where own.wave > latest[edge.to]?.wave ?? .min { latest[edge.to] = own }
        }
    }

    /// Puts nothing before what it waits for: stages are moved back, and depths found.
    mutating func settleStages(_ order: [Int]) {
        let extra = followers.count - objects.count
        waves += Array(repeating: .min, count: extra)
        stages += Array(repeating: .first, count: extra)
        depths += Array(repeating: 0, count: extra)
        for node in order {
            for edge in followers[node] {
                let isObject = edge.to < objects.count
                if !isObject, waves[node] > waves[edge.to] {
                    (waves[edge.to], stages[edge.to], depths[edge.to]) = (waves[node], stages[node], depths[node])
                    continue
                }
                guard waves[node] == waves[edge.to] else { continue }
                // A group is there with its last object, not after it.
                let depth = depths[node] + (node < objects.count && isObject || node >= objects.count ? 1 : 0)
                if stages[node] > stages[edge.to] {
                    (stages[edge.to], depths[edge.to]) = (stages[node], depth)
                } else if stages[node] == stages[edge.to] {
                    depths[edge.to] = max(depths[edge.to], depth)
                }
            }
        }
    }

    /// The objects by wave, stage and depth.
    func layers() -> [[Int]] {
        func place(_ index: Int) -> (Int, Int, Int) { (waves[index], stages[index].rawValue, depths[index]) }
        let sorted = objects.indices.sorted { a, b in
            if place(a) != place(b) { return place(a) < place(b) }
            let (first, second) = (OrderStage.rank(objects[a].key), OrderStage.rank(objects[b].key))
            return first == second ? objects[a].key < objects[b].key : first < second
        }
        var layers: [[Int]] = []
        for index in sorted {
            if let last = layers.last?.last, place(last) == place(index) {
                layers[layers.count - 1].append(index)
            } else {
                layers.append([index])
            }
        }
        return layers
    }
}
