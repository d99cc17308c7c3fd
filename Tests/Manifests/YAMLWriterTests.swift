import Manifests
import Testing

@Suite("A value that is written as YAML")
struct YAMLWriterTests {
    private func written(_ text: String, _ language: ManifestFile.Language = .yaml) -> String {
        ManifestFile(Array(text.utf8), language: language, file: "f").withDocuments { $0.first.map { YAMLWriter.text(of: $0.root) } ?? "" }
    }

    private func json(_ text: String, _ language: ManifestFile.Language = .yaml) -> String? {
        let file = ManifestFile(Array(text.utf8), language: language, file: "f")
        #expect(file.diagnostics.filter { $0.severity == .error }.map(\.rendered) == [])
        return file.withDocuments { $0.first?.root.json }
    }

    @Test("does not escape what needs no escape")
    func readable() {
        #expect(written(#"{rule: "!(has(self.a) && self.b > 1 || self.c < \"x\\\\\")"}"#) == #"rule: "!(has(self.a) && self.b > 1 || self.c < \"x\\\\\")""# + "\n")
    }

    @Test("looks as people write it")
    func form() {
        let text = """
            {spec: {template: {spec: {containers: [{name: a, image: "b:1", args: ["-c", "x: y"], ports: []}, {name: c}]}}, replicas: 2},
             metadata: {name: web, annotations: {a: "yes", b: "1", c: "", d: "a\\nb\\n", e: "a\\nb", f: null, g: true, h: 1.5, i: "12:30"}}, kind: Pod, apiVersion: v1}
            """
        #expect(
            written(text) == """
                apiVersion: v1
                kind: Pod
                metadata:
                  annotations:
                    a: "yes"
                    b: "1"
                    c: ""
                    d: |
                      a
                      b
                    e: |-
                      a
                      b
                    f: null
                    g: true
                    h: 1.5
                    i: "12:30"
                  name: web
                spec:
                  replicas: 2
                  template:
                    spec:
                      containers:
                      - args:
                        - "-c"
                        - "x: y"
                        image: b:1
                        name: a
                        ports: []
                      - name: c

                """)
    }

    @Test(
        "is the same value when it is read again",
        arguments: [
            "a", "", " a", "a ", "a:", "a: b", "a #b", "#a", "- a", "? a", "-", "~", "null", "Null", "true", "no", "ON", "y", "1", "01", "1e3", "0x1f", "0o7", "1_000", ".5", ".inf", "+1", "1.2.3",
            "2001-01-01", "190:20:30", "<<", "=", "a\nb", "a\nb\n", "a\n\n", "\na", " a\nb", "a\n  b\n c", "a\tb\n", "a\r\nb", "\u{85}a\nb", "a\u{2028}b\nc", "\u{FEFF}a\nb", "{a", "[a", "&a", "*a", "!a",
            "%a", "@a", "`a", "'a'", "\"a\"", "a'b", "\u{7}", "\u{1F600}", "é\nü\n", "a\n\nb", "|", ">", "---", "--- a\nb", "...", "a\n---\nb\n", "a\n...\n", "a,b", "a]b", "(a)", "a@b", "\u{7F}\na",
        ])
    func scalars(text: String) throws {
        let quoted = JSON(text)
        for document in ["{\"a\":{\"b\":\(quoted)}}", "{\"a\":[\(quoted),[\(quoted)],{\(quoted):\(quoted)}]}", quoted, "[\(quoted)]"] {
            let value = try #require(json(document, .json))
            let yaml = written(document, .json)
            #expect(json(yaml) == value, "\(yaml)")
            #expect(written(yaml) == yaml)
        }
    }

    private func JSON(_ text: String) -> String {
        "\"" + text.unicodeScalars.map { scalar in
            scalar.value < 0x20 || scalar == "\"" || scalar == "\\" ? "\\u" + String(repeating: "0", count: scalar.value < 16 ? 3 : 2) + String(scalar.value, radix: 16) : String(scalar)
        }.joined() + "\""
    }

    @Test("can hide what is in it")
    func hiding() {
        let file = ManifestFile(Array("kind: Secret\ndata: {a: b, c: 1}\n".utf8), language: .yaml, file: "f")
        let text = file.withDocuments { documents in
            let data = documents[0].root["data"]!
            return YAMLWriter.text(of: documents[0].root) { parent, value in parent?.isSame(as: data) == true ? "hidden \(value.text.count)" : nil }
        }
        #expect(text == "kind: Secret\ndata:\n  a: hidden 1\n  c: hidden 1\n")
    }

    @Test("has one form for deep and empty collections")
    func collections() {
        for text in ["[]", "{}", "[[], {}]", "[[[1]]]", "{a: [[1, [2]], {b: {}}]}", "1", "null"] { #expect(json(written(text)) == json(text), "\(written(text))") }
    }
}
