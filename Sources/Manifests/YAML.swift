/// YAML as manifests use it: YAML 1.1 as libyaml reads it, in UTF-8.
///
/// An error ends its document; reading goes on with the next `---`, so that
/// each document tells its first error.
public enum YAML {
    /// Reads a stream of documents.
    ///
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - file: its name for the diagnostics.
    ///   - limits: what it may cost.
    /// - Returns: the documents that could be read whole, and everything that is
    ///   wrong. Where a diagnostic is an error, the documents are not all there is.
    public static func parse(
        _ bytes: [UInt8], file: String, limits: ReadingLimits = ReadingLimits()
    ) -> (documents: [Document], diagnostics: [Diagnostic]) {
        bytes.withUnsafeBytes { parse($0, file: file, limits: limits) }
    }

    /// Reads a stream of documents from bytes that stay where they are during
    /// the call; otherwise as the other.
    public static func parse(
        _ bytes: UnsafeRawBufferPointer, file: String, limits: ReadingLimits = ReadingLimits()
    ) -> (documents: [Document], diagnostics: [Diagnostic]) {
        var reading = YAMLReading(bytes.bindMemory(to: UInt8.self), file: file, limits: limits, receiver: NodeBuilder())
        reading.run()
        return (reading.receiver.documents, reading.diagnostics)
    }

    /// Says what is wrong with a stream of documents, the same as ``parse(_:file:limits:)-([UInt8],_,_)``
    /// does, without keeping what it reads.
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
        var reading = YAMLReading(bytes.bindMemory(to: UInt8.self), file: file, limits: limits, receiver: NothingKept())
        reading.run()
        return reading.diagnostics
    }
}
