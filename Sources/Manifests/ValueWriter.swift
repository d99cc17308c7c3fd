/// Writes a manifest anew, value by value, where something is to stand in it that the file has not: what a
/// server fills in. What is copied keeps its place.
public struct ValueWriter {
    private var builder = ValueBuilder(file: "", size: 0, limits: ReadingLimits())

    public init() {}

    /// Begins a mapping or a sequence as another is one.
    /// - Parameter place: what it is to stand at; nil for the place of the other.
    public mutating func begin(like collection: Value, at place: Value? = nil) {
        builder.begin(isMapping: collection.kind == .mapping, tag: nil, at: (place ?? collection).range.start)
    }

    /// Ends what was begun last.
    public mutating func end(like collection: Value, at place: Value? = nil) {
        builder.add(builder.end(at: (place ?? collection).range.end))
    }

    /// Puts down a value with all that is in it.
    /// - Parameter place: what it is to stand at; nil for its own place.
    public mutating func copy(_ value: Value, at place: Value? = nil) {
        switch value.kind {
        case .sequence, .mapping:
            begin(like: value, at: place)
            for item in value.items { copy(item, at: place) }
            for field in value.fields {
                copy(field.key, at: place)
                copy(field.value, at: place)
            }
            end(like: value, at: place)
        default: builder.add(builder.copy(value, at: place?.range ?? value.range))
        }
    }

    /// Puts down a key of the mapping that was begun last; its value is to follow.
    public mutating func key(_ name: UnsafeBufferPointer<UInt8>, at place: Value) {
        builder.add(builder.scalar(name, style: .doubleQuoted, tag: nil, range: place.range))
    }

    /// What was written, as a file of one document.
    public mutating func file() -> ManifestFile { ManifestFile(finishing: &builder) }
}
