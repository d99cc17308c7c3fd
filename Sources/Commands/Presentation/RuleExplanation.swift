import Manifests
import Validation

/// What there is to say of a rule, as `git ops explain` and SARIF say it.
struct RuleExplanation {
    let rule: Rule

    init(_ rule: Rule) {
        self.rule = rule
    }

    var isFixed: Bool { RuleTable.all[rule.id] == nil }

    /// `error`, `warning` or `off`.
    var severity: String { rule.severity?.rawValue ?? "off" }

    /// The reason, on one line.
    var reason: String { rule.reason.split(whereSeparator: \.isWhitespace).joined(separator: " ") }

    /// How much it matters where nothing is said, and to what.
    private var standing: String {
        var text =
            switch rule.severity {
            case .error: "An error by default."
            case .warning: "A warning by default."
            case nil: "Off by default."
            }
        if isFixed { text = rule.severity == .warning ? "A warning." : "An error." }
        if let set = rule.set { text += " One of the set \"\(set)\"." }
        if !rule.kinds.isEmpty { text += " It reads \(rule.kinds.joined(separator: ", "))." }
        return text
    }

    private var level: String {
        """
        validate:
          rules:
            \(rule.id): \(rule.severity == .error ? "warn" : "error")

        """
    }

    private var exception: String { "# git-ops: allow \(rule.id) <reason>\n" }

    /// All of it, for a terminal.
    var text: String {
        var text = "\(rule.id): \(rule.summary)\n\n\(filled(standing))\n\n\(filled(reason))\n"
        if !rule.bad.isEmpty { text += "\nBad:\n\n" + indented(rule.bad) }
        if !rule.good.isEmpty { text += "\nGood:\n\n" + indented(rule.good) }
        if isFixed {
            return text + "\n" + filled("It always holds: its level cannot be set, and no exception can be made from it.") + "\n"
        }
        return text + "\nTo set its level (error, warn or off), in ops.yaml:\n\n" + indented(level)
            + (rule.set.map { "\nor that of the whole set:\n\n" + indented("validate:\n  rules:\n    \($0): warn\n") } ?? "")
            + "\nTo allow it on one line, with a comment at its end or on the line before:\n\n" + indented(exception)
    }

    /// The same in Markdown.
    var markdown: String {
        var text = "\(standing)\n\n\(reason)\n"
        if !rule.bad.isEmpty { text += "\nBad:\n\n" + fenced(rule.bad) }
        if !rule.good.isEmpty { text += "\nGood:\n\n" + fenced(rule.good) }
        if isFixed { return text + "\nIt always holds: its level cannot be set, and no exception can be made from it.\n" }
        return text + "\nTo set its level, in `ops.yaml`:\n\n" + fenced(level) + "\nTo allow it on one line:\n\n" + fenced(exception)
    }

    var value: JSONText {
        .object([
            ("id", .text(rule.id)), ("severity", .text(severity)), ("set", JSONText(rule.set)),
            ("kinds", .list(rule.kinds.map(JSONText.text))), ("settable", .truth(!isFixed)), ("summary", .text(rule.summary)),
            ("reason", .text(reason)), ("bad", JSONText(rule.bad.isEmpty ? nil : rule.bad)),
            ("good", JSONText(rule.good.isEmpty ? nil : rule.good)),
        ])
    }

    private func indented(_ text: String) -> String {
        text.split(separator: "\n").map { "    \($0)\n" }.joined()
    }

    private func fenced(_ text: String) -> String { "```yaml\n\(text)\(text.hasSuffix("\n") ? "" : "\n")```\n" }

    /// Broken into lines of at most 78 characters.
    private func filled(_ text: String) -> String {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > 78 {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return (lines + [line]).joined(separator: "\n")
    }
}
