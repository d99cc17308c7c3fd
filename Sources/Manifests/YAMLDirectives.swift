/// The `%TAG` directives of a stream. libyaml compares each with all before it,
/// and each tag with all, and writes the prefix out for each tag that has it: a
/// file of many or long ones would cost the square of its size.
enum YAMLDirectives {
    /// The most that a stream may have; manifests have none.
    static let most = 100
    /// The bytes that a line of them may have.
    static let longest = 1024

    /// The first directive beyond the most, or too long.
    static func excess(in source: SourceText) -> SourcePosition? {
        let bytes = source.bytes
        var count = 0
        for index in bytes.indices where bytes[index] == 0x25 && isTagDirective(bytes, at: index) {
            count += 1
            if count > most || source.startOfLine(after: index) - index > longest { return source.position(ofByte: index) }
        }
        return nil
    }

    private static func isTagDirective(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
        guard index + 4 <= bytes.count, bytes[index + 1] == 0x54, bytes[index + 2] == 0x41,
            bytes[index + 3] == 0x47
        else { return false }
        // After any line break of YAML 1.1: LF, CR, or the last byte of NEL, LS, PS.
        return index == 0 || [0x0A, 0x0D, 0x85, 0xA8, 0xA9].contains(bytes[index - 1])
    }
}
