public import Posix

/// A name for a deployment or a request that no other has: a ULID (github.com/ulid/spec), whose order
/// is roughly that of time. Nothing relies on that order, so a clock that jumps does no harm.
public struct Identifier: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let description: String

    /// A new one.
    public init(at moment: Moment) {
        let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
        var text = ""
        for shift in stride(from: 45, through: 0, by: -5) {
            text.append(alphabet[Int(moment.milliseconds >> Int64(shift)) & 31])
        }
        for _ in 0..<16 { text.append(alphabet[Int.random(in: 0..<32)]) }
        description = text
    }

    /// Reads one; nil where the text has not its form.
    public init?(_ text: some StringProtocol) {
        let isForm = text.utf8.count == 26 && text.utf8.allSatisfy { byte in
            (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")) || (byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z"))
        }
        guard isForm else { return nil }
        description = String(text)
    }

    public static func < (a: Identifier, b: Identifier) -> Bool { a.description < b.description }
}
