import Manifests
import Posix
import Testing


/// Values as the Kubernetes API machinery reads them.
@Suite struct ResolutionTests {
    /// Every case of a table made with sigs.k8s.io/yaml 1.6: YAML, the JSON it
    /// becomes or the error, and whether strict mode takes it.
    @Test func everyCaseOfTheTable() throws {
        var cases = 0
        for line in try table("yaml-resolution.tsv") {
            let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            try #require(columns.count == 3, "\(line)")
            let source = try #require(unquoted(columns[0]), "\(line)")
            cases += 1
            let file = ManifestFile(Array(source.utf8), language: .yaml, file: "case.yaml")
            let errors = file.diagnostics.filter { $0.severity == .error }
            guard columns[1].hasPrefix("ERR") == false, columns[2] == "strict-ok" else {
                #expect(!errors.isEmpty, "\(columns[0]) is refused: \(columns[1]) \(columns[2])")
                #expect(errors.allSatisfy { $0.position != nil }, "\(columns[0])")
                if !columns[1].hasPrefix("ERR") { #expect(firstDocument(file) == canonical(columns[1]), "\(columns[0])") }
                continue
            }
            #expect(errors.isEmpty, "\(columns[0]): \(errors.map(\.rendered))")
            #expect(firstDocument(file) == canonical(columns[1]), "\(columns[0])")
        }
        #expect(cases > 130)
    }

    /// The first document in JSON; a file without documents is null.
    private func firstDocument(_ file: ManifestFile) -> String {
        file.withDocuments { $0.first?.root.json ?? "null" }
    }

    private func canonical(_ json: String) -> String {
        firstDocument(ManifestFile(Array(json.utf8), language: .json, file: "expected.json"))
    }

    private func unquoted(_ json: String) -> String? {
        ManifestFile(Array(json.utf8), language: .json, file: "source.json").withDocuments { $0.first?.root.string }
    }

    private func table(_ name: String, folder: String = #filePath) throws -> [Substring] {
        let path = folder.split(separator: "/").dropLast().joined(separator: "/")
        return String(decoding: try #require(try contents(ofFile: "/\(path)/\(name)")), as: UTF8.self)
            .split(separator: "\n").filter { !$0.hasPrefix("#") }
    }

    @Test func aValueKnowsWhereItStood() {
        let file = ManifestFile(Array("a: &x {b: 1}\nc:\n  - *x\n  - |\n    text\n".utf8), language: .yaml, file: "f")
        file.withDocuments { documents in
            let root = documents[0].root
            #expect(root["a"]?.position == SourcePosition(line: 1, column: 4))
            #expect(root["c"]?.items[0].isSame(as: root["a"]!) == true)
            #expect(root.field("c")?.key.position == SourcePosition(line: 2, column: 1))
            #expect(root["c"]?.items[1].position == SourcePosition(line: 4, column: 5))
            #expect(root["c"]?.items[1].string == "text\n")
        }
    }

    @Test func mergedFieldsKeepTheirPlace() {
        let file = ManifestFile(Array("base: &x\n  image: a\nweb:\n  <<: *x\n  name: b\n".utf8), language: .yaml, file: "f")
        #expect(file.diagnostics.isEmpty)
        file.withDocuments { documents in
            let web = documents[0].root["web"]!
            #expect(web.json == #"{"image":"a","name":"b"}"#)
            #expect(web["image"]?.position == SourcePosition(line: 2, column: 10))
        }
    }

    @Test(arguments: [
        ("a: yes\n", "yaml/truth-word"), ("on: 1\n", "yaml/truth-word"), ("a: 0755\n", "yaml/octal"),
        ("1: a\n'1': b\n", "yaml/duplicate-key"),
    ])
    func surprisesAreWarnedOf(_ source: String, rule: String) {
        let found = ManifestFile(Array(source.utf8), language: .yaml, file: "f").diagnostics
        #expect(found.map(\.rule) == [rule])
        #expect(found.map(\.severity) == [.warning])
    }

    @Test(arguments: ["a: true\n", "a: \"yes\"\n", "defaultMode: 0644\n", "mode: 0400\n", "a: 07\n", "a: 0\n"])
    func whatIsUsualIsNot(_ source: String) {
        #expect(ManifestFile(Array(source.utf8), language: .yaml, file: "f").diagnostics.isEmpty)
    }

    @Test(arguments: [
        ("a: 1\nb: 2\na: 3\n", "yaml/duplicate-key", 3), ("a: {b: 1, b: 2}\n", "yaml/duplicate-key", 1),
        ("x: &x {a: 1}\nz:\n  <<: 1\n", "yaml/merge", 3), ("null: 1\n", "yaml/key", 1),
        ("{[a]: 1}\n", "yaml/key", 1), ("%YAML 1.2\n---\na: 1\n", "yaml/version", 1),
        ("a: .nan\n", "yaml/number", 1), ("a: !!int x\n", "yaml/tag", 1),
    ])
    func defectsHaveAPlace(_ source: String, rule: String, line: Int) {
        let found = ManifestFile(Array(source.utf8), language: .yaml, file: "f").diagnostics
        #expect(found.map(\.rule) == [rule])
        #expect(found.first?.position?.line == line)
    }

    @Test func manyKeysAreComparedByHash() {
        let lines = (0..<20_000).map { "key\($0): \($0)" } + ["key77: again"]
        let found = ManifestFile(Array(lines.joined(separator: "\n").utf8), language: .yaml, file: "f").diagnostics
        #expect(found.map(\.position?.line) == [20_001])
    }

    @Test func aliasesThatMultiplyAreRefused() {
        var source = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            source += "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ") + "]\n"
        }
        let file = ManifestFile(Array(source.utf8), language: .yaml, file: "bomb.yaml")
        #expect(file.diagnostics.map(\.rule) == ["yaml/aliases"])
        #expect(file.documentCount == 0)
    }

    @Test func aMillionDocumentsAreRead() {
        let file = ManifestFile(Array(String(repeating: "---\n", count: 1_000_000).utf8), language: .yaml, file: "f")
        #expect(file.documentCount == 1_000_000)
    }

    @Test func numbersOfJSONAreThoseOfJSON() {
        let file = ManifestFile(Array(#"{"a": 1e3, "b": 0.5, "c": -7, "d": 18446744073709551615}"#.utf8), language: .json, file: "f")
        #expect(file.withDocuments { $0[0].root.json } == #"{"a":1000,"b":0.5,"c":-7,"d":18446744073709551615}"#)
    }
}
