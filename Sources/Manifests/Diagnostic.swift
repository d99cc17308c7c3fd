/// One thing that is wrong in a file: where, what, and the way out.
public struct Diagnostic: Sendable, Hashable {
    /// How much a diagnostic matters.
    public enum Severity: String, Sendable, Hashable, CaseIterable {
        /// The file is refused.
        case error
        /// The file is accepted, though it is probably not what was meant.
        case warning
    }

    /// The file as people are to read it; the caller quotes it, and may set it
    /// when a path is known only later.
    public var file: String
    /// What the diagnostic is about, where that is a part of the file.
    public var range: SourceRange?
    /// How much it matters.
    public var severity: Severity
    /// The stable name of the rule, such as `yaml/syntax`.
    public let rule: String
    /// What is wrong, on one line, lower case and without a full stop.
    public let message: String
    /// What to do about it, where that can be said.
    public let hint: String?
    /// The resource it is about, as `apps/v1 Deployment web`, where it is about one.
    public var resource: String?
    /// The value it is about within its document, as a JSON pointer (RFC 6901).
    public var pointer: String?
    /// The beginning of the line it is about, for people, scalar by scalar, so that columns hold; control
    /// characters are replaced (``TerminalText/aligned(_:)``).
    public var sourceLine: String?

    /// A diagnostic about a range of a file. Control characters in the message
    /// and the hint are escaped here, so that no text quoted from a hostile
    /// file reaches a terminal raw, whoever prints it.
    ///
    /// - Parameters:
    ///   - file: the file as people are to read it.
    ///   - range: the part of the file; nil for the whole.
    ///   - severity: how much it matters.
    ///   - rule: the stable name of the rule.
    ///   - message: what is wrong.
    ///   - hint: what to do about it.
    public init(
        file: String, range: SourceRange?, severity: Severity = .error, rule: String, message: String,
        hint: String? = nil
    ) {
        self.file = file
        self.range = range
        self.severity = severity
        self.rule = rule
        self.message = TerminalText.escaped(Self.cut(message))
        self.hint = hint.map { TerminalText.escaped(Self.cut($0)) }
    }

    /// The beginning of a text that is longer than anybody reads: names come from
    /// hostile files too.
    public static func cut(_ text: String) -> String {
        guard text.utf8.count > 1000 else { return text }
        return String(text.unicodeScalars.prefix(1000)) + "…"
    }

    /// A diagnostic about one place of a file; otherwise as the other.
    public init(
        file: String, position: SourcePosition?, severity: Severity = .error, rule: String, message: String,
        hint: String? = nil
    ) {
        self.init(
            file: file, range: position.map(SourceRange.init(at:)), severity: severity, rule: rule,
            message: message, hint: hint)
    }

    /// Where it begins.
    public var position: SourcePosition? { range?.start }

    /// The text for people: one line, and a second one if there is a hint.
    ///
    ///     apps/web/deploy.yaml:17:11: error: unknown field "port" [k8s/unknown-field]
    ///       hint: did you mean "ports"?
    public var rendered: String {
        var text = TerminalText.escaped(file)
        if let position { text += ":\(position.line):\(position.column)" }
        text += ": \(severity.rawValue): \(message)"
        if let resource { text += " (\(TerminalText.escaped(resource)))" }
        text += " [\(TerminalText.escaped(rule))]"
        if let hint { text += "\n  hint: \(hint)" }
        return text
    }
}
