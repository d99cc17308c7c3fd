import Manifests
import Testing

/// What somebody has changed is put into the file that says it, and nothing else in it changes.
@Suite struct ManifestEditTests {
    private func canonical(_ text: String) -> String {
        ManifestFile(Array(text.utf8), language: .yaml, file: "").withDocuments { YAMLWriter.text(of: $0[0].root) }
    }

    /// The file after the change; nil where it cannot be made.
    private func edited(_ file: String, _ old: String, _ new: String?, _ language: ManifestFile.Language = .yaml) -> String? {
        var edit = ManifestEdit(Array(file.utf8), language: language)
        let isDone = if let new { edit.replace(canonical(old), with: canonical(new)) } else { edit.remove(canonical(old)) }
        guard isDone else {
            #expect(edit.bytes == Array(file.utf8))
            return nil
        }
        return String(decoding: edit.bytes, as: UTF8.self)
    }

    /// The file with one text of it another is what the edit makes of it.
    private func expectExact(_ file: String, _ old: String, _ new: String, _ place: SourceLocation = #_sourceLocation) {
        let wanted = file.replacing(old, with: new)
        #expect(wanted != file && edited(file, file, wanted) == wanted, sourceLocation: place)
    }

    private static let web = """
        # The shop's face.
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web   # its name
          labels: {app: web, tier: "front"}
        spec:
          # Enough for Mondays.
          replicas: 2 # two
          template:
            spec:
              containers:
              - name: web
                image: 'nginx:1'
                args:
                - --quiet
                - "--fast"
              - name: side
                image: busybox
          paused: false
        # The end.

        """

    @Test func aValueIsReplacedWhereItStands() {
        expectExact(Self.web, "replicas: 2 #", "replicas: 5 #")
        expectExact(Self.web, "'nginx:1'", "'nginx:2'")
        expectExact(Self.web, "\"--fast\"", "\"--slow\"")
        expectExact(Self.web, "image: busybox", "image: busybox:1.36")
        expectExact(Self.web, "tier: \"front\"", "tier: \"back\"")
        expectExact(Self.web, "paused: false", "paused: true")
        expectExact(Self.web, "- --quiet", "- \"--loud\"")
        expectExact(Self.web, "paused: false", "paused: \"no\"")
        expectExact(Self.web.replacing("\n", with: "\r\n"), "replicas: 2 #", "replicas: 5 #")
        expectExact("\u{FEFF}" + Self.web, "replicas: 2 #", "replicas: 5 #")
        expectExact("a: \"\u{1F600}\"\nb: {x: \u{E4}, y: 1}\n", "y: 1", "y: 2")
    }

    @Test func fieldsComeAndGoByTheirLines() {
        expectExact(Self.web, "  paused: false\n", "")
        expectExact(Self.web, "  paused: false\n", "  paused: false\n  revisionHistoryLimit: 3\n")
        expectExact(Self.web, "        image: busybox\n", "        image: busybox\n        tty: true\n")
        expectExact(Self.web, "{app: web, tier: \"front\"}", "{app: web, tier: \"front\", zone: a}")
        expectExact(Self.web, "{app: web, tier: \"front\"}", "{app: web}")
        expectExact(Self.web, "{app: web, tier: \"front\"}", "{tier: \"front\"}")
        expectExact(Self.web, "  # Enough for Mondays.\n  replicas: 2 # two\n", "  # Enough for Mondays.\n")
        expectExact("a: 1\nb:\n  c: 1", "  c: 1", "  c: 1\n  d: 2\n")
        expectExact("a: 1\nb:\n", "b:", "b: 1")
        expectExact("a: 1\nb:\n  c: 1\nd: 1\n", "b:\n  c: 1\n", "b: {}\n")
    }

    @Test func aListOfAnotherLengthIsWrittenAnew() {
        let wanted = Self.web.replacing("        - --quiet\n        - \"--fast\"\n", with: "        - \"--quiet\"\n        - \"--fast\"\n        - x\n")
        #expect(edited(Self.web, Self.web, wanted) == wanted)
    }

    @Test func blocksOfTextAreWrittenAnew() {
        let file = "data:\n  a.conf: |\n    one\n\n    two\n\n  # About b.\n  b: x\n"
        let wanted = "data:\n  a.conf: |\n    one\n\n    three\n\n  # About b.\n  b: x\n"
        #expect(edited(file, file, wanted) == wanted)
        expectExact("data:\n  a: x\n  b: y\n", "a: x", "a: |\n    one\n    two")
    }

    @Test func otherDocumentsStayByteForByte() {
        let (head, tail) = ("# head\n---\na:   1 # one\n---   # two\n", "\n\n---\n  {c: 3}\n...\n---\n# nothing\n")
        #expect(edited(head + "b: 2" + tail, "b: 2", "b: 3") == head + "b: 3" + tail)
        #expect(edited(head + "b: 2" + tail, "b: 2", nil) == "# head\n---\na:   1 # one\n---\n  {c: 3}\n...\n---\n# nothing\n")
        #expect(edited(head + "b: 2" + tail, "a: 1", nil) == "# head\n---   # two\nb: 2" + tail)
        #expect(edited("# License\na: 1\n---\nb: 2\n", "a: 1", nil) == "# License\n---\nb: 2\n")
        #expect(edited("a: 1\n---\nb: 2\n", "b: 2", nil) == "a: 1\n")
        #expect(edited("a: 1\n", "a: 2", "a: 3") == nil)
    }

    @Test func theLastDocumentLeavesAnEmptyFile() {
        var edit = ManifestEdit(Array("# License\n---\na: 1\n# end\n".utf8), language: .yaml)
        #expect(!edit.isEmpty)
        #expect(edit.remove("a: 1\n") && edit.isEmpty)
    }

    @Test func whatIsWrittenByReferenceIsWrittenOut() {
        // One value stands for two: the whole document has to be written anew.
        let file = "# head\n---\na: &x\n  k: 1\nb: *x\n# tail\n---\nc: 1\n"
        #expect(edited(file, "{a: {k: 1}, b: {k: 1}}", "{a: {k: 1}, b: {k: 2}}") == "# head\n---\na:\n  k: 1\nb:\n  k: 2\n# tail\n---\nc: 1\n")
    }

    @Test func anItemOfAListIsChangedAndNeverRemoved() {
        let file = "kind: List\napiVersion: v1\nitems:\n- {kind: A, n: 1}\n- kind: B # two\n  n: 2\n"
        #expect(edited(file, "{kind: B, n: 2}", "{kind: B, n: 3}") == file.replacing("n: 2", with: "n: 3"))
        #expect(edited(file, "{kind: B, n: 2}", nil) == nil)
    }

    @Test func jsonStaysJSON() {
        let file = "{\n  \"a\": 1,\n  \"b\": {\n    \"c\": [1, 2],\n    \"d\": \"x\"\n  }\n}\n"
        #expect(edited(file, file, file.replacing("\"x\"", with: "\"y\\n\""), .json) == file.replacing("\"x\"", with: "\"y\\n\""))
        #expect(edited(file, file, file.replacing("[1, 2]", with: "[1]"), .json) == file.replacing("[1, 2]", with: "[1]"))
        let added = file.replacing("\"x\"\n", with: "\"x\",\n    \"e\": true\n")
        #expect(edited(file, file, added, .json) == added)
        #expect(edited(added, added, file, .json) == file)
        let removed = file.replacing("\"a\": 1,\n  ", with: "")
        #expect(edited(file, file, removed, .json) == removed)
    }
}
