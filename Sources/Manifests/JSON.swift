/// JSON, strictly as RFC 8259 has it, in UTF-8. A byte order mark is skipped.
/// Keys may repeat: what that means is for the reader of the nodes to say.
public enum JSON {
    /// Reads one value.
    ///
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - file: its name for the diagnostics.
    ///   - limits: what it may cost.
    /// - Returns: the value if the file is well-formed, and everything that is
    ///   wrong. Numbers, `true`, `false` and `null` are plain scalars; strings
    ///   are in double quotes.
    public static func parse(
        _ bytes: [UInt8], file: String, limits: ReadingLimits = ReadingLimits()
    ) -> (document: Document?, diagnostics: [Diagnostic]) {
        bytes.withUnsafeBytes { parse($0, file: file, limits: limits) }
    }

    /// Reads one value from bytes that stay where they are during the call;
    /// otherwise as the other.
    public static func parse(
        _ bytes: UnsafeRawBufferPointer, file: String, limits: ReadingLimits = ReadingLimits()
    ) -> (document: Document?, diagnostics: [Diagnostic]) {
        var reading = JSONReading(bytes.bindMemory(to: UInt8.self), file: file, limits: limits, receiver: NodeBuilder())
        reading.run()
        return (reading.diagnostics.isEmpty ? reading.receiver.documents.first : nil, reading.diagnostics)
    }

    /// Says what is wrong with a file, the same as parsing does, without keeping
    /// what it reads.
    ///
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - file: its name for the diagnostics.
    ///   - limits: what it may cost.
    /// - Returns: nothing if the file is well-formed.
    public static func check(
        _ bytes: [UInt8], file: String, limits: ReadingLimits = ReadingLimits()
    ) -> [Diagnostic] {
        bytes.withUnsafeBytes { check($0, file: file, limits: limits) }
    }

    /// Says what is wrong with bytes that stay where they are during the call;
    /// otherwise as the other.
    public static func check(
        _ bytes: UnsafeRawBufferPointer, file: String, limits: ReadingLimits = ReadingLimits()
    ) -> [Diagnostic] {
        var reading = JSONReading(bytes.bindMemory(to: UInt8.self), file: file, limits: limits, receiver: NothingKept())
        reading.run()
        return reading.diagnostics
    }
}
