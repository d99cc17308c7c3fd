import Synchronization

/// A regular expression in the syntax of RE2 as Go's `regexp.Compile` reads it
/// (https://github.com/google/re2/wiki/Syntax), matched in time linear in the
/// text. A text is bytes of UTF-8; a byte that is none counts as U+FFFD.
public final class RegularExpression: Sendable {
    /// The pattern as it was given.
    public let pattern: String
    private let program: RegularExpressionProgram
    private let automaton: Mutex<RegularExpressionAutomaton>

    /// Compiles a pattern.
    ///
    /// - Parameter pattern: the expression; no flags but those it sets itself.
    /// - Throws: what Go's `regexp.Compile` refuses: bad syntax, lookaround and
    ///   backreferences, counts above 1000, more than 1000 levels, and what
    ///   expands to more than 3.3 million instructions (maxHeight and maxSize of
    ///   Go's regexp/syntax).
    public init(_ pattern: String) throws(RegularExpressionError) {
        self.pattern = pattern
        var parser = RegularExpressionParser(pattern)
        let root = try parser.parse()
        program = RegularExpressionProgram(parser.tree, root: root)
        automaton = Mutex(RegularExpressionAutomaton(program))
    }

    /// How many instructions there are, to which the cost of a scalar is bound.
    public var size: Int { program.instructions.count }

    /// Whether the text holds a match anywhere (Go's `MatchString`).
    public func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var budget = Int.max
        return matches(text, budget: &budget) == true
    }

    /// Whether the text holds a match anywhere; nil where to say so costs more than
    /// the budget, from which the instructions that are looked at are taken.
    public func matches(_ text: UnsafeBufferPointer<UInt8>, budget: inout Int) -> Bool? {
        guard budget >= 0 else { return nil }
        var left = budget
        defer { budget = left }
        if let known = automaton.withLockIfAvailable({ $0.matches(text, &left) }) { return known }
        // Another thread has the automaton: build a passing one.
        left -= size
        var automaton = RegularExpressionAutomaton(program)
        return automaton.matches(text, &left)
    }

    /// Whether the text holds a match anywhere (Go's `MatchString`).
    public func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { matches($0) }
    }

    /// The leftmost match, in bytes (Go's `FindStringIndex`).
    public func firstMatch(in text: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
        var search = RegularExpressionSearch(program)
        return search.firstMatch(in: text, from: 0)
    }

    /// All matches that do not overlap, in bytes, an empty one not right after
    /// another (Go's `FindAllStringIndex`).
    ///
    /// - Parameter limit: the most to find; below 0 is all.
    public func allMatches(in text: UnsafeBufferPointer<UInt8>, limit: Int = -1) -> [Range<Int>] {
        var search = RegularExpressionSearch(program)
        var result: [Range<Int>] = []
        var position = 0
        var previousEnd = -1
        while position <= text.count, limit < 0 || result.count < limit,
            let match = search.firstMatch(in: text, from: position)
        {
            var accept = true
            if match.isEmpty {
                if match.lowerBound == previousEnd { accept = false }
                let hasNext = match.upperBound < text.count
                position = match.upperBound + (hasNext ? ScalarReading.scalar(text, at: match.upperBound).1 : 1)
            } else {
                position = match.upperBound
            }
            previousEnd = match.upperBound
            if accept { result.append(match) }
        }
        return result
    }

    /// The text of the leftmost match, if any.
    public func firstMatch(in text: String) -> String? {
        var text = text
        return text.withUTF8 { bytes in
            firstMatch(in: bytes).map { String(decoding: bytes[$0], as: UTF8.self) }
        }
    }

    /// The texts of all matches; without overlap; a `limit` below 0 is all.
    public func allMatches(in text: String, limit: Int = -1) -> [String] {
        var text = text
        return text.withUTF8 { bytes in
            allMatches(in: bytes, limit: limit).map { String(decoding: bytes[$0], as: UTF8.self) }
        }
    }
}
