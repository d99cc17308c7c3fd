/// What can be told of an expression without evaluating it.
struct CELInspection {
    /// Functions that are implemented, by name; those with a dot are namespaced.
    static let implemented: Set<String> = [
        "size", "contains", "startsWith", "endsWith", "matches", "duration", "timestamp", "int", "uint", "double",
        "string", "bool", "dyn", "type", "bytes", "getFullYear", "getMonth", "getDayOfYear", "getDayOfMonth", "getDate",
        "getDayOfWeek", "getHours", "getMinutes", "getSeconds", "getMilliseconds", "charAt", "indexOf", "lastIndexOf",
        "lowerAscii", "upperAscii", "replace", "split", "join", "substring", "trim", "format", "reverse",
        "strings.quote", "isSorted", "sum", "min", "max", "find", "findAll", "url", "isURL", "getHost", "getHostname",
        "getPort", "getScheme", "getEscapedPath", "getQuery", "quantity", "isQuantity", "compareTo", "isLessThan",
        "isGreaterThan", "add", "sub", "asInteger", "asApproximateFloat", "isInteger", "sign", "isIP", "ip", "family",
        "ip.isCanonical", "isUnspecified", "isLoopback", "isLinkLocalMulticast", "isLinkLocalUnicast",
        "isGlobalUnicast", "isCIDR", "cidr", "containsIP", "containsCIDR", "prefixLength", "masked", "validate",
        "format.named", "sets.contains", "sets.equivalent", "sets.intersects", "semver", "isSemver", "major", "minor",
        "patch", "optional.of", "optional.ofNonZeroValue", "optional.none", "value", "hasValue", "or", "orValue",
        "optional.unwrap", "unwrapOpt", "first", "last", "slice", "flatten", "sort", "distinct", "lists.range",
    ]

    /// Functions that Kubernetes has besides (library/authz.go).
    static let known: Set<String> = [
        "path", "group", "serviceAccount", "resource", "subresource", "namespace", "name", "check", "allowed", "reason",
        "error", "errored", "fieldSelector", "labelSelector",
    ]

    private static let typeNames: Set<String> = [
        "bool", "bytes", "double", "duration", "int", "list", "map", "null_type", "string", "timestamp", "type", "uint",
        "optional_type", "google", "net", "kubernetes", "dyn",
    ]

    let declared: Set<String>
    private(set) var unsupported: Set<String> = []
    private(set) var usesOldSelf = false
    private(set) var patterns: Set<String> = []
    private(set) var problems: [CELProblem] = []

    init(declared: Set<String>) { self.declared = declared }

    private mutating func report(_ message: String, _ node: CELNode) {
        problems.append(CELProblem(message: message, offset: node.offset))
    }

    mutating func visit(_ node: CELNode, locals: Set<String>) {
        switch node.kind {
        case .literal: break
        case .identifier(let name):
            if name == "oldSelf", !locals.contains(name) { usesOldSelf = true }
            if !locals.contains(name), !declared.contains(name), !Self.typeNames.contains(name) {
                report("undeclared reference to '\(name)' (in container '')", node)
            }
        case .select(let operand, _, _), .test(let operand, _): visit(operand, locals: locals)
        case .index(let first, let second, _), .binary(_, let first, let second):
            visit(first, locals: locals)
            visit(second, locals: locals)
        case .not(let operand), .negate(let operand): visit(operand, locals: locals)
        case .and(let terms), .or(let terms): for term in terms { visit(term, locals: locals) }
        case .conditional(let condition, let first, let second):
            for part in [condition, first, second] { visit(part, locals: locals) }
        case .list(let items): for (item, _) in items { visit(item, locals: locals) }
        case .map(let entries):
            for (key, value, _) in entries {
                visit(key, locals: locals)
                visit(value, locals: locals)
            }
        case .message(let name):
            unsupported.insert("message construction \(name){}")
            report("undeclared reference to '\(name)' (in container '')", node)
        case .comprehension(let comprehension):
            visit(comprehension.range, locals: locals)
            let inner = locals.union(comprehension.variables)
            if let condition = comprehension.condition { visit(condition, locals: inner) }
            visit(comprehension.body, locals: inner)
        case .bind(let name, let value, let body):
            // Kubernetes does not have the library of cel.bind (environment/base.go).
            report("undeclared reference to 'cel' (in container '')", node)
            visit(value, locals: locals)
            visit(body, locals: locals.union([name]))
        case .optionalMap(let target, let name, let body, _):
            visit(target, locals: locals)
            visit(body, locals: locals.union([name]))
        case .call(let name, let target, let arguments):
            visitCall(node, name, target, arguments, locals: locals)
        }
    }

    private mutating func visitCall(
        _ node: CELNode, _ name: String, _ target: CELNode?, _ arguments: [CELNode], locals: Set<String>
    ) {
        for argument in arguments { visit(argument, locals: locals) }
        if let qualified = CELCallName.qualified(name, target), Self.isImplemented(qualified) {
            checkLiterals(node, qualified, target, arguments)
            return
        }
        if let target { visit(target, locals: locals) }
        if Self.implemented.contains(name) {
            checkLiterals(node, name, target, arguments)
            return
        }
        unsupported.insert(name)
        if !Self.known.contains(name) { report("undeclared reference to '\(name)' (in container '')", node) }
    }

    static func isImplemented(_ qualified: String) -> Bool {
        implemented.contains(qualified)
            || (qualified.hasPrefix("format.") && CELFormat.names.contains(String(qualified.dropFirst(7))))
    }

    /// What ValidateRegexLiterals and its like of cel-go refuse.
    private mutating func checkLiterals(_ node: CELNode, _ name: String, _ target: CELNode?, _ arguments: [CELNode]) {
        guard let last = arguments.last, case .literal(.string(let text)) = last.kind else { return }
        switch name {
        case "matches" where arguments.count == (target == nil ? 2 : 1), "find" where arguments.count == 1,
            "findAll" where arguments.count == 1:
            patterns.insert(text)
            do throws(RegularExpressionError) { _ = try RegularExpression(text) } catch {
                report("invalid matches argument: error parsing regexp: \(error.message)", last)
            }
        case "duration" where target == nil && arguments.count == 1:
            if CELTime.duration(text) == nil { report("invalid duration argument", last) }
        case "timestamp" where target == nil && arguments.count == 1:
            if CELTime.timestamp(text) == nil { report("invalid timestamp argument", last) }
        default: break
        }
    }
}

enum CELCallName {
    private static let namespaces: Set<String> = ["format", "sets", "optional", "strings", "lists", "ip"]

    /// `sets.contains` for a call of `contains` on `sets`.
    static func qualified(_ name: String, _ target: CELNode?) -> String? {
        guard let target, case .identifier(let space) = target.kind, namespaces.contains(space) else { return nil }
        return space + "." + name
    }
}
