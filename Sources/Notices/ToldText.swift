/// Text from outside made fit to be told: one line without control characters and bidirectional overrides,
/// and without the name and password that an address in it may hold.
/// - Parameter limit: the most characters that are kept.
func told(_ text: String, _ limit: Int = 500) -> String {
    var line = ""
    var count = 0
    var isSpaced = false
    for scalar in withoutUserinfo(text).unicodeScalars {
        let isControl =
            switch scalar.value {
            case 0..<0x21, 0x7f..<0xa1, 0x200e...0x200f, 0x2028...0x202e, 0x2066...0x2069, 0xfeff: true
            default: false
            }
        if isControl {
            isSpaced = !line.isEmpty
            continue
        }
        guard count < limit else { return line + "…" }
        if isSpaced { line.append(" ") }
        isSpaced = false
        line.unicodeScalars.append(scalar)
        count += 1
    }
    return line
}

/// `https://name:password@host` becomes `https://…@host`.
private func withoutUserinfo(_ text: String) -> String {
    let separator = Array("://".utf8)
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
        guard bytes[index...].starts(with: separator) else {
            result.append(bytes[index])
            index += 1
            continue
        }
        result += separator
        index += separator.count
        // The authority ends where a path, a query or the text's own words begin.
        let end = bytes[index...].firstIndex { $0 <= 32 || $0 == 34 || $0 == 39 || $0 == 35 || $0 == 47 || $0 == 63 } ?? bytes.count
        guard let at = bytes[index..<end].lastIndex(of: UInt8(ascii: "@")) else { continue }
        result += Array("…".utf8)
        index = at
    }
    return String(decoding: result, as: UTF8.self)
}
