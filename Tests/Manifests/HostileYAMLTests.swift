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
        let directives = (0...1000).map { "%TAG !t\($0)! tag:x,2000:\n" }.joined()
        let diagnostics = yamlErrors(directives + "---\na: b\n")
        #expect(diagnostics.map(\.message) == ["more than 1000 %TAG directives"])
        #expect(place(diagnostics.first) == "1001:1")
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
}
