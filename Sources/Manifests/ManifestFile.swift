/// A file of manifests as the Kubernetes API machinery reads it
/// (sigs.k8s.io/yaml with go-yaml v2, strict): YAML 1.1's words for booleans,
/// Go's forms of numbers, keys as strings, merge keys merged.
///
/// It is kept in a few flat tables, so that a file costs little more than its
/// own size, and aliases nothing.
public final class ManifestFile: @unchecked Sendable {
    // Written once, before anybody else sees it.

    /// One document of the file.
    public struct Document {
        /// The value; of an empty document null.
        public let root: Value
        /// Where the document began: its `---`, or its first token.
        public let position: SourcePosition
    }

    /// Everything that is wrong with the file's form, warnings too. Where one is an
    /// error, the documents are not all there is.
    public let diagnostics: [Diagnostic]

    private let language: Language
    private let records: UnsafeMutableBufferPointer<ValueRecord>
    private let children: UnsafeMutableBufferPointer<UInt32>
    private let text: UnsafeMutableBufferPointer<UInt8>
    private let storage: UnsafeMutablePointer<ValueStorage>
    private let roots: [(record: UInt32, position: SourcePosition)]

    /// The notation of a file.
    public enum Language: Sendable {
        case yaml, json
    }

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - bytes: the whole file; they are copied as far as they are kept.
    ///   - language: its notation.
    ///   - file: its name for the diagnostics.
    ///   - limits: what it may cost.
    public init(_ bytes: UnsafeRawBufferPointer, language: Language, file: String, limits: ReadingLimits = ReadingLimits()) {
        let bytes = bytes.bindMemory(to: UInt8.self)
        self.language = language
        var builder: ValueBuilder
        var found: [Diagnostic]
        switch language {
        case .yaml:
            var reading = YAMLReading(bytes, file: file, limits: limits, receiver: ValueBuilder(file: file, size: bytes.count, limits: limits))
            reading.run()
            builder = reading.receiver
            found = reading.diagnostics
        case .json:
            var reading = JSONReading(
                bytes, file: file, limits: limits, receiver: ValueBuilder(file: file, size: bytes.count, limits: limits, isJSON: true))
            reading.run()
            builder = reading.receiver
            found = reading.diagnostics
            if !found.isEmpty { builder.roots.removeAll() }
        }
        if !builder.diagnostics.isEmpty {
            found += builder.diagnostics
            found.sort {
                guard let one = $0.position, let other = $1.position else { return $0.position != nil && $1.position == nil }
                return one < other
            }
        }
        diagnostics = found
        (records, children, text, storage) = Self.tables(of: builder)
        roots = builder.roots
    }

    /// A file of what was put down by hand.
    init(finishing builder: inout ValueBuilder) {
        builder.finishDocument()
        language = .yaml
        diagnostics = []
        (records, children, text, storage) = Self.tables(of: builder)
        roots = builder.roots
    }

    private static func tables(
        of builder: ValueBuilder
    ) -> (
        UnsafeMutableBufferPointer<ValueRecord>, UnsafeMutableBufferPointer<UInt32>, UnsafeMutableBufferPointer<UInt8>,
        UnsafeMutablePointer<ValueStorage>
    ) {
        let records = UnsafeMutableBufferPointer.copy(of: builder.records)
        let children = UnsafeMutableBufferPointer.copy(of: builder.children)
        let text = UnsafeMutableBufferPointer.copy(of: builder.text)
        let storage = UnsafeMutablePointer<ValueStorage>.allocate(capacity: 1)
        storage.initialize(
            to: ValueStorage(
                records: UnsafePointer(records.baseAddress!), children: UnsafePointer(children.baseAddress!),
                text: UnsafePointer(text.baseAddress!)))
        return (records, children, text, storage)
    }

    /// Reads a file from an array; otherwise as the other.
    public convenience init(_ bytes: [UInt8], language: Language, file: String, limits: ReadingLimits = ReadingLimits()) {
        // An empty array may have no address.
        let bytes = bytes.isEmpty ? [UInt8](repeating: 0x0A, count: language == .yaml ? 1 : 0) : bytes
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 1)
        defer { copy.deallocate() }
        copy.copyBytes(from: bytes)
        self.init(UnsafeRawBufferPointer(rebasing: copy[..<bytes.count]), language: language, file: file, limits: limits)
    }

    deinit {
        storage.deallocate()
        records.deallocate()
        children.deallocate()
        text.deallocate()
    }

    /// How many documents there are.
    public var documentCount: Int { roots.count }

    /// Whether a place is within a text that is quoted or a block, so that what stands there is no comment.
    /// It looks at all values: ask it of few places.
    public func holdsText(at position: SourcePosition) -> Bool {
        if language == .json { return true }
        return records.contains { record in
            guard record.kind == .string || record.kind == .null, record.style != .plain else { return false }
            let start = SourcePosition(line: Int(record.startLine), column: Int(record.startColumn))
            let end = SourcePosition(line: Int(record.endLine), column: Int(record.endColumn))
            let isBlock = record.style == .literal || record.style == .folded
            // After the "|" of a block comments may stand.
            return start < position && position < end && (!isBlock || start.line != position.line)
        }
    }

    /// Gives the documents to a function; their values may not outlive it.
    public func withDocuments<Result, Failure: Error>(_ body: ([Document]) throws(Failure) -> Result) throws(Failure) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(
            roots.map { Document(root: Value(file: UnsafePointer(storage), record: UnsafePointer(records.baseAddress!) + Int($0.record)), position: $0.position) })
    }
}

extension UnsafeMutableBufferPointer {
    /// The elements in memory of their own; never without an address.
    fileprivate static func copy(of elements: [Element]) -> Self {
        let copy = allocate(capacity: Swift.max(elements.count, 1))
        _ = copy.initialize(from: elements)
        return copy
    }
}
