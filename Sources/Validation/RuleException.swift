import CPosix
public import Manifests

/// A comment that lets one line break one rule: `# git-ops: allow <rule> <reason>`.
public struct RuleException: Sendable, Hashable {
    /// The rule, or rules, by name.
    public let rule: String
    /// Why; never empty.
    public let reason: String
    /// Where the comment stands.
    public let position: SourcePosition
    /// The line that it is for: its own, or the next one if nothing else is on its own.
    public let line: Int

    private static let mark: StaticString = "git-ops: allow"

    /// Finds the comments of a file.
    ///
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - file: its name for the diagnostics.
    /// - Returns: the comments, and what is wrong with others that were meant to be.
    static func find(in bytes: UnsafeBufferPointer<UInt8>, file: String) -> ([RuleException], [Diagnostic]) {
        guard let first = firstMark(in: bytes, from: 0) else { return ([], []) }
        var found: [RuleException] = []
        var problems: [Diagnostic] = []
        var line = 1
        var lineStart = 0
        var index = 0
        var mark = Optional(first)
        while let at = mark, found.count + problems.count < 1000 {
            while index < at {
                if bytes[index] == 0x0A {
                    line += 1
                    lineStart = index + 1
                }
                index += 1
            }
            var end = at
            while end < bytes.count, bytes[end] != 0x0A, bytes[end] != 0x0D { end += 1 }
            mark = firstMark(in: bytes, from: end)
            // Only in a comment: "#" at the start of the line or after a space, and then the mark.
            guard let sign = commentSign(in: bytes, lineStart: lineStart, mark: at) else { continue }
            let column = String(decoding: bytes[lineStart..<sign], as: UTF8.self).unicodeScalars.count + 1
            let position = SourcePosition(line: line, column: column)
            let words = String(decoding: bytes[(at + mark_.count)..<end], as: UTF8.self).split(whereSeparator: { $0 == " " || $0 == "\t" })
            let isAlone = bytes[lineStart..<sign].allSatisfy { $0 == 0x20 || $0 == 0x09 }
            guard words.count >= 2 else {
                problems.append(
                    Diagnostic(
                        file: file, position: position, rule: "manifest/exception",
                        message: words.isEmpty ? "the exception names no rule" : "the exception from \(words[0]) gives no reason",
                        hint: "write: # git-ops: allow <rule> <reason>"))
                continue
            }
            found.append(
                RuleException(
                    rule: String(words[0]), reason: words.dropFirst().joined(separator: " "), position: position,
                    line: isAlone ? line + 1 : line))
        }
        return (found, problems)
    }

    private static let mark_ = Array("git-ops: allow".utf8)

    private static func firstMark(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        guard start < bytes.count, let base = bytes.baseAddress else { return nil }
        return mark_.withUnsafeBytes { mark in
            guard let at = ops_memmem(base + start, bytes.count - start, mark.baseAddress!, mark.count) else { return nil }
            return at.assumingMemoryBound(to: UInt8.self) - base
        }
    }

    private static func commentSign(in bytes: UnsafeBufferPointer<UInt8>, lineStart: Int, mark: Int) -> Int? {
        var index = mark - 1
        while index >= lineStart, bytes[index] == 0x20 || bytes[index] == 0x09 { index -= 1 }
        guard index >= lineStart, bytes[index] == UInt8(ascii: "#") else { return nil }
        return index == lineStart || bytes[index - 1] == 0x20 || bytes[index - 1] == 0x09 ? index : nil
    }
}
