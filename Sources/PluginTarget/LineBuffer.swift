/// Bytes as they come, taken out line by line.
struct LineBuffer {
    private var bytes: [UInt8] = []
    private var start = 0
    /// Up to where there is no newline.
    private var searched = 0

    /// How many bytes wait for the end of their line.
    var pending: Int { bytes.count - start }

    mutating func append(_ more: [UInt8]) {
        if start == bytes.count {
            bytes = more
            start = 0
            searched = 0
        } else {
            bytes += more
        }
    }

    /// The next whole line, without its newline.
    mutating func next() -> [UInt8]? {
        guard let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) else {
            searched = bytes.count
            // What was taken is dropped at once, not line by line, which would cost the square.
            if start > 0 {
                bytes.removeFirst(start)
                searched -= start
                start = 0
            }
            return nil
        }
        defer {
            start = end + 1
            searched = start
        }
        return Array(bytes[start..<end])
    }

    /// What there is of a line that does not end.
    mutating func takePending() -> [UInt8] {
        defer { self = LineBuffer() }
        return Array(bytes[start...])
    }
}
