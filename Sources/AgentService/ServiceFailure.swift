/// What is wrong, and the way out, for people.
public struct ServiceFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// In one line; no secret.
    public let message: String
    public let hint: String?

    /// - Parameters:
    ///   - message: what and why, in one line.
    ///   - hint: what to do about it.
    public init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }

    public var description: String { message }
}

/// What another side said, made fit for one line: what would command a terminal is left out.
func oneLine(_ text: String, _ limit: Int = 200) -> String {
    var line = ""
    var count = 0
    for scalar in text.unicodeScalars {
        guard count < limit else { return line + "…" }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator:
            if !line.isEmpty, !line.hasSuffix(" ") { line.append(" ") }
        default: line.unicodeScalars.append(scalar)
        }
        count += 1
    }
    return line.hasSuffix(" ") ? String(line.dropLast()) : line
}
