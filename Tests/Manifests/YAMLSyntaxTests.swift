import Manifests
import Testing

/// A broken text and the one line that is said about it.
struct Broken: CustomTestStringConvertible, Sendable {
    let text: String
    let place: String
    let message: String

    init(_ text: String, _ place: String, _ message: String) {
        self.text = text
        self.place = place
        self.message = message
    }

    var testDescription: String { text.prefix(60).debugDescription }
}

/// What both ways of reading say about a text; they must agree.
func yamlErrors(_ text: String) -> [Diagnostic] {
    yamlErrors(Array(text.utf8))
}

func yamlErrors(_ bytes: [UInt8]) -> [Diagnostic] {
    let checked = YAML.check(bytes, file: "f")
    let parsed = YAML.parse(bytes, file: "f").diagnostics
    #expect(checked == parsed)
    return checked
}

func place(_ diagnostic: Diagnostic?) -> String {
    diagnostic?.position.map { "\($0.line):\($0.column)" } ?? "none"
}

@Suite("A YAML syntax error")
struct YAMLSyntaxTests {
    static let cases: [Broken] = [
        // Tabs
        Broken("a:\n\tb: c\n", "2:1", "a tab is used for indentation"),
        Broken("a:\n  b: 1\n\tc: 2\n", "3:1", "a tab is used for indentation"),
        Broken("a:\n  b: 1\n  \tc: 2\n", "3:3", "a tab is used for indentation"),
        Broken("a: b\n\tc: d\n", "2:1", "a tab is used for indentation"),
        Broken("a:\n  - x\n\t- y\n", "3:1", "a tab is used for indentation"),
        Broken("a: |\n\tfoo\n", "2:1", "a tab is used for indentation"),
        // Quotes
        Broken("a: \"foo\nb: c\n", "1:4", "the quote that opens here is never closed"),
        Broken("a: 1\nb:\n  - 'foo\nc: d\n", "3:5", "the quote that opens here is never closed"),
        Broken("a: 'foo\n---\nb: c\n", "1:4", "the quote that opens here is never closed"),
        Broken(
            "a: \"foo\nb: \"bar\"\nc: d\n", "1:4", "the quote that opens here closes only at line 2, column 4"),
        Broken("a: 'it's'\n", "1:8", "text follows the closing quote"),
        Broken("a: \"he said \"hi\" ok\"\n", "1:14", "text follows the closing quote"),
        Broken("a: \"\\d\"\n", "1:5", "unknown escape in double quotes"),
        Broken("a: \"\\xZ\"\n", "1:7", "an escape in double quotes lacks its hexadecimal digits"),
        Broken("a: \"\\ud800\"\n", "1:7", "an escape in double quotes stands for no character"),
        // Missing quotes
        Broken("msg: error: bad thing\n", "1:11", "a second \": \" on the line"),
        Broken("a: \"b\": c\n", "1:7", "a second \": \" on the line"),
        Broken("a: @x\n", "1:4", "a value without quotes cannot start with \"@\""),
        Broken("a: `x`\n", "1:4", "a value without quotes cannot start with \"`\""),
        Broken("a: %x\n", "1:4", "a value without quotes cannot start with \"%\""),
        Broken("a: ,b\n", "1:4", "a value cannot start with \",\""),
        Broken("a: */5 * * * *\n", "1:4", "\"*\" must be followed by the name of an anchor"),
        Broken("a: &\n", "1:4", "\"&\" must be followed by the name of an anchor"),
        Broken("a: !foo!x y\n", "1:4", "the tag has a prefix that no %TAG directive defines"),
        Broken("a: !<x y\n", "1:4", "\"!\" must be followed by a tag"),
        Broken("%foo\n---\na: b\n", "1:1", "the line starts with \"%\" and is no directive of YAML"),
        Broken("a: [b:]\n", "1:6", "a \":\" ends a value within brackets"),
        Broken("a: |0\n  x\n", "1:5", "the indentation after \"|\" or \">\" is a digit from 1 to 9"),
        Broken("a: ? b\n", "1:4", "a key cannot start here"),
        Broken("a: - b\n", "1:4", "a list item cannot start here"),
        Broken("a: >x\n", "1:5", "only a comment may follow here on this line"),
        // Templates
        Broken("a: {{ .Values.x }}\n", "1:4", "a template expression is left in the file"),
        Broken("a: {{ .x }}-y\n", "1:4", "a template expression is left in the file"),
        Broken("a: b\nc: [ {{ x }} ]\n", "2:6", "a template expression is left in the file"),
        Broken("{{- if x }}\na: b\n", "1:1", "a template expression is left in the file"),
        Broken("a: b\n{{ toYaml . }}\nc: d\n", "2:1", "a template expression is left in the file"),
        Broken("{% if x %}\na: b\n", "1:1", "a template expression is left in the file"),
        Broken("a: {{ .Values.x | quote }}\n", "1:4", "a template expression is left in the file"),
        // Merge conflicts
        Broken("<<<<<<< HEAD\na: b\n=======\na: c\n>>>>>>> x\n", "1:1", "a merge conflict is left in the file"),
        Broken("a: b\n<<<<<<< HEAD\nc: d\n=======\nc: e\n", "2:1", "a merge conflict is left in the file"),
        // Structure
        Broken("a: b\n  c: d\n", "2:3", "a key cannot stand here, below a line that already has a value"),
        Broken(
            "a:\n  b: c\n d: e\n", "3:2", "the indentation fits no line above, in the mapping that starts on line 1"),
        Broken("a: b\nfoo\n", "2:1", "expected \": \" after this key"),
        Broken("foo bar\nbaz: 1\n", "1:1", "expected \": \" in this line, since a key follows it"),
        Broken("foo:bar\nbaz: 1\n", "1:1", "expected \": \" in this line, since a key follows it"),
        Broken("- a\nb: c\n", "2:1", "expected another \"- \" of the list that starts on line 1"),
        Broken("a:\n- b\nc: d\n- e\n", "4:1", "expected a key of the mapping that starts on line 1, not a list item"),
        Broken("a: [1, 2\nb: c\n", "1:4", "the \"[\" that opens here is not closed before line 2"),
        Broken("a: {x: 1\nb: c\n", "1:4", "the \"{\" that opens here is not closed before line 2"),
        Broken("a: 1\nb: [\n---\nc: 3\n", "2:4", "the \"[\" that opens here is not closed before line 3"),
        Broken("a: [\n  b: c\n  d: e\n]\n", "3:4", "expected \",\" or \"]\" for the \"[\" at line 1, column 4"),
        Broken(
            "a: \"\(String(repeating: "x", count: 5000))\" y\n", "1:5007", "text follows the closing quote"),
        Broken("a: [\n  b,\n  \"c\" \"d\"\n]\n", "3:7", "text follows the closing quote"),
        Broken("a: [1, 2]]\n", "1:10", "\"]\" closes nothing"),
        Broken("a: }\n", "1:4", "\"}\" closes nothing"),
        Broken("%YAML 2.0\n---\na: b\n", "1:1", "the %YAML directive names a version other than 1.1 or 1.2"),
        Broken("a: " + String(repeating: "k", count: 1100) + ": x\n", "1:1104", "a key has at most 1024 characters"),
        // Aliases
        Broken("a: *x\n", "1:4", "alias \"*x\" names no anchor before it in this document"),
        Broken("a: &x 1\n---\nb: *x\n", "3:4", "alias \"*x\" names no anchor before it in this document"),
        Broken("a: &x [*x]\n", "1:8", "alias \"*x\" stands within the value that it names"),
        // Characters
        Broken("a: b\0c\n", "1:5", "character NUL (U+0000) is not allowed"),
        Broken("a: b\nc: \u{1B}[31m\n", "2:4", "character U+001B is not allowed"),
        Broken("a: b\nc: é\u{FFFE}\n", "2:5", "character U+FFFE is not allowed"),
        // Where it is, counted in characters
        Broken("a: b\r\nc: d: e\r\n", "2:5", "a second \": \" on the line"),
        Broken("\u{FEFF}a: b: c\n", "1:5", "a second \": \" on the line"),
        Broken("é日👍: b: c\n", "1:7", "a second \": \" on the line"),
    ]

    @Test("is placed and explained", arguments: cases)
    func explained(broken: Broken) throws {
        let diagnostics = yamlErrors(broken.text)
        let diagnostic = try #require(diagnostics.first)
        #expect(diagnostics.count == 1)
        #expect(place(diagnostic) == broken.place)
        #expect(diagnostic.message == broken.message)
        #expect(diagnostic.severity == .error)
    }

    @Test(
        "has a rule of its own where there is a way out of its own",
        arguments: [
            ("a: {{ x }}\n", "yaml/template"), ("a: *x\n", "yaml/unknown-alias"),
            ("a: &x [*x]\n", "yaml/recursive-alias"),
            ("a: \u{1}\n", "yaml/control-character"), ("a: b: c\n", "yaml/syntax"),
            ("<<<<<<< HEAD\na: b\n", "yaml/merge-conflict"),
        ])
    func rule(text: String, rule: String) {
        #expect(yamlErrors(text).map(\.rule) == [rule])
    }

    @Test(
        "says the way out",
        arguments: [
            ("a: 'it's'\n", "in single quotes a ' is written as ''"),
            ("a: \"x\" y\n", "in double quotes a \" is written as \\\""),
            ("a: \"foo\nb: \"bar\"\n", "a closing quote is probably missing on line 1"),
            ("a: &abd 1\nb: *abc\n", "did you mean \"*abd\"?"),
            ("foo:bar\nbaz: 1\n", "a colon must be followed by a space"),
            ("msg: error: bad\n", "put the whole value in quotes"),
        ])
    func hint(text: String, hint: String) {
        #expect(yamlErrors(text).first?.hint == hint)
    }

    @Test("in one document does not hide those of the next")
    func everyDocument() {
        let text = "a: b: c\n---\nd: e\n---\nf: g: h\n...\n%TAG !x! tag:x,2000:\n---\ni: !x!y @\n"
        let diagnostics = yamlErrors(text)
        #expect(diagnostics.map { place($0) } == ["1:5", "5:5", "9:9"])
        let documents = YAML.parse(Array(text.utf8), file: "f").documents
        #expect(documents.map { $0.root.position.line } == [3])
    }

    @Test("on a line that starts a document is told once")
    func sameErrorOnce() {
        #expect(yamlErrors("--- }\n--- a\n--- ]\n").map { place($0) } == ["1:5", "3:5"])
    }

    @Test("of a second template on another line is told too, on the same line not")
    func templates() {
        #expect(yamlErrors("- {{ x }}\n- {{ y }}\n- [{{ a }}, {{ b }}]\n").map { place($0) } == ["1:3", "2:3", "3:4"])
    }

    @Test("never carries a raw control character of the file")
    func hostileNames() {
        for diagnostic in yamlErrors("a: *\u{202E}x\n") + yamlErrors("a: !\u{202E}!x y\n")
            + yamlErrors("a: \u{9B}31m\n")
        {
            #expect(!diagnostic.rendered.unicodeScalars.contains { $0 == "\u{202E}" || $0 == "\u{9B}" })
        }
    }

    @Test(
        "of the encoding names the byte and its place",
        arguments: [
            ([0x61, 0x3A, 0x20, 0xFF, 0x0A], "1:4", "byte 0xff is not UTF-8"),
            ([0xC3, 0xA9, 0x3A, 0x0A, 0xC3, 0xA9, 0xC0, 0x80], "2:2", "byte 0xc0 is not UTF-8"),
            ([0x61, 0x0D, 0x0A, 0xE2, 0x82], "2:1", "byte 0xe2 is not UTF-8"),
            ([0x61, 0xED, 0xA0, 0x80], "1:2", "byte 0xed is not UTF-8"),
            ([0xFF, 0xFE, 0x61, 0x00], "1:1", "file is encoded as UTF-16"),
            ([0xFE, 0xFF, 0x00, 0x61], "1:1", "file is encoded as UTF-16"),
        ] as [([UInt8], String, String)])
    func encoding(bytes: [UInt8], expectedPlace: String, message: String) {
        let diagnostics = yamlErrors(bytes)
        #expect(diagnostics.map(\.message) == [message])
        #expect(diagnostics.map(\.rule) == ["yaml/encoding"])
        #expect(place(diagnostics.first) == expectedPlace)
    }
}
