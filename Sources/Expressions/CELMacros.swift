/// The macros of CEL: calls that the parser turns into something else
/// (parser/macro.go, ext/comprehensions.go, ext/bindings.go, ext/lists.go and
/// cel/library.go of cel-go).
enum CELMacros {
    /// A macro without a target, nil where the name is none.
    static func global(_ name: String, _ arguments: [CELNode], at offset: Int) throws(CELError) -> CELNode? {
        guard name == "has", arguments.count == 1 else { return nil }
        guard case .select(let operand, let field, false) = arguments[0].kind else {
            throw CELError(message: "invalid argument to has() macro", offset: arguments[0].offset)
        }
        return CELNode(.test(operand, field: field), at: offset, depth: arguments[0].depth)
    }

    /// A macro with a target, nil where the name is none.
    static func member(
        _ name: String, _ target: CELNode, _ arguments: [CELNode], at offset: Int
    ) throws(CELError) -> CELNode? {
        let depth = 1 + max(target.depth, arguments.map(\.depth).max() ?? 0)
        func node(
            _ kind: CELComprehension.Kind, variables count: Int, hasCondition: Bool = false
        ) throws(CELError) -> CELNode {
            var variables: [String] = []
            for argument in arguments.prefix(count) { variables.append(try variable(argument, of: kind)) }
            if count == 2, variables[0] == variables[1] {
                throw CELError(message: "duplicate variable name: \(variables[0])", offset: arguments[1].offset)
            }
            let comprehension = CELComprehension(
                kind: kind, range: target, variables: variables, condition: hasCondition ? arguments[count] : nil,
                body: arguments[arguments.count - 1])
            return CELNode(.comprehension(comprehension), at: offset, depth: depth)
        }
        switch (name, arguments.count) {
        case ("all", 2): return try node(.all, variables: 1)
        case ("all", 3): return try node(.all, variables: 2)
        case ("exists", 2): return try node(.exists, variables: 1)
        case ("exists", 3): return try node(.exists, variables: 2)
        case ("exists_one", 2), ("existsOne", 2): return try node(.existsOne, variables: 1)
        case ("exists_one", 3), ("existsOne", 3): return try node(.existsOne, variables: 2)
        case ("map", 2): return try node(.map, variables: 1)
        case ("map", 3): return try node(.map, variables: 1, hasCondition: true)
        case ("filter", 2): return try node(.filter, variables: 1)
        case ("transformList", 3): return try node(.transformList, variables: 2)
        case ("transformList", 4): return try node(.transformList, variables: 2, hasCondition: true)
        case ("transformMap", 3): return try node(.transformMap, variables: 2)
        case ("transformMap", 4): return try node(.transformMap, variables: 2, hasCondition: true)
        case ("transformMapEntry", 3): return try node(.transformMapEntry, variables: 2)
        case ("transformMapEntry", 4): return try node(.transformMapEntry, variables: 2, hasCondition: true)
        case ("sortBy", 2): return try node(.sortBy, variables: 1)
        case ("optMap", 2), ("optFlatMap", 2):
            guard case .identifier(let variable) = arguments[0].kind else {
                throw CELError(
                    message: "\(name)() variable name must be a simple identifier", offset: arguments[0].offset)
            }
            return CELNode(
                .optionalMap(target, variable, arguments[1], flat: name == "optFlatMap"), at: offset, depth: depth)
        case ("bind", 3):
            guard case .identifier("cel") = target.kind else { return nil }
            guard case .identifier(let variable) = arguments[0].kind else {
                throw CELError(
                    message: "cel.bind() variable names must be simple identifiers", offset: arguments[0].offset)
            }
            return CELNode(.bind(variable, arguments[1], arguments[2]), at: offset, depth: depth)
        default: return nil
        }
    }

    private static func variable(_ node: CELNode, of kind: CELComprehension.Kind) throws(CELError) -> String {
        guard case .identifier(let name) = node.kind else {
            let isOld =
                switch kind {
                case .map, .filter, .sortBy: true
                default: false
                }
            throw CELError(
                message: isOld ? "argument is not an identifier" : "argument must be a simple name",
                offset: node.offset)
        }
        if name == "__result__" {
            throw CELError(message: "iteration variable overwrites accumulator variable", offset: node.offset)
        }
        return name
    }
}
