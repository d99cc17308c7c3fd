import Environments
import Manifests
import Testing

private func read(_ text: String) -> (OpsFile?, [Diagnostic]) {
    OpsFile.parse(Array(text.utf8), file: "ops.yaml")
}

/// The diagnostics without the file: `2:3 rule message`.
private func errors(_ text: String) -> [String] {
    let (file, diagnostics) = read(text)
    #expect((file == nil) != diagnostics.isEmpty)
    return diagnostics.map { diagnostic in
        "\(diagnostic.position.map { "\($0.line):\($0.column)" } ?? "-") \(diagnostic.rule) \(diagnostic.message)"
    }
}

@Suite("ops.yaml")
struct OpsFileTests {
    @Test("declares environments in order, with path, branch and place")
    func declarations() throws {
        let (file, diagnostics) = read(
            """
            # two of them
            environments:
              staging:
                path: sites/staging
              production:
                path: "production"
                branch: release/1.x
            """)
        #expect(diagnostics.isEmpty)
        #expect(
            file?.environments == [
                Declaration(
                    name: "staging", path: "sites/staging", branch: nil,
                    position: SourcePosition(line: 3, column: 3)),
                Declaration(
                    name: "production", path: "production", branch: "release/1.x",
                    position: SourcePosition(line: 5, column: 3)),
            ])
        #expect(file?["production"]?.branch == "release/1.x")
        #expect(file?["other"] == nil)
    }

    @Test("takes defaults for what is left out", arguments: ["{}", "", "~", "{path: .}"])
    func defaults(value: String) {
        let (file, diagnostics) = read("environments:\n  web: \(value)\n")
        #expect(diagnostics.isEmpty)
        #expect(file?.environments == [Declaration(name: "web", position: SourcePosition(line: 2, column: 3))])
    }

    @Test("that is absent means one environment of the whole tree")
    func implicit() {
        #expect(OpsFile.fileName == "ops.yaml")
        #expect(OpsFile.implicit.environments.map(\.name) == ["default"])
        #expect(OpsFile.implicit["default"]?.path == ".")
        #expect(OpsFile.implicit["default"]?.branch == nil)
    }

    @Test(
        "is read as text where quotes or a tag say so",
        arguments: ["'123'", "\"on\"", "!!str 123", "main", "2024-01-01", "1.2.3", "v1"])
    func textual(branch: String) {
        #expect(errors("environments:\n  web:\n    branch: \(branch)\n") == [])
    }

    @Test("may share settings by alias")
    func aliases() {
        let (file, _) = read("environments:\n  a: &x {path: site}\n  b: *x\n")
        #expect(file?.environments.map(\.path) == ["site", "site"])
    }

    @Test(
        "is refused",
        arguments: [
            ("", ["1:1 ops/empty ops.yaml is empty"]),
            ("# nothing\n", ["1:1 ops/empty ops.yaml is empty"]),
            ("---\n", ["2:1 ops/empty ops.yaml is empty"]),
            ("null\n", ["1:1 ops/empty ops.yaml is empty"]),
            ("- a\n", ["1:1 ops/type ops.yaml must be a mapping, not a list"]),
            ("text\n", ["1:1 ops/type ops.yaml must be a mapping, not text"]),
            ("{}\n", ["1:1 ops/no-environments ops.yaml declares no environments"]),
            ("environments:\n", ["1:14 ops/no-environments \"environments\" declares no environment"]),
            ("environments: {}\n", ["1:15 ops/no-environments \"environments\" declares no environment"]),
            ("environments: [a]\n", ["1:15 ops/type \"environments\" must be a mapping, not a list"]),
            ("environments: 5\n", ["1:15 ops/type \"environments\" must be a mapping, not a number"]),
            (
                "environment:\n  a: {}\n",
                [
                    "1:1 ops/unknown-key unknown key \"environment\" in ops.yaml",
                    "1:1 ops/no-environments ops.yaml declares no environments",
                ]
            ),
            ("environments:\n  a: b\n", ["2:6 ops/type environment \"a\" must be a mapping, not text"]),
            (
                "environments:\n  a: {pth: x, branhc: y, validate: {z: 1}}\n",
                [
                    "2:7 ops/unknown-key unknown key \"pth\" in environment \"a\"",
                    "2:15 ops/unknown-key unknown key \"branhc\" in environment \"a\"",
                    "2:37 ops/unknown-key unknown key \"z\" in \"validate\"",
                ]
            ),
            (
                "environments:\n  a: {}\n  b: {}\n  a: {}\n",
                ["4:3 ops/duplicate-key key \"a\" was already given at line 2, column 3"]
            ),
            (
                "environments:\n  a:\n    path: x\n    \"path\": y\n",
                ["4:5 ops/duplicate-key key \"path\" was already given at line 3, column 5"]
            ),
            (
                "environments: {a: {}}\nenvironments: {b: {}}\n",
                ["2:1 ops/duplicate-key key \"environments\" was already given at line 1, column 1"]
            ),
            (
                "environments:\n  Prod: {}\n  a_b: {}\n  \"\": {}\n",
                [
                    "2:3 ops/environment-name \"Prod\" is no name of an environment",
                    "3:3 ops/environment-name \"a_b\" is no name of an environment",
                    "4:3 ops/environment-name \"\" is no name of an environment",
                ]
            ),
            ("environments:\n  ? [a]\n  : {}\n", ["2:5 ops/type a key of \"environments\" must be text, not a list"]),
            (
                "environments:\n  a: {path: [x], branch: {y: z}}\n",
                [
                    "2:13 ops/type \"path\" must be text, not a list",
                    "2:26 ops/type \"branch\" must be text, not a mapping",
                ]
            ),
            (
                "environments:\n  a: {path: , branch: 1.0}\n",
                [
                    "2:13 ops/type \"path\" must be text, not nothing",
                    "2:23 ops/type \"branch\" must be text, not a number",
                ]
            ),
            ("environments:\n  a: {branch: on}\n", ["2:15 ops/type \"branch\" must be text, not a boolean"]),
            ("environments:\n  a: {branch: 0x1F}\n", ["2:15 ops/type \"branch\" must be text, not a number"]),
            ("environments:\n  a: {branch: 1_000}\n", ["2:15 ops/type \"branch\" must be text, not a number"]),
            (
                "environments:\n  a: {branch: !secret x}\n",
                ["2:15 ops/type \"branch\" must be text, not a value with a tag of its own"]
            ),
            (
                "environments: {a: {}}\n---\nenvironments: {b: {}}\n",
                ["2:1 ops/document ops.yaml is one document, and another one starts here"]
            ),
            (
                "x: &x {path: y}\nenvironments:\n  a: {<<: *x}\n",
                [
                    "1:1 ops/unknown-key unknown key \"x\" in ops.yaml",
                    "3:7 ops/unknown-key unknown key \"<<\" in environment \"a\"",
                ]
            ),
            ("environments:\n  a: b: c\n", ["2:7 yaml/syntax a second \": \" on the line"]),
            ("environments:\n\ta: {}\n", ["2:1 yaml/syntax a tab is used for indentation"]),
            (
                "environments:\n  A: {pth: ..}\n  b: {path: ../x, branch: -y}\n",
                [
                    "2:3 ops/environment-name \"A\" is no name of an environment",
                    "2:7 ops/unknown-key unknown key \"pth\" in environment \"A\"",
                    "3:13 ops/path path \"../x\" has a component \"..\"",
                    "3:27 ops/branch branch \"-y\" starts with \"-\"",
                ]
            ),
        ] as [(String, [String])])
    func refused(text: String, expected: [String]) {
        #expect(errors(text) == expected)
    }

    @Test(
        "says the way out",
        arguments: [
            ("environments:\n  a: {pth: x}\n", "did you mean \"path\"?"),
            ("environment: {a: {}}\n", "did you mean \"environments\"?"),
            (
                "environments:\n  a: {target: x}\n",
                "this version of git-ops knows \"path\", \"branch\" and \"validate\" here"
            ),
            ("environments:\n  a: {branch: 1.0}\n", "put it in quotes: \"1.0\""),
            ("environments:\n  A: {}\n", "use lower-case letters, digits and inner hyphens, at most 63 characters"),
            ("environments:\n  a: {path: ./x//y/}\n", "write \"x/y\""),
            ("environments:\n  a: {branch: refs/heads/main}\n", "write it without \"refs/heads/\""),
        ])
    func hint(text: String, hint: String) {
        #expect(read(text).1.first?.hint == hint)
    }

    @Test("renders an error as people read it")
    func rendered() {
        #expect(
            read("environments:\n  a:\n    pth: x\n").1.map(\.rendered) == [
                """
                ops.yaml:3:5: error: unknown key "pth" in environment "a" [ops/unknown-key]
                  hint: did you mean "path"?
                """
            ])
    }

    @Test("with errors without end is reported in part")
    func manyErrors() {
        let unknown = (0..<1000).map { "k\($0): 1" }.joined(separator: ", ")
        let names = (0..<1000).map { "  e\($0): *x\n" }.joined()
        let diagnostics = read("environments:\n  a: &x {\(unknown)}\n\(names)").1
        #expect(diagnostics.count == 21)
        #expect(diagnostics.contains { $0.rule == "ops/too-many-errors" })
    }

    @Test("never passes a control character on")
    func controlCharacters() {
        for diagnostic in read("environments:\n  \"\\e[31m\": {\"\\u202e\": 1}\n").1 {
            #expect(!diagnostic.rendered.contains("\u{1B}") && !diagnostic.rendered.contains("\u{202E}"))
        }
    }

    @Test("that is no UTF-8, or too long, is refused")
    func unreadable() {
        #expect(OpsFile.parse([0xFF], file: "f").1.map(\.rule) == ["yaml/encoding"])
        let long = [UInt8](repeating: UInt8(ascii: "#"), count: 1 << 20 + 1)
        #expect(OpsFile.parse(long, file: "f").1.map(\.rule) == ["yaml/size"])
    }
}
