import Environments
import Manifests
import Posix
import Testing
import Validation

/// The verdicts on the corpus are those that an API server gave (see corpus/README.md);
/// `OracleTests` asks a server that it finds.
@Suite struct CorpusTests {
    @Test(arguments: JudgedManifest.files)
    func verdictIsThatOfTheServer(_ file: String) throws {
        let check = try JudgedManifest.check.get()
        for manifest in try JudgedManifest.all(in: file) {
            let found = check.verdict(on: Array(manifest.text.utf8), named: "case.yaml").diagnostics
            // What is demanded beyond what a server refuses.
            let errors = found.filter { $0.severity == .error && !$0.rule.hasPrefix("env/") }
            let told = errors.map(\.rendered).joined(separator: "\n")
            guard let line = manifest.refusedLine else {
                #expect(errors.isEmpty, "\(file): \(manifest.name): the server takes it\n\(told)")
                continue
            }
            if JudgedManifest.missed.contains(manifest.name) {
                #expect(errors.isEmpty, "\(file): \(manifest.name) is found now: strike it from the list")
            } else if errors.isEmpty {
                Issue.record("\(file): \(manifest.name): the server refuses it: \(manifest.message)")
            } else {
                #expect(
                    manifest.name == "billion-laughs" || errors.contains { abs(($0.position?.line ?? 0) - line) <= 3 },
                    "\(file): \(manifest.name): the defect is on line \(line)\n\(told)")
            }
        }
    }
}

/// A manifest with one defect, or none.
struct JudgedManifest {
    let name: String
    let text: String
    /// The line of the defect; nil where the server takes it.
    let refusedLine: Int?
    let message: String

    /// Refused for what the cluster has, which no file says.
    private static let ofTheCluster: Set<String> = ["cluster-state.yaml"]

    /// What is not found: types of CEL expressions and what they cost, and what an admission plugin does.
    static let missed: Set<String> = [
        "rule-field-unknown", "rule-type-mismatch", "rule-not-boolean", "rule-field-path-unknown", "rule-message-expression-not-string",
        "rule-too-costly", "device-class-expression", "policy-expression-not-boolean", "projected-token-without-service-account",
    ]

    private static let folder = #filePath.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/corpus/"

    static let check = Result {
        let definitions = try contents(ofFile: folder + "definitions/crds.yaml") ?? []
        return try StandaloneCheck(definitions: [definitions])
    }

    static let files: [String] = ["", "syntax/"].flatMap { place in
        names(inFolder: folder + place).filter { $0.hasSuffix(".yaml") && !ofTheCluster.contains($0) }.map { place + $0 }
    }.sorted()

    static func all(in file: String) throws -> [JudgedManifest] {
        let text = String(decoding: try contents(ofFile: folder + file) ?? [], as: UTF8.self)
        let parts = file.hasPrefix("syntax/") ? [text[...]] : text.split(separator: "\n---\n# case: ").map { $0 }
        return parts.compactMap { part in
            guard let newline = part.firstIndex(of: "\n") else { return nil }
            let head = part[..<newline].split(separator: "|").map { $0.trimmed }
            var name = head[0]
            if name.hasPrefix("# case: ") { name = String(name.dropFirst(8)) }
            let expected = head.dropFirst().first ?? ""
            let words = expected.split(separator: " ")
            return JudgedManifest(
                name: name, text: String(part[part.index(after: newline)...]),
                refusedLine: words.contains("refused") ? words.last.flatMap { Int($0) } ?? 1 : nil, message: head.dropFirst(2).joined(separator: "|"))
        }
    }
}

extension Substring {
    fileprivate var trimmed: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
