import Git
import Manifests

/// Workflow commands of GitHub Actions, which become annotations.
struct GitHubLines {
    let report: Report

    var text: String {
        report.diagnostics.map { diagnostic in
            // Other control characters have no escape here; such a name can only be told.
            let name = diagnostic.fileText.unicodeScalars.filter { $0 != "\n" && $0 != "\r" }
            let isWritable = String(name) == TerminalText.escaped(String(name))
            var properties = [("file", isWritable ? diagnostic.fileText : diagnostic.file)]
            if let start = diagnostic.position {
                properties.append(("line", String(start.line)))
                properties.append(("col", String(start.column)))
                if let end = diagnostic.end {
                    properties.append(("endLine", String(end.line)))
                    // Columns make sense to it within one line only; it takes the last one, not the one after.
                    if end.line == start.line { properties.append(("endColumn", String(max(start.column, end.column - 1)))) }
                }
            }
            properties.append(("title", diagnostic.rule))
            let message = diagnostic.fullMessage + (diagnostic.hint.map { "\nhint: " + $0 } ?? "")
            return "::\(diagnostic.severity.rawValue) "
                + properties.map { "\($0.0)=\(GitHubLines.property($0.1))" }.joined(separator: ",")
                + "::\(GitHubLines.data(message))\n"
        }.joined()
    }

    /// actions/toolkit, `command.ts`, escapeData.
    private static func data(_ text: String) -> String {
        text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
    }

    /// actions/toolkit, `command.ts`, escapeProperty.
    private static func property(_ text: String) -> String {
        data(text).replacing(":", with: "%3A").replacing(",", with: "%2C")
    }
}

/// JUnit's XML, as CI systems read it: a suite for each file, a case for each rule that it breaks, or one
/// that passed.
struct JUnitDocument {
    let report: Report
    /// All files that were judged.
    let judged: [String]

    var xml: String {
        let byFile = Dictionary(grouping: report.diagnostics, by: \.file)
        let files = Set(judged).union(byFile.keys).sorted()
        var suites = ""
        var tests = 0
        for file in files {
            let (text, count) = suite(file, byFile[file] ?? [])
            suites += text
            tests += count
        }
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="git ops validate" tests="\(tests)" failures="\(failures(report.diagnostics))" errors="0">

            """ + suites + "</testsuites>\n"
    }

    /// Cases that failed.
    private func failures(_ diagnostics: [Diagnostic]) -> Int {
        Set(diagnostics.filter { $0.severity == .error }.map { $0.file + "\u{0}" + $0.rule }).count
    }

    private func suite(_ file: String, _ diagnostics: [Diagnostic]) -> (text: String, tests: Int) {
        let rules = Set(diagnostics.map(\.rule)).sorted()
        let name = JUnitDocument.escaped(plainPath(file))
        let tests = max(1, rules.count)
        var text = "  <testsuite name=\"\(name)\" tests=\"\(tests)\" failures=\"\(failures(diagnostics))\" errors=\"0\" skipped=\"0\">\n"
        if rules.isEmpty { text += "    <testcase name=\"valid\" classname=\"\(name)\" file=\"\(name)\"/>\n" }
        for rule in rules {
            let own = diagnostics.filter { $0.rule == rule }
            let line = own.first?.position.map { " line=\"\($0.line)\"" } ?? ""
            text += "    <testcase name=\"\(JUnitDocument.escaped(rule))\" classname=\"\(name)\" file=\"\(name)\"\(line)>\n"
            let told = JUnitDocument.escaped(own.flatMap { HumanReport().lines($0) }.joined(separator: "\n"))
            if let first = own.first(where: { $0.severity == .error }) {
                text +=
                    "      <failure type=\"\(JUnitDocument.escaped(rule))\" message=\"\(JUnitDocument.escaped(first.fullMessage))\">\(told)</failure>\n"
            } else {
                text += "      <system-out>\(told)</system-out>\n"
            }
            text += "    </testcase>\n"
        }
        return (text + "  </testsuite>\n", tests)
    }

    /// Text for content and attributes; what XML 1.0 (section 2.2) does not allow is replaced.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "\n": escaped += "&#10;"
            case "\t": escaped += "&#9;"
            case "\r": escaped += "&#13;"
            default:
                let isAllowed = scalar.value >= 0x20 && scalar.value != 0xFFFE && scalar.value != 0xFFFF
                escaped.unicodeScalars.append(isAllowed ? scalar : "\u{fffd}")
            }
        }
        return escaped
    }
}
