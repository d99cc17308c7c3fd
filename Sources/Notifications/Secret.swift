/// What nobody may see. It shows nothing of itself wherever it is printed.
struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let text: String

    init(_ text: String) {
        self.text = text
    }

    var bytes: [UInt8] { Array(text.utf8) }
    var description: String { "(hidden)" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: []) }

    /// A text in which it does not stand.
    func removed(from text: String) -> String {
        self.text.utf8.count < 4 ? text : text.replacing(self.text, with: "…")
    }
}

/// What another side said, made fit for one line of a message to people.
/// - Parameter secrets: what it may have repeated.
func oneLine(_ text: String, _ limit: Int = 200, without secrets: [Secret] = []) -> String {
    var line = ""
    for scalar in secrets.reduce(text, { $1.removed(from: $0) }).unicodeScalars {
        switch scalar.value {
        case 0..<0x21, 0x7f..<0xa1, 0x200e...0x200f, 0x2028...0x202e, 0x2066...0x2069, 0xfeff:
            if !line.isEmpty, !line.hasSuffix(" ") { line.append(" ") }
        default: line.unicodeScalars.append(scalar)
        }
        if line.unicodeScalars.count >= limit { return line + "…" }
    }
    return line.hasSuffix(" ") ? String(line.dropLast()) : line
}
