/// Schemas outside of the built-in ones, in the bytes that they are kept as.
public final class SchemaLibrary: @unchecked Sendable {
    // The bytes are this object's own and never change.

    let blob: SchemaBlob
    private let storage: UnsafeMutableRawBufferPointer

    /// Takes a copy of the bytes; nil where they are no schemas of this format.
    /// Nothing is read but the head.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 16)
        storage.copyMemory(from: bytes)
        guard let blob = SchemaBlob(UnsafeRawBufferPointer(rebasing: storage[..<bytes.count])) else {
            storage.deallocate()
            return nil
        }
        self.storage = storage
        self.blob = blob
    }

    /// Takes bytes from an array; otherwise as the other.
    public convenience init?(_ bytes: [UInt8]) {
        guard let library = bytes.withUnsafeBytes({ SchemaLibrary($0) }) else { return nil }
        self.init(UnsafeRawBufferPointer(library.storage))
    }

    deinit { storage.deallocate() }

    /// The bytes, to be kept.
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        defer { withExtendedLifetime(self) {} }
        return body(UnsafeRawBufferPointer(storage))
    }

    /// The group, version and kind of everything in it.
    public var kinds: [(group: String, version: String, kind: String)] {
        (0..<blob.kindCount).map {
            let kind = blob.kind($0)
            return (blob.text(kind.group), blob.text(kind.version), blob.text(kind.name))
        }
    }
}
