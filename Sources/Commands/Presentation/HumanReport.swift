import Git
import Manifests

/// A report for people.
struct HumanReport {
    /// Whether colours are used.
    var paints = false
    /// The places of a line of the terminal; source is cut to it.
    var width = 120

    /// All lines for a diagnostic.
    func lines(_ diagnostic: Diagnostic, excerpt: Bool = true) -> [String] {
        var lines = [headline(diagnostic)]
        if excerpt, let line = diagnostic.position?.line {
            let number = String(line)
            let gutter = max(5, number.count + 2)
            if let excerpt = SourceExcerpt(diagnostic, width: width - gutter - 3) {
                let pad = String(repeating: " ", count: gutter - number.count)
                lines.append(pad + painted(number, .dim) + " | " + excerpt.source)
                lines.append(String(repeating: " ", count: gutter) + " | " + painted(excerpt.mark, .good))
            }
        }
        if let hint = diagnostic.hint { lines.append("  hint: " + hint) }
        return lines
    }

    /// `apps/web.yaml:17:11: error: unknown field "port" (apps/v1 Deployment web) [k8s/unknown-field]`.
    func headline(_ diagnostic: Diagnostic) -> String {
        var place = TerminalText.escaped(diagnostic.file)
        if let position = diagnostic.position { place += ":\(position.line):\(position.column)" }
        let severity = painted(diagnostic.severity.rawValue + ":", diagnostic.severity == .error ? .bad : .doubtful)
        return painted(place + ":", .bold) + " \(severity) \(diagnostic.fullMessage) "
            + painted("[\(TerminalText.escaped(diagnostic.rule))]", .dim)
    }

    /// The last line: what was found in how much.
    func summary(_ report: Report) -> String {
        let all = "\(counted(report.files, "file")), \(counted(report.resources, "resource"))"
        guard !report.diagnostics.isEmpty else { return all + ": no errors" }
        let broken = Set(report.diagnostics.map(\.file)).count
        // Some are told of files that are not counted, such as ops.yaml.
        let files = max(report.files, broken)
        return HumanReport.found(report.errors, report.warnings)
            + " in \(broken) of \(counted(files, "file")) (\(counted(report.resources, "resource")))"
    }

    /// `3 errors, 1 warning`.
    static func found(_ errors: Int, _ warnings: Int, _ separator: String = ", ", more: Bool = false) -> String {
        let parts = [(errors, "error"), (warnings, "warning")].filter { $0.0 > 0 }
        return parts.enumerated().map { index, part in
            "\(part.0) \(more && index == 0 ? "more " : "")\(part.1)\(part.0 == 1 ? "" : "s")"
        }.joined(separator: separator)
    }

    /// Says which files were hardly judged; nil where there are none.
    static func unclassified(_ files: [String]) -> String? {
        guard !files.isEmpty else { return nil }
        let shown = files.prefix(5).map { TerminalText.escaped($0.unicodeScalars.count > 120 ? String($0.prefix(120)) + "…" : $0) }
        let more = files.count > shown.count ? " and \(files.count - shown.count) more" : ""
        return
            (files.count == 1
            ? "1 file of YAML names no kind, so only its form was checked: "
            : "\(files.count) files of YAML name no kind, so only their form was checked: ")
            + shown.joined(separator: ", ") + more
    }

    /// A line for each exception.
    func exceptions(_ report: Report) -> [String] {
        report.exceptions.map { exception in
            painted("\(TerminalText.escaped(exception.file)):\(exception.line):", .bold) + " \(TerminalText.escaped(exception.rule)) "
                + TerminalText.escaped(exception.reason)
                + (exception.isUsed ? "" : " " + painted("(lets nothing pass)", .doubtful))
        }
    }

    // MARK: colours

    private enum Colour: String {
        case bold = "1"
        case dim = "2"
        case bad = "1;31"
        case doubtful = "1;35"
        case good = "1;32"
    }

    private func painted(_ text: String, _ colour: Colour) -> String {
        paints ? "\u{1b}[\(colour.rawValue)m\(text)\u{1b}[m" : text
    }
}

/// What a hook says of what it judged, in few lines, the worst first.
struct HookReport {
    /// The most lines in all, with those that others write.
    static let mostLines = 60

    let diagnostics: [Diagnostic]
    let unclassified: [String]

    /// - Parameter others: how many lines are written besides.
    func lines(besides others: Int) -> [String] {
        let human = HumanReport(width: 100)
        let ordered = diagnostics.enumerated().sorted { a, b in
            let (x, y) = (HookReport.rank(a.element), HookReport.rank(b.element))
            return x != y ? x < y : a.offset < b.offset
        }.map(\.element)
        let last = HumanReport.unclassified(unclassified)
        let room = max(1, HookReport.mostLines - others - (last == nil ? 0 : 1))
        var lines: [String] = ordered.lazy.prefix(room).flatMap { human.lines($0) }
        if lines.count > room || ordered.count > room {
            // Rather more of them than their lines of source.
            lines = []
            var told = 0
            for diagnostic in ordered {
                let own = human.lines(diagnostic, excerpt: false)
                if lines.count + own.count > room - 1 { break }
                lines += own
                told += 1
            }
            let rest = ordered[told...]
            if !rest.isEmpty {
                let errors = rest.count { $0.severity == .error }
                lines.append(
                    "and \(HumanReport.found(errors, rest.count - errors, " and ", more: true))"
                        + " in \(counted(Set(rest.map(\.file)).count, "file")); to see all: git ops validate")
            }
        }
        return lines + (last.map { [$0] } ?? [])
    }

    /// Errors before warnings; what keeps a file from being read before what is wrong in it.
    private static func rank(_ diagnostic: Diagnostic) -> Int {
        let isForm = ["yaml/", "json/", "ops/", "path/", "manifest/"].contains { diagnostic.rule.hasPrefix($0) }
            || diagnostic.rule == "k8s/identity"
        return (diagnostic.severity == .error ? 0 : 2) + (isForm ? 0 : 1)
    }
}
