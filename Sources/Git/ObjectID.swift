import CLibgit2

/// The name of a git object: the SHA-1 of its type, size and content.
public struct ObjectID: Hashable, Comparable, Sendable, CustomStringConvertible {
    var raw: git_oid

    init(_ raw: git_oid) {
        self.raw = raw
    }

    /// The id that git prints for "no object": forty zeros.
    public static let zero = ObjectID(git_oid())

    /// - Parameter hex: forty hexadecimal digits; nil for anything else.
    public init?(hex: some StringProtocol) {
        self.init(hexBytes: Array(hex.utf8))
    }

    /// - Parameter hexBytes: forty hexadecimal digits in ASCII; nil for anything else.
    public init?(hexBytes: some Collection<UInt8>) {
        guard hexBytes.count == 40 else { return nil }
        var raw = git_oid()
        let complete = withUnsafeMutableBytes(of: &raw) { target in
            var index = 0
            for byte in hexBytes {
                guard let nibble = ObjectID.nibble(byte) else { return false }
                target[index / 2] = target[index / 2] << 4 | nibble
                index += 1
            }
            return true
        }
        guard complete else { return nil }
        self.raw = raw
    }

    /// - Parameter bytes: twenty bytes, as trees hold them.
    public init(bytes: UnsafeRawPointer) {
        var raw = git_oid()
        withUnsafeMutableBytes(of: &raw) { $0.copyMemory(from: UnsafeRawBufferPointer(start: bytes, count: 20)) }
        self.raw = raw
    }

    private static func nibble(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// The twenty bytes of the id.
    public var bytes: [UInt8] {
        withUnsafeBytes(of: raw) { Array($0) }
    }

    /// Forty lower-case hexadecimal digits.
    public var description: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(unsafeUninitializedCapacity: 40) { text in
            withUnsafeBytes(of: raw) { bytes in
                for (index, byte) in bytes.enumerated() {
                    text[2 * index] = digits[Int(byte >> 4)]
                    text[2 * index + 1] = digits[Int(byte & 15)]
                }
            }
            return 40
        }
    }

    /// The first ten digits, for people; not checked to be unambiguous.
    public var short: String {
        String(description.prefix(10))
    }

    /// Whether this is `zero`.
    public var isZero: Bool {
        self == .zero
    }

    public static func == (a: ObjectID, b: ObjectID) -> Bool {
        withUnsafeBytes(of: a.raw) { x in
            withUnsafeBytes(of: b.raw) { y in
                x.loadUnaligned(as: UInt64.self) == y.loadUnaligned(as: UInt64.self)
                    && x.loadUnaligned(fromByteOffset: 8, as: UInt64.self) == y.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
                    && x.loadUnaligned(fromByteOffset: 16, as: UInt32.self) == y.loadUnaligned(fromByteOffset: 16, as: UInt32.self)
            }
        }
    }

    public static func < (a: ObjectID, b: ObjectID) -> Bool {
        withUnsafeBytes(of: a.raw) { x in withUnsafeBytes(of: b.raw) { y in x.lexicographicallyPrecedes(y) } }
    }

    public func hash(into hasher: inout Hasher) {
        withUnsafeBytes(of: raw) { hasher.combine(bytes: $0) }
    }
}
