import Manifests
import Testing

/// What both ways of reading say about a text; they must agree.
func jsonErrors(_ text: String) -> [Diagnostic] {
    let checked = JSON.check(Array(text.utf8), file: "f")
    let (document, diagnostics) = JSON.parse(Array(text.utf8), file: "f")
    #expect(checked == diagnostics)
    #expect((document == nil) != diagnostics.isEmpty)
    return checked
}

@Suite("JSON")
struct JSONTests {
    @Test(
        "becomes nodes with their places",
        arguments: [
            ("{}", "{}@1:1"), ("[]", "[]@1:1"), ("\"x\"", "\"x@1:1"), (" 1 ", "1@1:2"), ("null", "null@1:1"),
            (
                "{\"a\": [1, -2.5e+3, true], \"é\": {}}",
                "{\"a@1:2: [1@1:8, -2.5e+3@1:11, true@1:20]@1:7, \"é@1:27: {}@1:32}@1:1"
            ),
            ("{\r\n  \"a\": 1,\r\n  \"a\": 2\r\n}", "{\"a@2:3: 1@2:8, \"a@3:3: 2@3:8}@1:1"),
            ("\u{FEFF}{\"a\": 0}", "{\"a@1:2: 0@1:7}@1:1"),
            (#""\"\\\/\b\f\n\r\t\u00e9\ud83d\udc4d""#, "\"\"\\/\u{8}\u{C}\n\r\té👍@1:1"),
            (#"["a\u0041b", "日本", "c"]"#, "[\"aAb@1:2, \"日本@1:14, \"c@1:20]@1:1"),
        ])
    func outlines(text: String, expected: String) throws {
        let (document, diagnostics) = JSON.parse(Array(text.utf8), file: "f")
        #expect(diagnostics.isEmpty)
        #expect(JSON.check(Array(text.utf8), file: "f").isEmpty)
        #expect(try outline(#require(document).root) == expected)
    }

    static let cases: [Broken] = [
        Broken("", "1:1", "the file is empty"),
        Broken(" \n", "1:1", "the file has no value"),
        Broken("[1, 2,]", "1:6", "a comma follows the last element"),
        Broken("{\"a\": 1,\n}", "1:8", "a comma follows the last element"),
        Broken("{\"a\": 1} // x", "1:10", "JSON has no comments"),
        Broken("/* x */ {}", "1:1", "JSON has no comments"),
        Broken("# x\n{}", "1:1", "JSON has no comments"),
        Broken("{'a': 1}", "1:2", "JSON strings stand in double quotes"),
        Broken("[NaN]", "1:2", "JSON has no NaN"),
        Broken("[-Infinity]", "1:2", "JSON has no -Infinity"),
        Broken("[True]", "1:2", "expected a value, not \"True\""),
        Broken("[None]", "1:2", "expected a value, not \"None\""),
        Broken("[foo]", "1:2", "expected a value, not \"foo\""),
        Broken("[01]", "1:2", "a number cannot start with 0"),
        Broken("[+1]", "1:2", "a number cannot start with \"+\""),
        Broken("[.5]", "1:2", "a number needs a digit before the point"),
        Broken("[1.]", "1:2", "a number needs a digit after the point"),
        Broken("[1e]", "1:2", "a number needs a digit in its exponent"),
        Broken("[-]", "1:2", "expected a digit after \"-\""),
        Broken("[-", "1:2", "expected a digit after \"-\""),
        Broken("[0x1F]", "1:3", "a number cannot go on with \"x1F\""),
        Broken("{a: 1}", "1:2", "expected a key in double quotes"),
        Broken("{1: 1}", "1:2", "expected a key in double quotes"),
        Broken("{\"a\" 1}", "1:6", "expected \":\" after the key"),
        Broken("{\"a\":}", "1:6", "expected a value"),
        Broken("{,}", "1:2", "expected a key"),
        Broken("[,]", "1:2", "expected a value"),
        Broken("[1,,2]", "1:4", "expected a value"),
        Broken("{\"a\": 1 \"b\": 2}", "1:9", "expected \",\" before this value"),
        Broken("[1 2]", "1:4", "expected \",\" or \"]\""),
        Broken("[1}", "1:3", "\"}\" closes the \"[\" at line 1, column 1"),
        Broken("{\"a\": [1}", "1:9", "\"}\" closes the \"[\" at line 1, column 7"),
        Broken("{\n\"a\": {\"b\": 1]}", "2:13", "\"]\" closes the \"{\" at line 2, column 6"),
        Broken("{\"a\": [1,\n", "2:1", "the file ends before the \"[\" at line 1, column 7 is closed"),
        Broken("{\"a\"", "1:5", "the file ends before the \"{\" at line 1, column 1 is closed"),
        Broken("\"abc", "1:1", "the string that opens here is never closed"),
        Broken("[\"abc\n]", "1:2", "the string that opens here is not closed on its line"),
        Broken("[\"a\tb\"]", "1:4", "a control character stands in a string"),
        Broken("[\"\\x\"]", "1:3", "unknown escape in a string"),
        Broken("[\"\\u12G4\"]", "1:3", "\\u needs four hexadecimal digits"),
        Broken("[\"\\ud800\"]", "1:3", "the escape is one half of a surrogate pair and stands for no character"),
        Broken("[\"\\udc00\\ud800\"]", "1:3", "the escape is one half of a surrogate pair and stands for no character"),
        Broken("{}\n{}", "2:1", "text follows the end of the value"),
        Broken("{} x", "1:4", "text follows the end of the value"),
        Broken("]", "1:1", "expected a value"),
        Broken("[é]", "1:2", "expected a value, not \"é\""),
        Broken("[\u{1B}]", "1:2", "expected a value, not \"\\x1b\""),
        Broken("[1]\0", "1:4", "text follows the end of the value"),
        Broken("日[", "1:1", "expected a value, not \"日\""),
    ]

    @Test("errors are placed and explained", arguments: cases)
    func explained(broken: Broken) throws {
        let diagnostics = jsonErrors(broken.text)
        #expect(diagnostics.count == 1)
        #expect(place(diagnostics.first) == broken.place)
        #expect(diagnostics.first?.message == broken.message)
        #expect(diagnostics.first?.rule == "json/syntax")
    }

    @Test("errors that can be read over do not hide the next")
    func allErrors() {
        let text = "{ // one\n  'two': NaN,\n  \"three\": [01,],\n}"
        #expect(jsonErrors(text).map { place($0) } == ["1:3", "2:3", "2:10", "3:13", "3:15", "3:17"])
    }

    @Test("errors in invalid UTF-8 name the byte")
    func encoding() {
        let bytes: [UInt8] = [0x5B, 0x22, 0xC3, 0xA9, 0xC3, 0x22, 0x5D]
        #expect(
            JSON.check(bytes, file: "f").map(\.rendered) == [
                "f:1:4: error: byte 0xc3 is not UTF-8 [json/encoding]\n  hint: save the file as UTF-8"
            ])
    }

    @Test(
        "of a depth of 100,000 is refused where the limit is passed",
        arguments: [("[", "1:513"), ("{\"a\":", "1:2561")])
    func depth(opening: String, expected: String) {
        let diagnostics = jsonErrors(String(repeating: opening, count: 100_000))
        #expect(diagnostics.map(\.rule) == ["json/depth"])
        #expect(place(diagnostics.first) == expected)
    }

    @Test("may be as deep as the limit allows")
    func depthAtLimit() {
        #expect(jsonErrors(String(repeating: "[", count: 512) + String(repeating: "]", count: 512)).isEmpty)
    }

    @Test("that is too long is not read")
    func size() {
        #expect(
            JSON.check(Array("[1, 2]".utf8), file: "f", limits: ReadingLimits(bytes: 5)).map(\.rule) == ["json/size"])
    }

    @Test("with an error at each element is not reported without end")
    func errors() {
        let diagnostics = jsonErrors("[" + String(repeating: "NaN,", count: 100_000) + "1]")
        #expect(diagnostics.count == 21)
        #expect(diagnostics.last?.rule == "json/too-many-errors")
    }

    @Test("cut anywhere is refused")
    func truncation() {
        let whole = Array(#"{"a": [1, -2.5e3, true, "x\u00e9\n"], "b": {"c": null}}"#.utf8)
        for length in 0..<whole.count {
            #expect(!JSON.check(Array(whole.prefix(length)), file: "f").isEmpty, "cut after \(length) bytes")
        }
        #expect(JSON.check(whole, file: "f").isEmpty)
    }
}
