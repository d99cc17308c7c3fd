/// A path inside a repository or a tree: bytes, with `/` between the components, as git stores it.
///
/// Git paths are bytes, not text: they may hold newlines and need not be UTF-8. The order is git's
/// index order, byte by byte.
public struct RepositoryPath: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let bytes: [UInt8]

    public init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    public init(_ text: some StringProtocol) {
        bytes = Array(text.utf8)
    }

    /// The empty path: the root of a tree.
    public static let root = RepositoryPath(bytes: [])

    /// The path of `name` in the folder that this path names.
    public func appending(_ name: some Collection<UInt8>) -> RepositoryPath {
        guard !bytes.isEmpty else { return RepositoryPath(bytes: Array(name)) }
        var joined = [UInt8]()
        joined.reserveCapacity(bytes.count + 1 + name.count)
        joined.append(contentsOf: bytes)
        joined.append(UInt8(ascii: "/"))
        joined.append(contentsOf: name)
        return RepositoryPath(bytes: joined)
    }

    public func appending(_ name: some StringProtocol) -> RepositoryPath {
        appending(Array(name.utf8))
    }

    /// The components, in order; none for the root.
    public var components: [ArraySlice<UInt8>] {
        bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    }

    /// The folder that holds this path; nil for the root.
    public var parent: RepositoryPath? {
        guard !bytes.isEmpty else { return nil }
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return .root }
        return RepositoryPath(bytes: Array(bytes[..<slash]))
    }

    /// The last component.
    public var name: ArraySlice<UInt8> {
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return bytes[...] }
        return bytes[(slash + 1)...]
    }

    /// Whether this path is `folder` or lies below it.
    public func isWithin(_ folder: RepositoryPath) -> Bool {
        if folder.bytes.isEmpty { return true }
        guard bytes.starts(with: folder.bytes) else { return false }
        return bytes.count == folder.bytes.count || bytes[folder.bytes.count] == UInt8(ascii: "/")
    }

    /// What is left of this path below `folder`; nil where it lies elsewhere.
    public func relative(to folder: RepositoryPath) -> RepositoryPath? {
        guard isWithin(folder) else { return nil }
        if folder.bytes.isEmpty { return self }
        return RepositoryPath(bytes: Array(bytes.dropFirst(folder.bytes.count + 1)))
    }

    /// For people: as it is where it is plain text, else quoted as git quotes (`core.quotePath` off):
    /// in double quotes, with C escapes, bytes that are not UTF-8 as octal.
    public var description: String {
        RepositoryPath.quoted(bytes)
    }

    /// Quotes a name as `git status` does with `core.quotePath=false` (upstream `quote.c`).
    public static func quoted(_ bytes: some Collection<UInt8>) -> String {
        let text = String(validating: Array(bytes), as: UTF8.self)
        let plain = text.map { $0.unicodeScalars.allSatisfy(RepositoryPath.isPlain) } ?? false
        if let text, plain { return text }
        var quoted = "\""
        if let text {
            for scalar in text.unicodeScalars {
                if isPlain(scalar) { quoted.unicodeScalars.append(scalar) } else { quoted += escaped(scalar) }
            }
        } else {
            for byte in bytes {
                let scalar = Unicode.Scalar(byte)
                if byte < 0x80, isPlain(scalar) {
                    quoted.unicodeScalars.append(scalar)
                } else if byte < 0x80 {
                    quoted += escaped(scalar)
                } else {
                    quoted += octal(byte)
                }
            }
        }
        return quoted + "\""
    }

    /// Reads what `quoted` wrote; nil where the text is no such quotation.
    public init?(quoted text: String) {
        guard text.hasPrefix("\"") else {
            self.init(text)
            return
        }
        var bytes = [UInt8]()
        var rest = text.utf8.dropFirst()
        guard rest.last == UInt8(ascii: "\""), !rest.isEmpty else { return nil }
        rest = rest.dropLast()
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            guard let escape = rest.popFirst() else { return nil }
            switch escape {
            case UInt8(ascii: "a"): bytes.append(7)
            case UInt8(ascii: "b"): bytes.append(8)
            case UInt8(ascii: "t"): bytes.append(9)
            case UInt8(ascii: "n"): bytes.append(10)
            case UInt8(ascii: "v"): bytes.append(11)
            case UInt8(ascii: "f"): bytes.append(12)
            case UInt8(ascii: "r"): bytes.append(13)
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(escape)
            case UInt8(ascii: "0")...UInt8(ascii: "3"):
                guard let second = rest.popFirst(), let third = rest.popFirst(),
                    let value = UInt8(String(decoding: [escape, second, third], as: UTF8.self), radix: 8)
                else { return nil }
                bytes.append(value)
            default: return nil
            }
        }
        self.init(bytes: bytes)
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        if scalar == "\"" || scalar == "\\" { return false }
        // Control characters, C1 controls and the bidirectional overrides, which would let a name
        // pass for another on a terminal.
        switch scalar.value {
        case 0..<0x20, 0x7f..<0xa0, 0x200e...0x200f, 0x202a...0x202e, 0x2066...0x2069: return false
        default: return true
        }
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": "\\\""
        case "\\": "\\\\"
        case "\u{7}": "\\a"
        case "\u{8}": "\\b"
        case "\t": "\\t"
        case "\n": "\\n"
        case "\u{b}": "\\v"
        case "\u{c}": "\\f"
        case "\r": "\\r"
        default: UTF8.encode(scalar).map { $0.map(octal).joined() } ?? ""
        }
    }

    private static func octal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 8)
        return "\\" + String(repeating: "0", count: 3 - digits.count) + digits
    }

    public static func < (a: RepositoryPath, b: RepositoryPath) -> Bool {
        a.bytes.lexicographicallyPrecedes(b.bytes)
    }
}
