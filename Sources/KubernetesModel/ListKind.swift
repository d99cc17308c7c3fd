/// How a list is told apart by its items, as a set of fields tells it.
enum ListKind {
    /// By these fields of each item.
    case keyed([String])
    /// By the items' values.
    case set

    /// nil where the set tells neither: an atomic list, or none.
    init?(_ owned: FieldSet) {
        var names: Set<String> = []
        var (hasKeys, hasValues) = (false, false)
        for element in owned.children.keys {
            switch element {
            case .key(let fields):
                hasKeys = true
                names.formUnion(fields.keys)
            case .value: hasValues = true
            case .field, .index: return nil
            }
        }
        guard hasKeys != hasValues else { return nil }
        self = hasKeys ? .keyed(names.sorted()) : .set
    }

    /// What tells an item apart; nil where nothing does.
    func element(of item: JSON) -> PathElement? {
        switch self {
        case .set:
            switch item {
            case .array, .object: return nil
            default: return .value(item.canonicalNumber)
            }
        case .keyed(let names):
            guard case .object(let fields) = item else { return nil }
            var key: [String: JSON] = [:]
            for name in names {
                if let value = fields[name] {
                    key[name] = value.canonicalNumber
                } else if name == "protocol" {
                    // The only default of a key that the API's schemas have.
                    key[name] = "TCP"
                }
            }
            return key.isEmpty ? nil : .key(key)
        }
    }
}
