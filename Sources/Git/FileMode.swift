/// The kinds of entry that a git tree can hold.
public enum FileMode: UInt32, Sendable, Hashable {
    case tree = 0o040000
    case file = 0o100644
    case executable = 0o100755
    case link = 0o120000
    case submodule = 0o160000

    /// - Parameter raw: the mode as a tree holds it; old trees hold 0100664, which git reads as a file.
    init?(treeMode raw: UInt32) {
        switch raw & 0o170000 {
        case 0o040000: self = .tree
        case 0o100000: self = raw & 0o100 == 0 ? .file : .executable
        case 0o120000: self = .link
        case 0o160000: self = .submodule
        default: return nil
        }
    }

    /// Six octal digits as git prints them: `100644`.
    public var octal: String {
        let digits = String(rawValue, radix: 8)
        return String(repeating: "0", count: 6 - digits.count) + digits
    }

    /// - Parameter octal: what `octal` gives.
    public init?(octal: some StringProtocol) {
        guard let raw = UInt32(octal, radix: 8) else { return nil }
        self.init(rawValue: raw)
    }

    var treeText: String {
        String(rawValue, radix: 8)
    }
}
