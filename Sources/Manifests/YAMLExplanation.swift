/// What is wrong with a YAML stream, in our words.
struct YAMLExplanation {
    static let templateRule = "yaml/template"

    let rule: String
    let message: String
    var hint: String?
    /// Where, if the one who reports it doesn't know.
    var position: SourcePosition?

    static func syntax(_ message: String, hint: String? = nil, at position: SourcePosition) -> Self {
        Self(rule: "yaml/syntax", message: message, hint: hint, position: position)
    }

    static let noMemory = Self(rule: "yaml/syntax", message: "not enough memory to read the file")

    static let tooManyErrors = Self(
        rule: "yaml/too-many-errors", message: "too many errors, the rest of the file was not read")

    static let tooManyDirectives = Self(
        rule: "yaml/syntax", message: "more than \(YAMLDirectives.most) %TAG directives, or one of more than \(YAMLDirectives.longest) bytes")

    static let escapedSlash = Self(
        rule: "yaml/syntax", message: "unknown escape in double quotes", hint: "write the slash without a backslash")

    static func tooDeep(_ limit: Int) -> Self {
        Self(rule: "yaml/depth", message: "more than \(limit) levels of lists and mappings within one another")
    }

    static let tooMuchFlow = Self(
        rule: "yaml/depth", message: "too many values within too many brackets",
        hint: "indent the lists and mappings instead, or split the file")

    static func unknownAlias(_ name: String, known: [String]) -> Self {
        Self(
            rule: "yaml/unknown-alias",
            message: "alias \(TerminalText.quoted("*" + name)) names no anchor before it in this document",
            hint: Suggestion.nearest(to: name, among: known).map { "did you mean \"*\($0)\"?" }
                ?? "if the value is text that starts with \"*\", put it in quotes")
    }

    static func recursiveAlias(_ name: String) -> Self {
        Self(
            rule: "yaml/recursive-alias",
            message: "alias \(TerminalText.quoted("*" + name)) stands within the value that it names")
    }

    static let leftoverTemplate = leftoverTemplate(at: nil)

    static func leftoverTemplate(at position: SourcePosition?) -> Self {
        Self(
            rule: templateRule, message: "a template expression is left in the file",
            hint: "render the template first, or put the value in quotes", position: position)
    }

    static func version(_ version: String) -> Self {
        Self(
            rule: "yaml/version", message: "%YAML \(version) is refused: Kubernetes reads YAML 1.1",
            hint: "remove the %YAML line", position: nil)
    }

    static func mergeConflict(at position: SourcePosition) -> Self {
        Self(
            rule: "yaml/merge-conflict", message: "a merge conflict is left in the file",
            hint: "choose what is right, and remove the marker lines", position: position)
    }

    static func unreadableCharacter(_ value: UInt32, at position: SourcePosition) -> Self {
        let digits = String(value, radix: 16, uppercase: true)
        let code = "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        return Self(
            rule: "yaml/control-character", message: "character \(value == 0 ? "NUL (\(code))" : code) is not allowed",
            hint: value == 0
                ? "the file is probably not text"
                : "in double quotes it can be written as an escape, such as \"\\x1b\"",
            position: position)
    }
}
