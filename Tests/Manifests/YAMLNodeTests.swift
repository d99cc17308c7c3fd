import Manifests
import Testing

/// A node as one line, with places, to compare against.
func outline(_ node: Node) -> String {
    let start = "@\(node.range.start.line):\(node.range.start.column)"
    let tag = node.tag.map { "<\($0)>" } ?? ""
    switch node.content {
    case .scalar(let text, let style):
        let mark =
            switch style {
            case .plain: ""
            case .singleQuoted: "'"
            case .doubleQuoted: "\""
            case .literal: "|"
            case .folded: ">"
            }
        return "\(tag)\(mark)\(text)\(start)"
    case .sequence(let items):
        return "\(tag)[\(items.map(outline).joined(separator: ", "))]\(start)"
    case .mapping(let pairs):
        return "\(tag){\(pairs.map { "\(outline($0.key)): \(outline($0.value))" }.joined(separator: ", "))}\(start)"
    }
}

func parsed(_ text: String) throws -> [Document] {
    let (documents, diagnostics) = YAML.parse(Array(text.utf8), file: "f")
    #expect(diagnostics.isEmpty)
    #expect(YAML.check(Array(text.utf8), file: "f").isEmpty)
    return documents
}

@Suite("YAML nodes")
struct YAMLNodeTests {
    @Test(
        "know what they are and where they stood",
        arguments: [
            ("a: b\n", "{a@1:1: b@1:4}@1:1"),
            ("a:\n- b\n- 'c'\n", "{a@1:1: [b@2:3, 'c@3:3]@2:1}@1:1"),
            ("a: {b: \"c\", d: [e]}\n", "{a@1:1: {b@1:5: \"c@1:8, d@1:13: [e@1:17]@1:16}@1:4}@1:1"),
            ("a: |\n  x\n  y\nb: >\n  z\n", "{a@1:1: |x\ny\n@1:4, b@4:1: >z\n@4:4}@1:1"),
            ("a:\nb: ~\n", "{a@1:1: @1:3, b@2:1: ~@2:4}@1:1"),
            ("é: 日\n本: x\n", "{é@1:1: 日@1:4, 本@2:1: x@2:4}@1:1"),
            ("a: b\r\nc:\r\n  d: e\r\n", "{a@1:1: b@1:4, c@2:1: {d@3:3: e@3:6}@3:3}@1:1"),
            ("\u{FEFF}a: b\n", "{a@1:1: b@1:4}@1:1"),
            ("a: !x y\nb: !!str 1\n", "{a@1:1: <!x>y@1:4, b@2:1: <tag:yaml.org,2002:str>1@2:4}@1:1"),
            ("a: \"\\0\\u00e9\\U0001F44D\"\n", "{a@1:1: \"\0é👍@1:4}@1:1"),
            ("? [x]\n: y\n", "{[x@1:4]@1:3: y@2:3}@1:1"),
            ("a: 1\na: 2\n", "{a@1:1: 1@1:4, a@2:1: 2@2:4}@1:1"),
            ("%YAML 1.1\n---\na: b\n", "{a@3:1: b@3:4}@3:1"),
            ("a: b # {{ x }}\nc: \"{{ x }}\"\n", "{a@1:1: b@1:4, c@2:1: \"{{ x }}@2:4}@1:1"),
        ])
    func outlines(text: String, expected: String) throws {
        let documents = try parsed(text)
        #expect(documents.map { outline($0.root) } == [expected])
    }

    @Test("have an end too")
    func ranges() throws {
        let root = try #require(try parsed("key: 'val'\nlist: [a, b]\n").first?.root)
        let pairs = try #require(root.pairs)
        #expect(pairs[0].key.range.end == SourcePosition(line: 1, column: 4))
        #expect(pairs[0].value.range == SourceRange(start: .init(line: 1, column: 6), end: .init(line: 1, column: 11)))
        #expect(pairs[1].value.range.end == SourcePosition(line: 2, column: 13))
    }

    @Test("stand in a document each of a stream")
    func stream() throws {
        let documents = try parsed("# first\n---\na: b\n---\n---\nc\n...\n---\n- d\n")
        #expect(documents.map { outline($0.root) } == ["{a@3:1: b@3:4}@3:1", "@5:1", "c@6:1", "[d@9:3]@9:1"])
        #expect(documents.map(\.position.line) == [2, 4, 5, 8])
        #expect(documents[1].root.isNull)
    }

    @Test("are none in a file without content", arguments: ["", "\n\n", "# comment\n", "\u{FEFF}", "---\n...\n"])
    func empty(text: String) throws {
        #expect(try parsed(text).allSatisfy { $0.root.isNull })
    }

    @Test("that an alias names are the anchor's own")
    func aliases() throws {
        let pairs = try #require(try parsed("a: &x {b: c}\nd: *x\n").first?.root.pairs)
        #expect(pairs[0].value === pairs[1].value)
    }

    @Test("that an alias names are those of the latest anchor of the name")
    func redefinedAnchor() throws {
        let pairs = try #require(try parsed("a: &x [&x 1, *x]\nb: *x\nc: &x 2\nd: *x\n").first?.root.pairs)
        #expect(pairs[0].value.items?.map(\.text) == ["1", "1"])
        #expect(pairs[1].value.text == "1")
        #expect(pairs[3].value.text == "2")
    }

    @Test("of a document before an error are kept, of the broken one not")
    func partial() {
        let (documents, diagnostics) = YAML.parse(Array("a: 1\n---\nb: [\n---\nc: 3\n".utf8), file: "f")
        #expect(documents.map { outline($0.root) } == ["{a@1:1: 1@1:4}@1:1", "{c@5:1: 3@5:4}@5:1"])
        #expect(diagnostics.map { place($0) } == ["3:4"])
    }
}
