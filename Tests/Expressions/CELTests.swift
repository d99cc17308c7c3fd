import Expressions
import Testing

@Suite("An expression of CEL")
struct CELTests {
    static let subject: CELValue = .dictionary([
        ("s", .string("hello")), ("n", .int(3)), ("l", .array([.int(1), .int(2), .int(3)])),
        ("m", .dictionary([("a", .string("x")), ("b", .string("y"))])), ("f", .double(1.5)), ("t", .bool(true)),
        ("z", .null), ("names", .array([.string("a"), .string("b")])),
        (
            "objs",
            .array([
                .dictionary([("k", .string("p")), ("v", .int(1))]), .dictionary([("k", .string("q")), ("v", .int(2))]),
            ])
        ),
    ])

    static func text(_ value: CELValue) -> String {
        switch value {
        case .null: return "null"
        case .bool(let value): return value ? "true" : "false"
        case .int(let value): return String(value)
        case .uint(let value): return "\(value)u"
        case .double(let value): return "D\(value)"
        case .string(let text):
            var result = ""
            for scalar in text.unicodeScalars {
                switch scalar {
                case "\"", "\\": result += "\\" + String(scalar)
                case "\n": result += "\\n"
                default: result.unicodeScalars.append(scalar)
                }
            }
            return "\"\(result)\""
        case .list(let list):
            return "[" + (0..<list.count).map { text(list.item(at: $0)) }.joined(separator: ", ") + "]"
        case .map(let map):
            return "{" + map.keys.map { text($0) + ": " + text(map.value(for: $0) ?? .null) }.sorted()
                .joined(separator: ", ") + "}"
        case .optional(let content): return content.map { "optional.of(\(text($0)))" } ?? "optional.none()"
        case .duration(let value): return "duration \(value)"
        case .type(let name): return name
        default: return "<\(value.typeName)>"
        }
    }

    static func outcome(_ source: String, costLimit: Int = 1_000_000) -> String {
        do throws(CELError) {
            let program = try CELProgram(source)
            switch program.evaluate(["self": subject, "oldSelf": subject], costLimit: costLimit) {
            case .value(let value): return "OK " + text(value)
            case .error(let message): return "ERR " + message
            case .notEvaluated: return "NOT"
            }
        } catch {
            return "SYNTAX"
        }
    }

    @Test("comes to what cel-go says")
    func cases() {
        for (source, expected) in CELCases.all {
            let actual = Self.outcome(source)
            #expect(Array(actual.utf8) == Array(expected.utf8), "\(source): \(actual), not \(expected)")
        }
    }

    @Test(
        "that is hostile is refused or stopped, and never passes",
        arguments: [
            String(repeating: "(", count: 99_000), String(repeating: "[", count: 99_000),
            String(repeating: "a.", count: 40_000) + "a", String(repeating: "1+", count: 40_000) + "1",
            String(repeating: "!(", count: 30_000), String(repeating: "a?b:", count: 20_000) + "c",
            String(repeating: "x", count: 200_000),
        ])
    func hostile(source: String) {
        #expect(throws: CELError.self) { _ = try CELProgram(source) }
    }

    @Test("that costs too much is not evaluated")
    func cost() {
        let loop = "lists.range(1000).all(a, lists.range(1000).all(b, lists.range(1000).all(c, true)))"
        #expect(Self.outcome(loop) == "NOT")
        #expect(Self.outcome(loop + " || true") == "NOT")
        #expect(Self.outcome("lists.range(9223372036854775807).size() > 0") == "NOT")
        #expect(Self.outcome("1 + 1 == 2", costLimit: 2) == "NOT")
        #expect(Self.outcome("isQuantity('1e-9223372036854775808')") == "NOT")
        #expect(Self.outcome("timestamp('2020-01-01T00:00:00Z').getHours('-9223372036854775808:00')").hasPrefix("ERR"))
    }

    @Test("names what is not implemented or declared")
    func problems() throws {
        #expect(try CELProgram("self.foo() || bar(1)").unsupportedFunctions == ["bar", "foo"])
        #expect(
            try CELProgram("self.x == y").problems() == [
                CELProblem(message: "undeclared reference to 'y' (in container '')", offset: 10)
            ])
        #expect(try CELProgram("self.x == y").problems(declaring: ["y"]).isEmpty)
        #expect(try CELProgram("self.l.all(i, v, i < v && oldSelf.x)").problems().isEmpty)
        #expect(try CELProgram("self.matches('(')").problems().count == 1)
    }

    @Test("knows whether it is a transition rule")
    func transition() throws {
        #expect(try CELProgram("self == oldSelf").usesOldSelf)
        #expect(try !CELProgram("self.oldSelf == 1").usesOldSelf)
    }

    @Test(
        "names fields as the API server does",
        arguments: [
            ("a-b", "a__dash__b"), ("a.b/c", "a__dot__b__slash__c"), ("namespace", "__namespace__"), ("plain", "plain"),
            ("a__b", "a__underscores__b"), ("1a", nil), ("ä", nil), ("", nil),
        ] as [(String, String?)])
    func names(field: String, escaped: String?) {
        #expect(CELNames.escape(field) == escaped)
        if let escaped { #expect(CELNames.unescape(escaped) == field) }
    }
}
