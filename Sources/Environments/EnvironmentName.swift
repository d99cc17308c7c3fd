/// What an environment may be called. Names stand in refs, in paths and in git
/// configuration, beside names of our own that start with an underscore.
public enum EnvironmentName {
    /// The most bytes of a name, as DNS labels have it (RFC 1035, section 2.3.4).
    public static let longest = 63

    /// What is allowed, in words, for messages.
    public static let rule =
        "lower-case letters, digits and inner hyphens, at most \(longest) characters"

    /// Whether bytes in UTF-8 are the name of an environment.
    ///
    /// - Parameter name: the bytes.
    /// - Returns: true for lower-case ASCII letters, digits and inner hyphens.
    public static func isValid(_ name: some Collection<UInt8>) -> Bool {
        var count = 0
        var last: UInt8 = hyphen
        for byte in name {
            guard isAllowed(byte), count < longest, count > 0 || byte != hyphen else { return false }
            count += 1
            last = byte
        }
        return last != hyphen
    }

    /// Whether a text is the name of an environment.
    public static func isValid(_ name: String) -> Bool {
        isValid(name.utf8)
    }

    private static let hyphen = UInt8(ascii: "-")

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x61...0x7A, 0x30...0x39, hyphen: true
        default: false
        }
    }
}
