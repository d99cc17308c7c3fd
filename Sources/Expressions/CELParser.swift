/// The reading of an expression (CEL.g4 of cel-go), macros included.
struct CELParser {
    /// How high a tree may be and how deep its text may nest; cel-go refuses
    /// what is deeper than 250 (maxRecursionDepth of its parser).
    static let maximumDepth = 250
    /// How many bytes a text may have (expressionSizeCodePointLimit of cel-go).
    static let maximumSize = 100_000

    private static let reserved: Set<String> = [
        "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package",
        "namespace", "return", "var", "void", "while",
    ]

    private let tokens: [CELToken]
    private var position = 0
    private var depth = 0

    init(_ source: String) throws(CELError) {
        let text = Array(source.utf8)
        guard text.count <= Self.maximumSize || source.unicodeScalars.count <= Self.maximumSize else {
            throw CELError(
                message: "expression code point size exceeds limit: size: \(source.unicodeScalars.count), limit "
                    + "\(Self.maximumSize)", offset: 0)
        }
        var lexer = CELLexer(text)
        tokens = try lexer.tokens()
    }

    mutating func parse() throws(CELError) -> CELNode {
        let root = try readExpression()
        guard case .end = tokens[position].kind else { throw unexpected() }
        return root
    }

    // MARK: tokens

    private var token: CELToken { tokens[position] }

    private func isAt(_ symbol: String) -> Bool { token.kind == .symbol(symbol) }

    private mutating func take(_ symbol: String) -> Bool {
        guard isAt(symbol) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ symbol: String) throws(CELError) {
        guard take(symbol) else { throw unexpected(expecting: "'\(symbol)'") }
    }

    private func unexpected(expecting: String? = nil) -> CELError {
        let found =
            switch token.kind {
            case .end: "<EOF>"
            case .symbol(let text), .identifier(let text), .int(let text), .uint(let text), .double(let text): text
            case .quotedIdentifier(let text): "`\(text)`"
            case .string: "a string"
            case .bytes: "bytes"
            }
        let wanted = expecting.map { " expecting \($0)" } ?? ""
        return CELError(message: "Syntax error: mismatched input '\(found)'\(wanted)", offset: token.offset)
    }

    private func make(_ kind: CELNode.Kind, at offset: Int, _ children: [CELNode]) throws(CELError) -> CELNode {
        var depth = 1
        for child in children { depth = max(depth, child.depth + 1) }
        guard depth <= Self.maximumDepth else { throw tooDeep(offset) }
        return CELNode(kind, at: offset, depth: depth)
    }

    private func tooDeep(_ offset: Int) -> CELError {
        CELError(message: "expression recursion limit exceeded: \(Self.maximumDepth)", offset: offset)
    }

    // MARK: operators

    private mutating func readExpression() throws(CELError) -> CELNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw tooDeep(token.offset) }
        let condition = try readLogical("||")
        let offset = token.offset
        guard take("?") else { return condition }
        let first = try readLogical("||")
        try expect(":")
        let second = try readExpression()
        return try make(.conditional(condition, first, second), at: offset, [condition, first, second])
    }

    private mutating func readLogical(_ symbol: String) throws(CELError) -> CELNode {
        let isOr = symbol == "||"
        let offset = token.offset
        var terms = [isOr ? try readLogical("&&") : try readBinary(1)]
        while take(symbol) { terms.append(isOr ? try readLogical("&&") : try readBinary(1)) }
        if terms.count == 1 { return terms[0] }
        return try make(isOr ? .or(terms) : .and(terms), at: offset, terms)
    }

    private mutating func readBinary(_ minimum: Int) throws(CELError) -> CELNode {
        var left = try readUnary()
        while case .symbol(let text) = token.kind, let symbol = CELOperator(rawValue: text),
            symbol.precedence >= minimum
        {
            let offset = token.offset
            position += 1
            let right = try readBinary(symbol.precedence + 1)
            left = try make(.binary(symbol, left, right), at: offset, [left, right])
        }
        return left
    }

    private mutating func readUnary() throws(CELError) -> CELNode {
        let offset = token.offset
        var count = 0
        if isAt("!") {
            while take("!") { count += 1 }
            let operand = try readMember()
            return count % 2 == 0 ? operand : try make(.not(operand), at: offset, [operand])
        }
        guard isAt("-") else { return try readMember() }
        while take("-") { count += 1 }
        if count == 1, let literal = try readNumber(negative: true) { return try readMember(of: literal) }
        // `--1` is two signs before a number of its own sign, in the grammar of
        // cel-go: the last one belongs to the number.
        let operand = try readMember()
        return count % 2 == 0 ? operand : try make(.negate(operand), at: offset, [operand])
    }

    // MARK: members

    private mutating func readMember() throws(CELError) -> CELNode { try readMember(of: try readPrimary()) }

    private mutating func readMember(of primary: CELNode) throws(CELError) -> CELNode {
        var node = primary
        while true {
            let offset = token.offset
            if take(".") {
                let optional = take("?")
                switch token.kind {
                case .identifier(let name):
                    position += 1
                    if !optional, isAt("(") {
                        let callOffset = token.offset
                        let arguments = try readArguments()
                        node = try CELMacros.member(name, node, arguments, at: callOffset)
                            ?? make(
                                .call(name, target: node, arguments), at: callOffset, [node] + arguments)
                        guard node.depth <= Self.maximumDepth else { throw tooDeep(offset) }
                    } else {
                        node = try make(.select(node, field: name, optional: optional), at: offset, [node])
                    }
                default: throw unexpected(expecting: "IDENTIFIER")
                }
            } else if take("[") {
                let optional = take("?")
                let index = try readExpression()
                try expect("]")
                node = try make(.index(node, index, optional: optional), at: offset, [node, index])
            } else if isAt("{"), let name = node.qualifiedName {
                node = try readMessage(name, at: offset)
            } else {
                return node
            }
        }
    }

    private mutating func readArguments() throws(CELError) -> [CELNode] {
        try expect("(")
        var result: [CELNode] = []
        if take(")") { return result }
        repeat { result.append(try readExpression()) } while take(",")
        try expect(")")
        return result
    }

    private mutating func readPrimary() throws(CELError) -> CELNode {
        let offset = token.offset
        if let number = try readNumber(negative: false) { return number }
        switch token.kind {
        case .string(let value):
            position += 1
            return try make(.literal(.string(value)), at: offset, [])
        case .bytes(let value):
            position += 1
            return try make(.literal(.bytes(value)), at: offset, [])
        case .identifier: return try readIdentifier()
        case .symbol("."):
            position += 1
            guard case .identifier = token.kind else { throw unexpected(expecting: "IDENTIFIER") }
            return try readIdentifier()
        case .symbol("true"), .symbol("false"):
            let value = isAt("true")
            position += 1
            return try make(.literal(.bool(value)), at: offset, [])
        case .symbol("null"):
            position += 1
            return try make(.literal(.null), at: offset, [])
        case .symbol("("):
            position += 1
            let inner = try readExpression()
            try expect(")")
            return inner
        case .symbol("["): return try readList()
        case .symbol("{"): return try readMap()
        default: throw unexpected()
        }
    }

    private mutating func readIdentifier() throws(CELError) -> CELNode {
        let offset = token.offset
        guard case .identifier(let name) = token.kind else { throw unexpected(expecting: "IDENTIFIER") }
        position += 1
        if Self.reserved.contains(name) {
            throw CELError(message: "reserved identifier: \(name)", offset: offset)
        }
        guard isAt("(") else { return try make(.identifier(name), at: offset, []) }
        let callOffset = token.offset
        let arguments = try readArguments()
        if let expanded = try CELMacros.global(name, arguments, at: callOffset) { return expanded }
        return try make(.call(name, target: nil, arguments), at: callOffset, arguments)
    }

    private mutating func readNumber(negative: Bool) throws(CELError) -> CELNode? {
        let offset = token.offset
        let sign = negative ? "-" : ""
        switch token.kind {
        case .int(let text):
            let isHex = text.hasPrefix("0x")
            guard let value = Int64(sign + (isHex ? String(text.dropFirst(2)) : text), radix: isHex ? 16 : 10) else {
                throw CELError(message: "invalid int literal", offset: offset)
            }
            position += 1
            return try make(.literal(.int(value)), at: offset, [])
        case .double(let text):
            guard let value = GoNumber.double(sign + text) else {
                throw CELError(message: "invalid double literal", offset: offset)
            }
            position += 1
            return try make(.literal(.double(value)), at: offset, [])
        case .uint(let text):
            if negative { return nil }
            let isHex = text.hasPrefix("0x")
            guard let value = UInt64(isHex ? String(text.dropFirst(2)) : text, radix: isHex ? 16 : 10) else {
                throw CELError(message: "invalid uint literal", offset: offset)
            }
            position += 1
            return try make(.literal(.uint(value)), at: offset, [])
        default: return nil
        }
    }

    // MARK: aggregates

    private mutating func readList() throws(CELError) -> CELNode {
        let offset = token.offset
        try expect("[")
        var items: [(CELNode, optional: Bool)] = []
        while !isAt("]") {
            if isAt(","), position + 1 < tokens.count, tokens[position + 1].kind == .symbol("]"), items.isEmpty {
                position += 1
                break
            }
            let optional = take("?")
            items.append((try readExpression(), optional: optional))
            if !take(",") { break }
        }
        try expect("]")
        return try make(.list(items), at: offset, items.map(\.0))
    }

    private mutating func readMap() throws(CELError) -> CELNode {
        let offset = token.offset
        try expect("{")
        var entries: [(CELNode, CELNode, optional: Bool)] = []
        while !isAt("}") {
            if isAt(","), position + 1 < tokens.count, tokens[position + 1].kind == .symbol("}"), entries.isEmpty {
                position += 1
                break
            }
            let optional = take("?")
            let key = try readExpression()
            try expect(":")
            entries.append((key, try readExpression(), optional: optional))
            if !take(",") { break }
        }
        try expect("}")
        return try make(.map(entries), at: offset, entries.flatMap { [$0.0, $0.1] })
    }

    private mutating func readMessage(_ name: String, at offset: Int) throws(CELError) -> CELNode {
        try expect("{")
        while !isAt("}") {
            _ = take("?")
            switch token.kind {
            case .identifier, .quotedIdentifier: position += 1
            default: throw unexpected(expecting: "IDENTIFIER")
            }
            try expect(":")
            _ = try readExpression()
            if !take(",") { break }
        }
        try expect("}")
        return try make(.message(name), at: offset, [])
    }
}

extension CELNode {
    /// `a.b.c` as a name.
    var qualifiedName: String? {
        switch kind {
        case .identifier(let name): name
        case .select(let operand, let field, false): operand.qualifiedName.map { $0 + "." + field }
        default: nil
        }
    }
}
