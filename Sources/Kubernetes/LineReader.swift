import NIOCore

/// Takes lines out of a stream of buffers, wherever those are cut.
struct LineReader {
    /// The most bytes of one line.
    let limit: Int
    private var buffer = ByteBuffer()
    /// How many bytes are known to have no end of a line in them.
    private var searched = 0

    init(limit: Int) {
        self.limit = limit
    }

    /// Whether bytes are there that no end of a line followed.
    var hasRest: Bool { buffer.readableBytesView.contains { !isBlank($0) } }

    mutating func add(_ bytes: ByteBuffer) {
        var bytes = bytes
        if buffer.readableBytes == 0 { buffer = bytes } else { buffer.writeBuffer(&bytes) }
    }

    /// The next line without its end, which may be empty; nil where none is whole yet.
    /// - Throws: where a line is longer than the limit.
    mutating func next() throws(ClusterError) -> ByteBuffer? {
        let view = buffer.readableBytesView
        guard let end = view[(view.startIndex + searched)...].firstIndex(of: UInt8(ascii: "\n")) else {
            searched = view.count
            guard searched <= limit else { throw tooLong }
            return nil
        }
        let length = end - view.startIndex
        guard length <= limit else { throw tooLong }
        searched = 0
        let line = buffer.readSlice(length: length)
        buffer.moveReaderIndex(forwardBy: 1)
        buffer.discardReadBytes()
        return line
    }

    private var tooLong: ClusterError { ClusterError(.malformed, "an event of a watch has more than \(limit >> 20) MiB") }

    private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }
}
