import Git
import Manifests
import Operations
import Validation

/// A report for machines: the form of git-ops itself.
struct ReportDocument {
    let report: Report

    var json: String {
        JSONText.object([
            ("version", .number(1)),
            ("diagnostics", .list(report.diagnostics.map(ReportDocument.value))),
            ("unclassified", .list(report.unclassified.map { .text(plainPath($0)) })),
            (
                "exceptions",
                .list(
                    report.exceptions.map {
                        .object([
                            ("file", .text(plainPath($0.file))), ("line", .number($0.line)), ("rule", .text($0.rule)),
                            ("reason", .text($0.reason)), ("used", .truth($0.isUsed)),
                        ])
                    })
            ),
            (
                "notJudged",
                .list(report.remarks.map { .object([("path", .text(plainPath($0.path))), ("reason", .text($0.why))]) })
            ),
            (
                "counts",
                .object([
                    ("files", .number(report.files)), ("resources", .number(report.resources)), ("errors", .number(report.errors)),
                    ("warnings", .number(report.warnings)),
                ])
            ),
        ]).rendered()
    }

    private static func value(_ diagnostic: Diagnostic) -> JSONText {
        .object([
            ("file", .text(diagnostic.fileText)), ("line", number(diagnostic.position?.line)),
            ("column", number(diagnostic.position?.column)), ("endLine", number(diagnostic.range?.end.line)),
            ("endColumn", number(diagnostic.range?.end.column)), ("severity", .text(diagnostic.severity.rawValue)),
            ("rule", .text(diagnostic.rule)), ("message", .text(diagnostic.message)), ("hint", JSONText(diagnostic.hint)),
            ("resource", JSONText(diagnostic.resource)), ("pointer", JSONText(diagnostic.pointer)),
        ])
    }

    private static func number(_ number: Int?) -> JSONText { number.map(JSONText.number) ?? .null }
}

/// A path as text that was quoted for people; one that is not UTF-8 stays quoted.
func plainPath(_ file: String) -> String {
    RepositoryPath(quoted: file).flatMap { String(validating: $0.bytes, as: UTF8.self) } ?? file
}

/// SARIF 2.1.0 (OASIS), as code scanning takes it.
struct SARIFDocument {
    let report: Report

    var json: String {
        let rules = Set(report.diagnostics.map(\.rule)).sorted()
        let numbers = Dictionary(uniqueKeysWithValues: rules.enumerated().map { ($0.element, $0.offset) })
        var fingerprints = Fingerprints()
        return JSONText.object([
            ("$schema", .text("https://json.schemastore.org/sarif-2.1.0.json")), ("version", .text("2.1.0")),
            (
                "runs",
                .list([
                    .object([
                        (
                            "tool",
                            .object([
                                (
                                    "driver",
                                    .object([
                                        ("name", .text("git-ops")), ("semanticVersion", .text(Program.version)),
                                        ("rules", .list(rules.map(SARIFDocument.rule))),
                                    ])
                                )
                            ])
                        ),
                        ("columnKind", .text("unicodeCodePoints")),
                        (
                            "results",
                            .list(
                                report.diagnostics.map {
                                    SARIFDocument.result($0, numbers[$0.rule] ?? 0, fingerprints.next($0))
                                })
                        ),
                    ])
                ])
            ),
        ]).rendered()
    }

    private static func rule(_ id: String) -> JSONText {
        guard let rule = RuleTable.explained[id] else { return .object([("id", .text(id))]) }
        let help = RuleExplanation(rule)
        return .object([
            ("id", .text(id)), ("shortDescription", .object([("text", .text(rule.summary))])),
            ("fullDescription", .object([("text", .text(help.reason))])),
            ("help", .object([("text", .text(help.text)), ("markdown", .text(help.markdown))])),
            ("defaultConfiguration", .object([("level", .text(rule.severity?.rawValue ?? "none"))])),
        ])
    }

    private static func result(_ diagnostic: Diagnostic, _ number: Int, _ fingerprint: String) -> JSONText {
        var location: [(String, JSONText)] = [
            (
                "artifactLocation",
                .object([("uri", .text(uri(diagnostic.path))), ("uriBaseId", .text("%SRCROOT%"))])
            )
        ]
        if let range = diagnostic.range {
            location.append(
                (
                    "region",
                    .object([
                        ("startLine", .number(range.start.line)), ("startColumn", .number(range.start.column)),
                        ("endLine", .number(max(range.end.line, range.start.line))),
                        ("endColumn", .number((diagnostic.end ?? range.start).column)),
                    ])
                ))
        }
        var place: [(String, JSONText)] = [("physicalLocation", .object(location))]
        if let resource = diagnostic.resource {
            place.append(
                (
                    "logicalLocations",
                    .list([
                        .object([
                            ("name", .text(resource)), ("fullyQualifiedName", .text(resource + (diagnostic.pointer ?? ""))),
                            ("kind", .text("object")),
                        ])
                    ])
                ))
        }
        return .object([
            ("ruleId", .text(diagnostic.rule)), ("ruleIndex", .number(number)), ("level", .text(diagnostic.severity.rawValue)),
            (
                "message",
                .object([("text", .text(diagnostic.fullMessage + (diagnostic.hint.map { "\nhint: " + $0 } ?? "")))])
            ),
            ("locations", .list([.object(place)])), ("partialFingerprints", .object([("gitOps/v1", .text(fingerprint))])),
        ])
    }

    /// A relative reference (RFC 3986); bytes that are not UTF-8 can be written too.
    static func uri(_ path: RepositoryPath) -> String {
        var uri = ""
        for byte in path.bytes {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"),
                UInt8(ascii: "/"):
                uri.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                uri += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return uri
    }
}

/// GitLab's Code Quality report.
struct GitLabDocument {
    let report: Report

    var json: String {
        var fingerprints = Fingerprints()
        return JSONText.list(
            report.diagnostics.map { diagnostic in
                .object([
                    ("description", .text(diagnostic.fullMessage + (diagnostic.hint.map { "; " + $0 } ?? ""))),
                    ("check_name", .text(diagnostic.rule)), ("fingerprint", .text(fingerprints.next(diagnostic))),
                    ("severity", .text(diagnostic.severity == .error ? "major" : "minor")),
                    (
                        "location",
                        .object([
                            ("path", .text(diagnostic.fileText)),
                            ("lines", .object([("begin", .number(diagnostic.position?.line ?? 1))])),
                        ])
                    ),
                ])
            }
        ).rendered()
    }
}
