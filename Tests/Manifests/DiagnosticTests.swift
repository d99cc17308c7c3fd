import Manifests
import Testing

@Suite("A diagnostic")
struct DiagnosticTests {
    @Test("renders file, place, severity, message and rule on one line and the hint on the next")
    func rendering() {
        let diagnostic = Diagnostic(
            file: "apps/web/deploy.yaml", position: SourcePosition(line: 17, column: 11),
            rule: "k8s/unknown-field", message: "unknown field \"port\"", hint: "did you mean \"ports\"?")
        #expect(
            diagnostic.rendered == """
                apps/web/deploy.yaml:17:11: error: unknown field "port" [k8s/unknown-field]
                  hint: did you mean "ports"?
                """)
    }

    @Test("about a whole file has no place, and no second line without a hint")
    func withoutPosition() {
        let diagnostic = Diagnostic(
            file: "a.yaml", position: nil, severity: .warning, rule: "yaml/size", message: "file is large")
        #expect(diagnostic.rendered == "a.yaml: warning: file is large [yaml/size]")
    }

    @Test("takes its file's name later")
    func fileIsSettable() {
        var diagnostic = Diagnostic(file: "", position: .start, rule: "r", message: "m")
        diagnostic.file = "\"caf\\303\\251.yaml\""
        #expect(diagnostic.rendered == "\"caf\\303\\251.yaml\":1:1: error: m [r]")
    }

    @Test(
        "lets nothing that steers a terminal through",
        arguments: [
            ("\u{1B}[31m", "\\x1b[31m"), ("\u{7}", "\\x07"), ("\n", "\\x0a"), ("\r\n", "\\x0d\\x0a"), ("\t", "\\x09"),
            ("\u{7F}", "\\x7f"), ("\u{9B}31m", "\\x9b31m"), ("\u{202E}", "\\u202e"), ("\u{2066}", "\\u2066"),
            ("\u{2028}", "\\u2028"), ("\u{FEFF}", "\\ufeff"), ("\u{E0041}", "\\ue0041"), ("é 日本 👍", "é 日本 👍"),
            ("e\u{301}", "e\u{301}"), ("\0", "\\x00"),
        ])
    func escaping(raw: String, escaped: String) {
        let diagnostic = Diagnostic(file: raw, position: nil, rule: raw, message: raw, hint: raw)
        #expect(diagnostic.message == escaped)
        #expect(diagnostic.hint == escaped)
        #expect(diagnostic.rendered == "\(escaped): error: \(escaped) [\(escaped)]\n  hint: \(escaped)")
    }

    @Test("quotes long text from a file only in part")
    func excerpt() {
        #expect(TerminalText.quoted("abc", limit: 3) == "\"abc\"")
        #expect(TerminalText.quoted("abcd", limit: 3) == "\"abc…\"")
        #expect(TerminalText.quoted("") == "\"\"")
    }

    @Test(
        "suggests the word that was probably meant",
        arguments: [
            ("port", "ports"), ("pots", "ports"), ("prots", "ports"), ("Ports", "ports"), ("brnach", "branch"),
            ("xyz", nil), ("", nil), ("p", nil), ("environment", nil), (String(repeating: "p", count: 100_000), nil),
        ] as [(String, String?)])
    func suggestion(word: String, expected: String?) {
        #expect(Suggestion.nearest(to: word, among: ["branch", "ports"]) == expected)
    }
}
