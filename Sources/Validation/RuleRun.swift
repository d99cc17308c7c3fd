import Manifests

/// Holds objects to the rules of ``RuleTable``.
enum RuleRun {
    /// Checks an object by the rules for its kind.
    ///
    /// - Parameters:
    ///   - object: the object.
    ///   - levels: which of the rules that are off by default are wanted; nil for none.
    ///   - findings: takes what is wrong.
    static func check(_ object: KubernetesObject, _ levels: RuleLevels?, _ findings: inout Findings) {
        let entries = table.entries(of: object)
        findings.begin(table.rules)
        for entry in entries.object where !entry.isOptional || levels?.isOn(table.rules[entry.index]) == true {
            findings.turn(to: entry.index)
            entry.check(object, &findings)
        }
        guard !entries.pod.isEmpty, let pod = PodSpecification(object) else { return }
        let keys = KeySet(of: pod)
        for entry in entries.pod where entry.keys.isEmpty || entry.keys.overlaps(keys) {
            guard !entry.isOptional || levels?.isOn(table.rules[entry.index]) == true else { continue }
            findings.turn(to: entry.index)
            entry.check(pod, &findings)
        }
    }

    /// What the rules that are on by default find in one object, in the order of the file.
    static func findings(in object: KubernetesObject, file: String) -> [Diagnostic] {
        guard let first = table.rules.first else { return [] }
        var findings = Findings(file: file, rule: first)
        check(object, nil, &findings)
        let found = findings.diagnostics
        return found.count > 1 ? found.sorted { ($0.position ?? .start) < ($1.position ?? .start) } : found
    }

    private static let table = RulesByKind(RuleTable.tables.joined())
}

/// Rules sorted by the kinds that they read.
struct RulesByKind: Sendable {
    struct Entry<Subject>: Sendable {
        /// The rule's place in ``RulesByKind/rules``.
        let index: Int
        /// The keys without which the rule has nothing to read.
        let keys: KeySet
        /// Whether the rule is off by default.
        let isOptional: Bool
        let check: @Sendable (Subject, inout Findings) -> Void
    }

    struct Entries: Sendable {
        var object: [Entry<KubernetesObject>] = []
        var pod: [Entry<PodSpecification>] = []
    }

    let rules: [Rule]
    /// By `Deployment.apps`; the core group's kinds have no dot.
    private var byKind: [String: Entries] = [:]
    /// Of kinds that no rule names.
    private var others = Entries()

    /// The built-in kinds that have pods.
    static let kindsWithPods = [
        "Pod", "PodTemplate", "ReplicationController", "Deployment.apps", "StatefulSet.apps", "DaemonSet.apps", "ReplicaSet.apps", "Job.batch",
        "CronJob.batch",
    ]

    init(_ rules: some Sequence<Rule>) {
        self.rules = Array(rules)
        for kind in Set(self.rules.flatMap(\.kinds) + RulesByKind.kindsWithPods) { byKind[kind] = Entries() }
        for (index, rule) in self.rules.enumerated() {
            let keys = KeySet(rule.keys)
            switch rule.check {
            case .object(let check):
                let entry = Entry(index: index, keys: keys, isOptional: rule.severity == nil, check: check)
                if rule.kinds.isEmpty { others.object.append(entry) }
                for kind in rule.kinds.isEmpty ? Array(byKind.keys) : rule.kinds { byKind[kind]?.object.append(entry) }
            case .pod(let check):
                let entry = Entry(index: index, keys: keys, isOptional: rule.severity == nil, check: check)
                for kind in rule.kinds.isEmpty ? RulesByKind.kindsWithPods : rule.kinds { byKind[kind]?.pod.append(entry) }
            case .elsewhere: break
            }
        }
    }

    /// The rules that read an object.
    func entries(of object: KubernetesObject) -> Entries {
        byKind[object.group.isEmpty ? object.kind : object.kind + "." + object.group] ?? others
    }
}

/// Which keys there are somewhere in a pod: a filter of 256 bits that may say yes
/// of a key that is not there, and never no of one that is.
struct KeySet: Sendable {
    private var bits = SIMD4<UInt64>.zero

    init(_ keys: [StaticString]) {
        for key in keys { insert(UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount)) }
    }

    init(of pod: PodSpecification) {
        var budget = 4096
        add(pod.spec, depth: 0, &budget)
        if let metadata = pod.metadata { add(metadata, depth: 0, &budget) }
        // What is larger is read by every rule.
        if budget <= 0 { bits = ~.zero }
    }

    var isEmpty: Bool { bits == .zero }

    func overlaps(_ other: KeySet) -> Bool { bits & other.bits != .zero }

    private mutating func add(_ value: Value, depth: Int, _ budget: inout Int) {
        budget -= value.count
        guard budget > 0 else { return }
        guard depth < 24 else {
            budget = 0
            return
        }
        switch value.kind {
        case .mapping:
            for field in value.fields {
                insert(field.key.bytes)
                add(field.value, depth: depth + 1, &budget)
            }
        case .sequence:
            for item in value.items { add(item, depth: depth + 1, &budget) }
        default: break
        }
    }

    private mutating func insert(_ key: UnsafeBufferPointer<UInt8>) {
        let count = key.count
        guard count > 0 else { return }
        let hash = UInt(count) &* 37 ^ UInt(key[0]) &* 11 ^ UInt(key[count - 1]) &* 101 ^ UInt(key[count / 2]) &* 53
        bits[Int(hash >> 6 & 3)] |= 1 << UInt64(hash & 63)
    }
}
