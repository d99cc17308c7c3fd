/// What ends an evaluation before its end.
enum CELStop: Error {
    /// An error of the language: `&&` and `||` may absorb it.
    case error(String)
    /// Something that is not implemented here.
    case notImplemented(String)
    case costExceeded

    static let noSuchOverload = CELStop.error("no such overload")
}

/// One evaluation of an expression (interpreter of cel-go).
struct CELEvaluation {
    private let variables: [String: CELValue]
    private var locals: [(name: String, value: CELValue)] = []
    private(set) var budget: Int
    /// The bytes of text that it may still make.
    private var textBudget = 32 << 20
    let patterns: CELPatterns

    init(variables: [String: CELValue], budget: Int, patterns: CELPatterns) {
        self.variables = variables
        self.budget = budget
        self.patterns = patterns
    }

    /// Pays for so many steps.
    mutating func pay(_ steps: Int) throws(CELStop) {
        budget -= steps
        if budget < 0 { throw .costExceeded }
    }

    /// Pays for going over a text once.
    mutating func pay(for text: String) throws(CELStop) { try pay(1 + text.utf8.count / 16) }

    /// Works out a node, and pays for it: text by its size, since steps alone bound no memory.
    mutating func value(of node: CELNode) throws(CELStop) -> CELValue {
        try pay(1)
        let value = try compute(node)
        switch value {
        case .string(let text): try pay(forMaking: text.utf8.count)
        case .bytes(let bytes): try pay(forMaking: bytes.count)
        default: break
        }
        return value
    }

    private mutating func pay(forMaking count: Int) throws(CELStop) {
        textBudget -= count
        guard textBudget >= 0 else { throw .costExceeded }
        try pay(count / 16)
    }

    private mutating func compute(_ node: CELNode) throws(CELStop) -> CELValue {
        switch node.kind {
        case .literal(let value): return value
        case .identifier(let name): return try lookUp(name)
        case .select(let operand, let field, let optional): return try select(node, operand, field, optional)
        case .test(let operand, let field): return .bool(try isPresent(operand, field))
        case .index(let operand, let index, let optional):
            let operand = try value(of: operand)
            let index = try value(of: index)
            return try qualify(operand, index, optional: optional)
        case .not(let operand):
            guard case .bool(let value) = try value(of: operand) else { throw .noSuchOverload }
            return .bool(!value)
        case .negate(let operand): return try CELArithmetic.negate(try value(of: operand))
        case .and(let terms): return try logical(terms, stop: false)
        case .or(let terms): return try logical(terms, stop: true)
        case .conditional(let condition, let first, let second):
            guard case .bool(let value) = try value(of: condition) else { throw .noSuchOverload }
            return try self.value(of: value ? first : second)
        case .binary(let symbol, let left, let right):
            let left = try value(of: left)
            let right = try value(of: right)
            return try binary(symbol, left, right)
        case .list(let items): return try list(items)
        case .map(let entries): return try map(entries)
        case .message(let name): throw .notImplemented("message construction \(name){}")
        case .comprehension(let comprehension): return try run(comprehension)
        case .bind(let name, let bound, let body):
            let bound = try value(of: bound)
            return try with([(name, bound)], body)
        case .optionalMap(let target, let name, let body, let flat):
            guard case .optional(let content) = try value(of: target) else { throw .noSuchOverload }
            guard let content else { return .optional(nil) }
            let result = try with([(name, content)], body)
            return flat ? result : .optional(result)
        case .call(let name, let target, let arguments): return try call(name, target, arguments)
        }
    }

    private mutating func with(_ bindings: [(String, CELValue)], _ body: CELNode) throws(CELStop) -> CELValue {
        let count = locals.count
        for (name, value) in bindings { locals.append((name: name, value: value)) }
        defer { locals.removeSubrange(count...) }
        return try value(of: body)
    }

    private func lookUp(_ name: String) throws(CELStop) -> CELValue {
        for local in locals.reversed() where local.name == name { return local.value }
        if let value = variables[name] { return value }
        switch name {
        case "bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint", "optional_type":
            return .type(name)
        default: throw .error("no such attribute(s): \(name)")
        }
    }

    // MARK: fields

    private mutating func select(
        _ node: CELNode, _ operand: CELNode, _ field: String, _ optional: Bool
    ) throws(CELStop) -> CELValue {
        if !optional, let name = node.qualifiedName, name.hasPrefix("google.") || name.hasPrefix("net.")
            || name.hasPrefix("kubernetes."), CELTypeNames.qualified.contains(name)
        {
            return .type(name)
        }
        return try qualify(try value(of: operand), .string(field), optional: optional)
    }

    private func qualify(_ operand: CELValue, _ key: CELValue, optional: Bool) throws(CELStop) -> CELValue {
        if case .optional(let content) = operand {
            guard let content else { return .optional(nil) }
            return .optional(try find(content, key, isTest: true))
        }
        if optional { return .optional(try find(operand, key, isTest: true)) }
        guard let found = try find(operand, key, isTest: false) else { throw .error("no such key") }
        return found
    }

    private func find(_ operand: CELValue, _ key: CELValue, isTest: Bool) throws(CELStop) -> CELValue? {
        switch operand {
        case .map(let map):
            if let found = map.value(for: key) { return found }
            if isTest { return nil }
            throw .error("no such key: \(CELText.plain(key))")
        case .list(let list):
            let index = try CELArithmetic.index(key)
            if index >= 0, index < list.count { return list.item(at: index) }
            if isTest { return nil }
            throw .error("index out of bounds: \(CELText.plain(key))")
        default:
            if isTest { return nil }
            throw .error("no such key: \(CELText.plain(key))")
        }
    }

    private mutating func isPresent(_ operand: CELNode, _ field: String) throws(CELStop) -> Bool {
        var operand = try value(of: operand)
        if case .optional(let content) = operand {
            guard let content else { return false }
            operand = content
        }
        return try find(operand, .string(field), isTest: true) != nil
    }

    // MARK: operators

    /// The value of `&&` or `||`: an operand that decides absorbs the errors of
    /// the others.
    private mutating func logical(_ terms: [CELNode], stop: Bool) throws(CELStop) -> CELValue {
        var firstError: String? = nil
        for term in terms {
            do throws(CELStop) {
                guard case .bool(let value) = try value(of: term) else { throw CELStop.noSuchOverload }
                if value == stop { return .bool(stop) }
            } catch {
                guard case .error(let message) = error else { throw error }
                firstError = firstError ?? message
            }
        }
        if let firstError { throw .error(firstError) }
        return .bool(!stop)
    }

    mutating func binary(_ symbol: CELOperator, _ left: CELValue, _ right: CELValue) throws(CELStop) -> CELValue {
        switch symbol {
        case .equal: return .bool(try isEqual(left, right))
        case .notEqual: return .bool(!(try isEqual(left, right)))
        case .isIn: return .bool(try contains(right, left))
        case .add: return try add(left, right)
        case .subtract, .multiply, .divide, .modulo: return try CELArithmetic.apply(symbol, left, right)
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            let order = try compare(left, right)
            return switch symbol {
            case .less: .bool(order < 0)
            case .lessOrEqual: .bool(order <= 0)
            case .greater: .bool(order > 0)
            default: .bool(order >= 0)
            }
        }
    }

    private mutating func add(_ left: CELValue, _ right: CELValue) throws(CELStop) -> CELValue {
        switch (left, right) {
        case (.string(let first), .string(let second)):
            try pay(for: first)
            try pay(for: second)
            return .string(first + second)
        case (.bytes(let first), .bytes(let second)):
            try pay((first.count + second.count) / 16)
            return .bytes(first + second)
        case (.list(let first), .list(let second)):
            try pay(first.count + second.count)
            return .array(CELItems(first) + CELItems(second))
        default: return try CELArithmetic.apply(.add, left, right)
        }
    }

    mutating func contains(_ container: CELValue, _ value: CELValue) throws(CELStop) -> Bool {
        switch container {
        case .list(let list):
            for index in 0..<list.count where try isEqual(value, list.item(at: index)) { return true }
            return false
        case .map(let map): return map.value(for: value) != nil
        default: throw .noSuchOverload
        }
    }

    // MARK: aggregates

    private mutating func list(_ items: [(CELNode, optional: Bool)]) throws(CELStop) -> CELValue {
        var result: [CELValue] = []
        for (item, optional) in items {
            let item = try value(of: item)
            if optional {
                guard case .optional(let content) = item else {
                    throw .error("cannot initialize optional list element from non-optional value \(CELText.plain(item))")
                }
                if let content { result.append(content) }
            } else {
                result.append(item)
            }
        }
        return .array(result)
    }

    private mutating func map(_ entries: [(CELNode, CELNode, optional: Bool)]) throws(CELStop) -> CELValue {
        var pairs: [(CELValue, CELValue)] = []
        for (keyNode, valueNode, optional) in entries {
            let key = try value(of: keyNode)
            var entry = try value(of: valueNode)
            if optional {
                guard case .optional(let content) = entry else {
                    throw .error(
                        "cannot initialize optional entry '\(CELText.plain(key))' from non-optional value \(CELText.plain(entry))")
                }
                guard let content else { continue }
                entry = content
            }
            guard CELKey(key) != nil else { throw .error("unsupported key type: \(key.typeName)") }
            pairs.append((key, entry))
        }
        return .map(CELDictionary(pairs))
    }

    // MARK: comprehensions

    private mutating func run(_ comprehension: CELComprehension) throws(CELStop) -> CELValue {
        let range = try value(of: comprehension.range)
        let count: Int
        let keys: [CELValue]?
        switch range {
        case .list(let list):
            count = list.count
            keys = nil
        case .map(let map):
            keys = map.keys
            count = keys?.count ?? 0
        default: throw .noSuchOverload
        }
        var loop = CELLoop(kind: comprehension.kind)
        for index in 0..<count {
            try pay(1)
            var bindings: [(String, CELValue)] = []
            let element: CELValue
            switch range {
            case .list(let list): element = list.item(at: index)
            default: element = keys?[index] ?? .null
            }
            if comprehension.variables.count == 2 {
                if let keys {
                    guard case .map(let map) = range else { throw .noSuchOverload }
                    bindings = [
                        (comprehension.variables[0], keys[index]),
                        (comprehension.variables[1], map.value(for: keys[index]) ?? .null),
                    ]
                } else {
                    bindings = [(comprehension.variables[0], .int(Int64(index))), (comprehension.variables[1], element)]
                }
            } else {
                bindings = [(comprehension.variables[0], element)]
            }
            if let condition = comprehension.condition {
                guard case .bool(let holds) = try with(bindings, condition) else { throw .noSuchOverload }
                if !holds { continue }
            }
            var result: CELValue? = nil
            do throws(CELStop) { result = try with(bindings, comprehension.body) } catch {
                guard case .error(let message) = error, loop.absorbs else { throw error }
                loop.error = loop.error ?? message
            }
            if let result, try loop.take(result, element: element, key: bindings[0].1) { break }
        }
        if comprehension.kind == .sortBy { return try sort(loop.items, by: loop.keys) }
        return try loop.finish()
    }
}

/// What a macro gathers while it goes through its elements.
struct CELLoop {
    let kind: CELComprehension.Kind
    var error: String? = nil
    private(set) var items: [CELValue] = []
    private(set) var keys: [CELValue] = []
    private var pairs: [(CELValue, CELValue)] = []
    private var seen: Set<CELKey> = []
    private var count = 0
    private var decided = false

    init(kind: CELComprehension.Kind) { self.kind = kind }

    /// Whether an error in one element may yet be made good by another.
    var absorbs: Bool { kind == .all || kind == .exists }

    /// Takes the body's value; whether the macro is decided.
    mutating func take(_ value: CELValue, element: CELValue, key: CELValue) throws(CELStop) -> Bool {
        switch kind {
        case .all, .exists:
            guard case .bool(let holds) = value else {
                error = error ?? "no such overload"
                return false
            }
            decided = holds == (kind == .exists)
            return decided
        case .existsOne:
            guard case .bool(let holds) = value else { throw .noSuchOverload }
            if holds { count += 1 }
        case .filter:
            guard case .bool(let holds) = value else { throw .noSuchOverload }
            if holds { items.append(element) }
        case .map, .transformList: items.append(value)
        case .sortBy:
            items.append(element)
            keys.append(value)
        case .transformMap: try insert(key, value)
        case .transformMapEntry:
            guard case .map(let map) = value else { throw .noSuchOverload }
            for key in map.keys { try insert(key, map.value(for: key) ?? .null) }
        }
        return false
    }

    private mutating func insert(_ key: CELValue, _ value: CELValue) throws(CELStop) {
        guard let hashed = CELKey(key) else { throw .error("unsupported key type: \(key.typeName)") }
        guard seen.insert(hashed).inserted else {
            throw .error("insert failed: key \(CELText.plain(key)) already exists")
        }
        pairs.append((key, value))
    }

    func finish() throws(CELStop) -> CELValue {
        switch kind {
        case .all, .exists:
            if decided { return .bool(kind == .exists) }
            if let error { throw .error(error) }
            return .bool(kind == .all)
        case .existsOne: return .bool(count == 1)
        case .map, .filter, .transformList, .sortBy: return .array(items)
        case .transformMap, .transformMapEntry: return .map(CELDictionary(pairs))
        }
    }
}

/// The items of a list, all at once.
func CELItems(_ list: any CELList) -> [CELValue] {
    if let array = list as? CELArray { return array.items }
    return (0..<list.count).map { list.item(at: $0) }
}

enum CELTypeNames {
    static let qualified: Set<String> = [
        "google.protobuf.Duration", "google.protobuf.Timestamp", "net.IP", "net.CIDR", "kubernetes.Quantity",
        "kubernetes.URL", "kubernetes.Semver",
    ]
}
