/// What an object's annotations say about its order.
struct OrderWishes {
    /// Argo CD's `argocd.argoproj.io/sync-wave`.
    private(set) var wave = 0
    /// `config.kubernetes.io/depends-on` (cli-utils, `pkg/object/dependson`).
    private(set) var dependencies: [ObjectKey] = []
    /// kapp's groups that it is in, and those that it comes after and before.
    private(set) var groups: [String] = []
    private(set) var after: [String] = []
    private(set) var before: [String] = []

    private static let wave = "argocd.argoproj.io/sync-wave"
    private static let dependsOn = "config.kubernetes.io/depends-on"
    private static let group = "kapp.k14s.io/change-group"
    private static let rule = "kapp.k14s.io/change-rule"

    init(_ item: OrderedObject) throws(OrderError) {
        guard let annotations = item.object.at("metadata", "annotations")?.object else { return }
        for (name, value) in annotations.sorted(by: { $0.key < $1.key }) {
            guard let text = value.string else { continue }
            if name == Self.wave {
                guard let wave = Int(text) else { throw Self.malformed(name, text, "a whole number", item) }
                self.wave = wave
            } else if name == Self.dependsOn {
                for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                    guard let key = Self.key(part.trimmed) else {
                        throw Self.malformed(name, text, "group/kind/name or group/namespaces/namespace/kind/name, separated by commas", item)
                    }
                    dependencies.append(key)
                }
            // More than one is told apart by what follows a dot.
            } else if name == Self.group || name.hasPrefix(Self.group + ".") {
                groups.append(Self.filled(text, item))
            } else if name == Self.rule || name.hasPrefix(Self.rule + ".") {
                try read(rule: text, of: name, item)
            }
        }
    }

    /// `upsert after upserting <group>` (kapp, `pkg/kapp/diffgraph/change_rule.go`).
    private mutating func read(rule: String, of name: String, _ item: OrderedObject) throws(OrderError) {
        let words = rule.split(separator: " ").map(String.init)
        guard words.count == 4, ["upsert", "delete"].contains(words[0]), ["after", "before"].contains(words[1]),
            ["upserting", "deleting"].contains(words[2])
        else { throw Self.malformed(name, rule, "'upsert after upserting <group>' or the like", item) }
        // Deletion goes the same way backwards.
        guard words[0] == "upsert", words[2] == "upserting" else { return }
        if words[1] == "after" {
            after.append(Self.filled(words[3], item))
        } else {
            before.append(Self.filled(words[3], item))
        }
    }

    /// A group's name with kapp's placeholders filled in.
    private static func filled(_ text: String, _ item: OrderedObject) -> String {
        guard text.contains("{") else { return text }
        var result = ""
        var rest = text[...]
        let values = [
            "{name}": item.key.name, "{namespace}": item.key.namespace ?? "", "{kind}": item.key.kind, "{api-group}": item.key.group,
        ]
        while let first = rest.first {
            if first == "{", let (placeholder, value) = values.first(where: { rest.hasPrefix($0.key) }) {
                result += value
                rest = rest.dropFirst(placeholder.count)
            } else {
                result.append(first)
                rest = rest.dropFirst()
            }
        }
        return result
    }

    /// `apps/namespaces/shop/Deployment/web`, `/Namespace/shop`: the group of the core is empty.
    private static func key(_ text: String) -> ObjectKey? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.dropFirst().allSatisfy({ !$0.isEmpty }) else { return nil }
        switch parts.count {
        case 3: return ObjectKey(group: parts[0], kind: parts[1], namespace: nil, name: parts[2])
        case 5 where parts[1] == "namespaces": return ObjectKey(group: parts[0], kind: parts[3], namespace: parts[2], name: parts[4])
        default: return nil
        }
    }

    private static func malformed(_ name: String, _ text: String, _ form: String, _ item: OrderedObject) -> OrderError {
        OrderError("the annotation \(name) of \(item.key) is '\(text)', not \(form)", objects: [item.key])
    }
}

extension Substring {
    /// Without spaces around.
    fileprivate var trimmed: String {
        var text = self
        while text.first == " " { text = text.dropFirst() }
        while text.last == " " { text = text.dropLast() }
        return String(text)
    }
}
