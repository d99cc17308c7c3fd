import Expressions
import Testing

@Suite("A regular expression")
struct RegularExpressionTests {
    @Test("matches what Go's regexp matches, and is refused in its words")
    func cases() {
        for (pattern, text, expected) in RegularExpressionCases.all {
            var actual: String
            do throws(RegularExpressionError) {
                let expression = try RegularExpression(pattern)
                actual = "no match"
                if expression.matches(text) { actual = "M " + expression.allMatches(in: text).joined(separator: "|") }
            } catch {
                actual = "E " + error.message
            }
            #expect(Array(actual.utf8) == Array(expected.utf8), "\(pattern) in \(text): \(actual), not \(expected)")
        }
    }

    @Test(
        "that is hostile is refused",
        arguments: [
            ("(x{1000}){1000}", "invalid repeat count"), ("x{1001}", "invalid repeat count"),
            (String(repeating: "(", count: 100_000), "missing closing )"),
            (String(repeating: "(", count: 5000) + String(repeating: ")", count: 5000), "expression nests too deeply"),
            ("(?:" + String(repeating: "a", count: 50_000) + "){1000}", "expression too large"),
        ])
    func refused(pattern: String, reason: String) {
        let error = #expect(throws: RegularExpressionError.self) { _ = try RegularExpression(pattern) }
        #expect(error?.reason == reason)
    }

    @Test(
        "takes time linear in the text",
        arguments: ["(a*)*b", "(a|aa)+$b", "(a?){300}a{300}b", "(?:(?:a*)*)*b", "[ab]*a[ab]{12}b"])
    func linear(pattern: String) throws {
        let text = String(repeating: "a", count: 20_000)
        #expect(try !RegularExpression(pattern).matches(text))
    }

    @Test("finds the leftmost match, or none")
    func firstMatch() throws {
        #expect(try RegularExpression("[0-9]+").firstMatch(in: "ab 12 34") == "12")
        #expect(try RegularExpression("x").firstMatch(in: "abc") == nil)
        #expect(try RegularExpression("[0-9]").allMatches(in: "1 2 3", limit: 2) == ["1", "2"])
    }
}
