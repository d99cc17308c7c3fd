import Manifests
import Testing

@Suite("Hostile YAML")
struct HostileYAMLTests {
    /// Each level names the one before ten times.
    static func bomb(levels: Int) -> String {
        var text = "a0: &a0 x\n"
        for level in 1...levels {
            let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(aliases)]\n"
        }
        return text
    }

    @Test("that multiplies aliases is shared, not copied")
    func aliasBomb() throws {
        // A copy would have 10^100 nodes: the test ends because there is none.
        let root = try #require(try parsed(Self.bomb(levels: 100)).first?.root)
        let pairs = try #require(root.pairs)
        let top = try #require(pairs[100].value.items)
        #expect(top.count == 10)
        #expect(top.allSatisfy { $0 === pairs[99].value })
        #expect(root.height == 101)
        #expect(root.expandedCount == .max)
        #expect(pairs[2].value.expandedCount == 111)
    }

    @Test("cannot nest deeper through aliases than by itself")
    func depthThroughAliases() {
        var text = "a0: &a0 [x]\n"
        for level in 1...600 { text += "a\(level): &a\(level) [*a\(level - 1)]\n" }
        let diagnostics = yamlErrors(text)
        // The root counts one, and line n+1 has n+1 lists: line 512 is the first with 512.
        #expect(diagnostics.map(\.rule) == ["yaml/depth"])
        #expect(diagnostics.first?.position?.line == 512)
    }

    @Test(
        "of a depth of 100,000 is refused where the limit is passed",
        arguments: [("[", "1:513"), ("{a: ", "1:2049"), ("- ", "1:1025"), ("? ", "1:1025"), ("[\n", "513:1")])
    func depth(opening: String, expected: String) {
        let diagnostics = yamlErrors(String(repeating: opening, count: 100_000))
        #expect(diagnostics.map(\.rule) == ["yaml/depth"])
        #expect(place(diagnostics.first) == expected)
    }

    @Test("may be as deep as the limit allows")
    func depthAtLimit() {
        let text = String(repeating: "[", count: 512) + String(repeating: "]", count: 512)
        #expect(yamlErrors(text).isEmpty)
        #expect(YAML.check(Array("[[]]".utf8), file: "f", limits: ReadingLimits(depth: 1)).map { place($0) } == ["1:2"])
    }

    @Test("in flow style pays for each value at each depth, and is stopped")
    func flowWork() {
        let text = String(repeating: "[", count: 511) + String(repeating: "1,", count: 600_000)
        let diagnostics = YAML.check(Array(text.utf8), file: "f")
        #expect(diagnostics.map(\.message) == ["too many values within too many brackets"])
    }

    @Test("that is too long is not read")
    func size() {
        let limits = ReadingLimits(bytes: 4)
        #expect(YAML.check(Array("abcd".utf8), file: "f", limits: limits).isEmpty)
        let diagnostics = YAML.check(Array("abcde".utf8), file: "f", limits: limits)
        #expect(
            diagnostics.map(\.rendered) == [
                "f: error: file has 5 bytes, more than the 4 that are read [yaml/size]\n  hint: split it into smaller files"
            ])
    }

    @Test("with an error in each document is not reported without end")
    func errors() {
        let diagnostics = yamlErrors(String(repeating: "---\n}\n", count: 100_000))
        #expect(diagnostics.count == 21)
        #expect(diagnostics.last?.rule == "yaml/too-many-errors")
    }

    @Test("with too many %TAG directives is refused")
    func directives() {
        let directives = (0...100).map { "%TAG !t\($0)! tag:x,2000:\n" }.joined()
        let diagnostics = yamlErrors(directives + "---\na: b\n")
        #expect(diagnostics.map(\.message) == ["more than 100 %TAG directives, or one of more than 1024 bytes"])
        #expect(place(diagnostics.first) == "101:1")
    }

    @Test("with a long %TAG directive, which each tag would copy, is refused", .timeLimit(.minutes(15)))
    func longDirective() {
        let text = "%TAG !t! tag:" + String(repeating: "x", count: 1 << 20) + "\n---\n" + String(repeating: "- !t!a b\n", count: 500_000)
        #expect(yamlErrors(text).map(\.rule) == ["yaml/syntax"])
    }

    @Test("is not told of beyond its end", arguments: ["%TAG ! tag:x,2000:", "a: [", "a: b\n - "])
    func noLineAfterTheLast(text: String) {
        for diagnostic in yamlErrors(text) {
            #expect((diagnostic.position?.line ?? 0) <= text.split(separator: "\n").count)
        }
    }

    @Test("of a million documents is read")
    func documents() {
        #expect(YAML.check(Array(String(repeating: "---\n", count: 1_000_000).utf8), file: "f").isEmpty)
    }

    @Test("leaves no value out of reach of release, whatever its depth")
    func release() {
        // Depth is bounded through aliases too, so letting go can't recurse far.
        let (documents, _) = YAML.parse(
            Array((String(repeating: "[", count: 512) + String(repeating: "]", count: 512)).utf8), file: "f")
        #expect(documents.first?.root.height == 512)
    }

    private static func read(_ text: String, _ language: ManifestFile.Language = .yaml) -> ManifestFile {
        ManifestFile(Array(text.utf8), language: language, file: "f")
    }

    /// A mapping of many keys, by an anchor.
    private static let large = "a: &a {" + (0..<100_000).map { "k\($0): 0" }.joined(separator: ", ") + "}\n"

    @Test(
        "that multiplies by merge keys or by aliases as keys is refused where it becomes too much",
        .timeLimit(.minutes(15)),
        arguments: [
            large + "b:\n" + String(repeating: "- {<<: *a}\n", count: 200_000),
            large + "b:\n" + String(repeating: "- {<<: [" + Array(repeating: "*a", count: 1000).joined(separator: ",") + "]}\n", count: 100),
            large + "b:\n" + String(repeating: "  <<: *a\n", count: 200_000),
            "a0: &a0 {x: 1}\n" + (1..<20_000).map { "a\($0): &a\($0) {<<: *a\($0 - 1), k\($0): 1}\n" }.joined(),
            "a: &a \"" + String(repeating: "x", count: 4 << 20) + "\"\nb:\n" + String(repeating: "- ? *a\n  : 1\n", count: 100_000),
            "a: &a \"" + String(repeating: "x", count: 4 << 20) + "\"\nb:\n" + String(repeating: "- *a\n", count: 100_000),
        ])
    func multiplication(text: String) {
        let file = Self.read(text)
        // A chain of merge keys is deep before it is much.
        #expect(file.diagnostics.contains { ["yaml/aliases", "yaml/depth"].contains($0.rule) && $0.severity == .error })
        #expect(file.diagnostics.count < 50)
        #expect(file.documentCount == 0)
    }

    @Test("with many keys brought by few merge keys is read in a time that follows its size", .timeLimit(.minutes(15)))
    func largeMerges() {
        let file = Self.read(Self.large + "b: {<<: *a, own: 1}\n")
        #expect(file.diagnostics.isEmpty)
        #expect(file.withDocuments { $0.first?.root["b"]?.count } == 100_001)
    }

    @Test("cannot hide an error behind what is only warned of, or may be allowed")
    func hiding() {
        let words = (0..<30).map { "a\($0): yes\n" }.joined()
        #expect(Self.read(words + "x: 1\nx: 2\n").diagnostics.contains { $0.rule == "yaml/duplicate-key" && $0.severity == .error })
        let overlaps = (0..<30).map { "b\($0): {<<: *a, k: 2}\n" }.joined()
        let found = Self.read("a: &a {k: 1}\n" + overlaps + "x: 1\nx: 2\n").diagnostics
        #expect(found.contains { $0.rule == "yaml/duplicate-key" })
        // One that has no place, for no exception can be made from it.
        #expect(found.contains { $0.rule == "yaml/merge-overlap" && $0.position == nil })
    }

    @Test("of a million equal keys tells of them briefly", .timeLimit(.minutes(15)), arguments: [ManifestFile.Language.yaml, .json])
    func duplicates(language: ManifestFile.Language) {
        let text = language == .yaml
            ? String(repeating: "a: 1\n", count: 1_000_000) : "{" + Array(repeating: "\"a\":1", count: 1_000_000).joined(separator: ",") + "}"
        #expect(Self.read(text, language).diagnostics.count == 21)
    }

    @Test("of a million keys, or 100,000 anchors, is read", .timeLimit(.minutes(15)))
    func many() {
        let keys = Self.read((0..<1_000_000).map { "key\($0): 1\n" }.joined())
        #expect(keys.diagnostics.isEmpty && keys.withDocuments { $0.first?.root.count } == 1_000_000)
        let anchors = Self.read((0..<100_000).map { "a\($0): &a\($0) 1\n" }.joined() + "z: *a5\n")
        #expect(anchors.diagnostics.isEmpty)
    }

    @Test("of 100 MB is refused by its size")
    func hundredMegabytes() {
        let file = ManifestFile([UInt8](repeating: 0x78, count: 100 << 20), language: .yaml, file: "f")
        #expect(file.diagnostics.map(\.rule) == ["yaml/size"])
    }

    @Test("with long texts and long keys is told of briefly", .timeLimit(.minutes(15)))
    func longTexts() {
        let long = String(repeating: "k", count: 1 << 20)
        for text in ["? \(long)\n: 1\n? \(long)\n: 2\n", "\(long): 1\n", "a: *\(long)\n", "a: !!int \(long)\n", "a: !<\(long)> 1\nb: [\n", "a: \(long) b: c\n", "'\(long)' x\n"] {
            for diagnostic in Self.read(text).diagnostics { #expect(diagnostic.rendered.utf8.count < 1000) }
        }
    }

    @Test(
        "that is not text is refused where it is not", .timeLimit(.minutes(15)),
        arguments: [
            ([0x61, 0x3A, 0x20, 0xFF], "1:4"), ([0xC3], "1:1"), ([0x61, 0x0A, 0xC3], "2:1"), ([0x23, 0xED, 0xA0, 0x80], "1:2"),
            ([0x22, 0xF5, 0x80, 0x80, 0x80, 0x22], "1:2"), ([0x27, 0xC0, 0x80, 0x27], "1:2"), ([0x26, 0x80, 0x20, 0x31], "1:2"), ([0x7C, 0x0A, 0x20, 0xFE], "2:2"),
            ([0x5B, 0x80, 0x5D], "1:2"), ([0x61, 0x3A, 0x20, 0x00], "1:4"), ([0x00], "1:1"), ([0x23, 0x00], "1:2"), ([0x22, 0x00, 0x22], "1:2"),
        ] as [([UInt8], String)])
    func bytes(bytes: [UInt8], expected: String) {
        let file = ManifestFile(bytes, language: .yaml, file: "f")
        #expect(file.diagnostics.map(\.severity) == [.error])
        #expect(place(file.diagnostics.first) == expected)
    }
}
