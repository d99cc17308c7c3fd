/// The bytes of a file and the questions that a diagnostic asks of them. It is
/// consulted when something is wrong, so it may count from the start each time.
struct SourceText {
    let bytes: UnsafeBufferPointer<UInt8>

    /// The bytes without a byte order mark.
    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        let hasMark = bytes.count >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF
        self.bytes = hasMark ? UnsafeBufferPointer(rebasing: bytes[3...]) : bytes
    }

    /// Whether `\/` stands anywhere in what is not JSON: kubectl takes what begins with
    /// a brace for that.
    var hasEscapedSlash: Bool {
        guard bytes.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) != UInt8(ascii: "{") else { return false }
        return bytes.indices.dropLast().contains { bytes[$0] == UInt8(ascii: "\\") && bytes[$0 + 1] == UInt8(ascii: "/") }
    }

    /// The length of the line break at an index as YAML 1.1 (section 4.2) has
    /// line breaks, 0 where there is none.
    func lineBreakLength(at index: Int) -> Int {
        switch bytes[index] {
        case 0x0A: 1
        case 0x0D: index + 1 < bytes.count && bytes[index + 1] == 0x0A ? 2 : 1
        case 0xC2: index + 1 < bytes.count && bytes[index + 1] == 0x85 ? 2 : 0
        case 0xE2:
            index + 2 < bytes.count && bytes[index + 1] == 0x80
                && (bytes[index + 2] == 0xA8 || bytes[index + 2] == 0xA9) ? 3 : 0
        default: 0
        }
    }

    /// The index after the next line break, or the end.
    func startOfLine(after index: Int) -> Int {
        var index = index
        while index < bytes.count {
            let length = lineBreakLength(at: index)
            if length > 0 { return index + length }
            index += 1
        }
        return bytes.count
    }

    /// The index at which a line (from 1) starts, looking from a place where
    /// `knownLine` starts at `known`.
    func startOfLine(_ line: Int, from known: Int = 0, knownLine: Int = 1) -> Int {
        var index = known
        for _ in knownLine..<max(line, knownLine) { index = startOfLine(after: index) }
        return index
    }

    /// The place of a byte.
    func position(ofByte offset: Int) -> SourcePosition {
        var position = SourcePosition.start
        var index = 0
        while index < min(offset, bytes.count) {
            let length = lineBreakLength(at: index)
            if length > 0, index + length <= offset {
                position.line += 1
                position.column = 1
                index += length
            } else {
                // Continuation bytes belong to the scalar before them.
                if bytes[index] & 0xC0 != 0x80 { position.column += 1 }
                index += 1
            }
        }
        return position
    }

    /// The beginning of a line without its break; enough of it for a message,
    /// whatever the file.
    func line(startingAt start: Int, limit: Int = 4096) -> String {
        var end = start
        while end < bytes.count, end - start < limit, lineBreakLength(at: end) == 0 { end += 1 }
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }
}

/// What keeps bytes from being read as text at all.
enum Unreadable {
    case tooLong
    case utf16
    case invalidUTF8(offset: Int)

    /// The first reason, if there is one.
    static func reason(in source: SourceText, limits: ReadingLimits) -> Unreadable? {
        let bytes = source.bytes
        if bytes.count > limits.bytes { return .tooLong }
        if bytes.count >= 2, (bytes[0] == 0xFE && bytes[1] == 0xFF) || (bytes[0] == 0xFF && bytes[1] == 0xFE) {
            return .utf16
        }
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: bytes.span)
            return nil
        } catch {
            return .invalidUTF8(offset: error.byteOffsets.lowerBound)
        }
    }

    /// The diagnostic; `language` is the first part of the rule's name.
    func diagnostic(language: String, file: String, source: SourceText, limits: ReadingLimits) -> Diagnostic {
        switch self {
        case .tooLong:
            Diagnostic(
                file: file, position: nil, rule: "\(language)/size",
                message: "file has \(source.bytes.count) bytes, more than the \(limits.bytes) that are read",
                hint: "split it into smaller files")
        case .utf16:
            Diagnostic(
                file: file, position: .start, rule: "\(language)/encoding",
                message: "file is encoded as UTF-16", hint: "save it as UTF-8")
        case .invalidUTF8(let offset):
            Diagnostic(
                file: file, position: source.position(ofByte: offset), rule: "\(language)/encoding",
                message: "byte 0x\(String(source.bytes[offset], radix: 16)) is not UTF-8",
                hint: "save the file as UTF-8")
        }
    }
}
