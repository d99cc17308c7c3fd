import Git
import Manifests
import Validation

/// What a validation found, as every format tells it.
struct Report {
    /// A comment that allows a line to break a rule.
    struct Exception {
        var file: String
        var line: Int
        var rule: String
        var reason: String
        /// Whether it lets anything pass.
        var isUsed: Bool
    }

    /// Ordered by file and place.
    var diagnostics: [Diagnostic] = []
    /// Files that name no kind, so that only their form was checked.
    var unclassified: [String] = []
    var exceptions: [Exception] = []
    /// How many files were judged, and the resources in them.
    var files = 0
    var resources = 0
    /// Paths that were asked for and are not judged, and why.
    var remarks: [(path: String, why: String)] = []

    var errors: Int { diagnostics.count { $0.severity == .error } }
    var warnings: Int { diagnostics.count - errors }
    var isAccepted: Bool { errors == 0 }

    init() {}

    init(_ verdict: TreeVerdict) {
        diagnostics = verdict.diagnostics
        unclassified = verdict.unclassified
        exceptions = verdict.exceptions.map {
            Exception(
                file: $0.file, line: $0.exception.line, rule: $0.exception.rule, reason: $0.exception.reason, isUsed: $0.isUsed)
        }
        files = verdict.files
        resources = verdict.resources
    }

    /// The same without what is only worth a warning.
    var errorsOnly: Report {
        var other = self
        other.diagnostics = diagnostics.filter { $0.severity == .error }
        other.unclassified = []
        other.remarks = []
        return other
    }
}

/// `1 error`, `3 errors`.
func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
}

extension Diagnostic {
    /// The file's path as git has it.
    var path: RepositoryPath { RepositoryPath(quoted: file) ?? RepositoryPath(file) }

    /// The file's path as text; one that is not UTF-8 is quoted as git quotes it.
    var fileText: String { String(validating: path.bytes, as: UTF8.self) ?? file }

    /// The message with the resource that it is about.
    var fullMessage: String {
        message + (resource.map { " (\(TerminalText.escaped($0)))" } ?? "")
    }

    /// Where it ends, if that is known and after where it begins.
    var end: SourcePosition? {
        guard let range, range.start < range.end else { return nil }
        return range.end
    }
}

/// What tells diagnostics apart from one run to the next, although lines have moved.
struct Fingerprints {
    private var seen: [String: Int] = [:]

    /// Forty hexadecimal digits.
    mutating func next(_ diagnostic: Diagnostic) -> String {
        let text = [
            diagnostic.rule, diagnostic.file, diagnostic.message, diagnostic.resource ?? "", diagnostic.pointer ?? "",
        ].joined(separator: "\u{0}")
        // Of diagnostics that are alike, the first of one run is the first of the next.
        let number = seen[text, default: 0]
        seen[text] = number + 1
        let bytes = Array("\(text)\u{0}\(number)".utf8)
        let id = bytes.withUnsafeBytes { try? Repository.id(of: $0, as: .blob) }
        return id?.description ?? ""
    }
}
