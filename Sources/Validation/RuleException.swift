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

    /// Finds the comments of a file of YAML; JSON has none.
    ///
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - read: what was read of it, which knows text from comments.
    ///   - file: its name for the diagnostics.
    /// - Returns: the comments, and what is wrong with others that were meant to be.
    static func find(in bytes: UnsafeBufferPointer<UInt8>, _ read: ManifestFile, file: String) -> ([RuleException], [Diagnostic]) {
        guard var at = firstMark(in: bytes, from: 0) else { return ([], []) }
        var found: [RuleException] = []
        var problems: [Diagnostic] = []
        /// Lines that hold nothing but exceptions.
        var alone: Set<Int> = []
        var line = 1
        var lineStart = 0
        var index = 0
        while found.count + problems.count < most {
            while index < at {
                let length = LineBreak.length(in: bytes, at: index)
                if length > 0 {
                    line += 1
                    lineStart = index + length
                }
                index += max(length, 1)
            }
            var end = at
            while end < bytes.count, LineBreak.length(in: bytes, at: end) == 0 { end += 1 }
            if let sign = commentSign(in: bytes, lineStart: lineStart, mark: at) {
                let column = String(decoding: bytes[lineStart..<sign], as: UTF8.self).unicodeScalars.count + 1
                let position = SourcePosition(line: line, column: column)
                if !read.holdsText(at: position) {
                    if bytes[lineStart..<sign].allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { alone.insert(line) }
                    // Several may stand one after another.
                    let text = String(decoding: bytes[sign..<end], as: UTF8.self)
                    for part in text.split(separator: markText, omittingEmptySubsequences: false).dropFirst() {
                        take(part, at: position, file, &found, &problems)
                    }
                }
            }
            guard let next = firstMark(in: bytes, from: end) else { break }
            at = next
        }
        return (found.map { $0.meant(besides: alone) }, problems)
    }

    private static func take(
        _ part: Substring, at position: SourcePosition, _ file: String, _ found: inout [RuleException], _ problems: inout [Diagnostic]
    ) {
        // "allowed" is another word.
        guard part.isEmpty || part.first == " " || part.first == "\t" else { return }
        var words = part.split(whereSeparator: { $0 == " " || $0 == "\t" })
        // The sign of the next one.
        if words.last == "#" { words.removeLast() }
        guard words.count >= 2 else {
            problems.append(
                Diagnostic(
                    file: file, position: position, rule: "manifest/exception",
                    message: words.isEmpty ? "the exception names no rule" : "the exception from \(words[0].prefix(60)) gives no reason",
                    hint: "write: # git-ops: allow <rule> <reason>"))
            return
        }
        found.append(
            RuleException(
                rule: String(words[0]), reason: words.dropFirst().joined(separator: " "), position: position, line: position.line))
    }

    /// The same for the line that is meant: where the comment stands alone, the next that does not.
    private func meant(besides alone: Set<Int>) -> RuleException {
        var line = line
        while alone.contains(line) { line += 1 }
        return RuleException(rule: rule, reason: reason, position: position, line: line)
    }

    /// The most that a file may make.
    static let most = 1000

    private static let markText = "git-ops: allow"

    private static func firstMark(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        guard start < bytes.count, let base = bytes.baseAddress else { return nil }
        let mark: StaticString = "git-ops: allow"
        guard let at = ops_memmem(base + start, bytes.count - start, mark.utf8Start, mark.utf8CodeUnitCount) else { return nil }
        return at.assumingMemoryBound(to: UInt8.self) - base
    }

    private static func commentSign(in bytes: UnsafeBufferPointer<UInt8>, lineStart: Int, mark: Int) -> Int? {
        var index = mark - 1
        while index >= lineStart, bytes[index] == 0x20 || bytes[index] == 0x09 { index -= 1 }
        guard index >= lineStart, bytes[index] == UInt8(ascii: "#") else { return nil }
        return index == lineStart || bytes[index - 1] == 0x20 || bytes[index - 1] == 0x09 ? index : nil
    }
}
