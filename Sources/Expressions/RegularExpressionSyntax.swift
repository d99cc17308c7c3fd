/// Why a pattern is no regular expression, in the words of Go's regexp/syntax.
public struct RegularExpressionError: Error, Sendable, Hashable {
    /// What is wrong, as Go says it: `missing closing ]`.
    public let reason: String
    /// The part of the pattern that is wrong, or the whole of it.
    public let fragment: String

    /// The message of Go's `syntax.Error`, its prefix `error parsing regexp: `
    /// left out: ``invalid or unsupported Perl syntax: `(?=` ``.
    public var message: String { "\(reason): `\(fragment)`" }
}

/// The tree of a pattern, kept in one array: children by index, so that neither
/// its construction nor its end recurses.
struct RegularExpressionTree {
    enum Kind {
        case empty
        case set(ScalarSet)
        case beginLine, endLine, beginText, endText, wordBoundary, noWordBoundary
        case concatenation, alternation
        /// `maximum` of -1 is unbounded.
        case repetition(minimum: Int, maximum: Int, greedy: Bool)
        case group
    }

    struct Node {
        var kind: Kind
        var children: [Int]
        /// The tree's height from here and the instructions it compiles to.
        var height: Int
        var size: Int
    }

    private(set) var nodes: [Node] = []

    mutating func add(_ kind: Kind, _ children: [Int] = []) -> Int {
        var height = 1
        var size = 0
        for child in children {
            height = max(height, nodes[child].height + 1)
            size += nodes[child].size
        }
        switch kind {
        case .repetition(let minimum, let maximum, _):
            // calcSize of Go's regexp/syntax.
            if maximum == -1 {
                size = minimum == 0 ? size + 2 : 1 + minimum * size
            } else {
                size = maximum * size + (maximum - minimum)
            }
        case .alternation: size += max(0, children.count - 1)
        case .group: size += 2
        default: break
        }
        nodes.append(Node(kind: kind, children: children, height: height, size: max(1, size)))
        return nodes.count - 1
    }
}

/// The reading of a pattern: Go's regexp/syntax with the flags of
/// `regexp.Compile` (Perl), on a stack of its own.
struct RegularExpressionParser {
    /// maxHeight of regexp/syntax.
    static let maximumHeight = 1000
    /// maxSize of regexp/syntax is 128 MiB of instructions, which no rule
    /// needs; a pattern that expands beyond this is refused here.
    static let maximumSize = (128 << 20) / 40

    private struct Flags {
        var foldCase = false
        var dotMatchesNewline = false
        var oneLine = true
        var nonGreedy = false
    }

    private enum Entry {
        case node(Int)
        case bar
        case paren(captures: Bool, Flags)
    }

    private let text: [UInt8]
    private var index = 0
    private var flags = Flags()
    private var stack: [Entry] = []
    private(set) var tree = RegularExpressionTree()

    init(_ pattern: String) { text = Array(pattern.utf8) }

    // MARK: stack

    private func whole(_ reason: String) -> RegularExpressionError {
        RegularExpressionError(reason: reason, fragment: fragment(0, text.count))
    }

    private func failure(_ reason: String, _ start: Int, _ end: Int) -> RegularExpressionError {
        RegularExpressionError(reason: reason, fragment: fragment(start, end))
    }

    private func fragment(_ start: Int, _ end: Int) -> String {
        String(decoding: text[start..<min(max(start, end), text.count)], as: UTF8.self)
    }

    private mutating func push(
        _ kind: RegularExpressionTree.Kind, _ children: [Int] = []
    ) throws(RegularExpressionError) {
        let node = tree.add(kind, children)
        guard tree.nodes[node].size <= Self.maximumSize, tree.nodes.count <= Self.maximumSize else {
            throw whole("expression too large")
        }
        guard tree.nodes[node].height <= Self.maximumHeight else { throw whole("expression nests too deeply") }
        stack.append(.node(node))
    }

    private mutating func pushLiteral(_ scalar: UInt32) throws(RegularExpressionError) {
        let set = ScalarSet(scalar, scalar)
        try push(.set(flags.foldCase ? set.folded : set))
    }

    /// Takes the nodes above the topmost `|` or `(` as one concatenation.
    private mutating func concatenate() throws(RegularExpressionError) {
        var children: [Int] = []
        while case .node(let node)? = stack.last {
            children.append(node)
            stack.removeLast()
        }
        children.reverse()
        switch children.count {
        case 0: try push(.empty)
        case 1: stack.append(.node(children[0]))
        default: try push(.concatenation, children)
        }
    }

    /// Takes everything above the topmost `(` as one alternation.
    private mutating func alternate() throws(RegularExpressionError) {
        try concatenate()
        var children: [Int] = []
        gather: while let top = stack.last {
            switch top {
            case .node(let node): children.append(node)
            case .bar: break
            case .paren: break gather
            }
            stack.removeLast()
        }
        children.reverse()
        if children.count == 1 { stack.append(.node(children[0])) } else { try push(.alternation, children) }
    }

    // MARK: reading

    /// The tree's root.
    mutating func parse() throws(RegularExpressionError) -> Int {
        var lastRepeat: Int? = nil
        while index < text.count {
            var thisRepeat: Int? = nil
            let start = index
            switch text[index] {
            case UInt8(ascii: "("):
                if index + 1 < text.count, text[index + 1] == UInt8(ascii: "?") {
                    try readPerlGroup()
                } else {
                    stack.append(.paren(captures: true, flags))
                    index += 1
                }
            case UInt8(ascii: "|"):
                try concatenate()
                stack.append(.bar)
                index += 1
            case UInt8(ascii: ")"):
                try closeGroup()
                index += 1
            case UInt8(ascii: "^"):
                try push(flags.oneLine ? .beginText : .beginLine)
                index += 1
            case UInt8(ascii: "$"):
                try push(flags.oneLine ? .endText : .endLine)
                index += 1
            case UInt8(ascii: "."):
                try push(.set(flags.dotMatchesNewline ? ScalarSet(0, ScalarSet.maximum) : ScalarSet(10, 10).inverted))
                index += 1
            case UInt8(ascii: "["): try readClass()
            case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"):
                let symbol = text[index]
                index += 1
                try repeatLast(
                    minimum: symbol == UInt8(ascii: "+") ? 1 : 0, maximum: symbol == UInt8(ascii: "?") ? 1 : -1,
                    counted: false, from: start, lastRepeat: lastRepeat)
                thisRepeat = start
            case UInt8(ascii: "{"):
                guard let (minimum, maximum) = readCounts() else {
                    index = start + 1
                    try pushLiteral(UInt32(UInt8(ascii: "{")))
                    break
                }
                if minimum < 0 || minimum > 1000 || maximum > 1000 || (maximum >= 0 && minimum > maximum) {
                    throw failure("invalid repeat count", start, index)
                }
                try repeatLast(
                    minimum: minimum, maximum: maximum, counted: true, from: start, lastRepeat: lastRepeat)
                thisRepeat = start
            case UInt8(ascii: "\\"): try readEscapeOutsideClass()
            default: try pushLiteral(nextScalar())
            }
            lastRepeat = thisRepeat
        }
        try alternate()
        guard stack.count == 1, case .node(let root) = stack[0] else { throw whole("missing closing )") }
        return root
    }

    private mutating func nextScalar() -> UInt32 {
        let (scalar, length) = text.withUnsafeBufferPointer { ScalarReading.scalar($0, at: index) }
        index += length
        return scalar
    }

    private mutating func closeGroup() throws(RegularExpressionError) {
        try alternate()
        guard case .node(let node)? = stack.popLast(), case .paren(let captures, let outer)? = stack.popLast() else {
            throw whole("unexpected )")
        }
        flags = outer
        if captures { try push(.group, [node]) } else { stack.append(.node(node)) }
    }

    private mutating func repeatLast(
        minimum: Int, maximum: Int, counted: Bool, from start: Int, lastRepeat: Int?
    ) throws(RegularExpressionError) {
        var greedy = !flags.nonGreedy
        if index < text.count, text[index] == UInt8(ascii: "?") {
            index += 1
            greedy.toggle()
        }
        if let lastRepeat { throw failure("invalid nested repetition operator", lastRepeat, index) }
        guard case .node(let node)? = stack.popLast() else {
            throw failure("missing argument to repetition operator", start, index)
        }
        try push(.repetition(minimum: minimum, maximum: maximum, greedy: greedy), [node])
        if counted, minimum >= 2 || maximum >= 2, case .node(let top)? = stack.last,
            !isRepeatable(top, copies: 1000)
        {
            throw failure("invalid repeat count", start, index)
        }
    }

    /// Whether no more than so many copies of an innermost thing come of it
    /// (repeatIsValid of parse.go).
    private func isRepeatable(_ node: Int, copies: Int) -> Bool {
        var pending = [(node, copies)]
        while let (node, copies) = pending.popLast() {
            var copies = copies
            if case .repetition(let minimum, let maximum, _) = tree.nodes[node].kind, !isSymbol(minimum, maximum) {
                if maximum == 0 { continue }
                let count = maximum < 0 ? minimum : maximum
                if count > copies { return false }
                if count > 0 { copies /= count }
            }
            for child in tree.nodes[node].children { pending.append((child, copies)) }
        }
        return true
    }

    /// `*`, `+` and `?` are no counted repetitions; `{1,}` is `+` and the rest follow.
    private func isSymbol(_ minimum: Int, _ maximum: Int) -> Bool {
        (minimum <= 1 && maximum == -1) || (minimum == 0 && maximum == 1)
    }

    /// `{2}`, `{2,}`, `{2,3}`; nil where it is not one. Too large a number is -1.
    private mutating func readCounts() -> (Int, Int)? {
        index += 1
        guard var minimum = readInteger(), index < text.count else { return nil }
        var maximum = minimum
        if text[index] == UInt8(ascii: ",") {
            index += 1
            guard index < text.count else { return nil }
            if text[index] == UInt8(ascii: "}") {
                maximum = -1
            } else {
                guard let number = readInteger() else { return nil }
                maximum = number
                if number < 0 { minimum = -1 }
            }
        }
        guard index < text.count, text[index] == UInt8(ascii: "}") else { return nil }
        index += 1
        return (minimum, maximum)
    }

    private mutating func readInteger() -> Int? {
        let start = index
        while index < text.count, ASCII.isDigit(text[index]) { index += 1 }
        guard index > start, index == start + 1 || text[start] != UInt8(ascii: "0") else { return nil }
        var number = 0
        for byte in text[start..<index] {
            if number >= 100_000_000 { return -1 }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return number
    }

    /// `(?flags)`, `(?flags:`, `(?P<name>`, `(?<name>`.
    private mutating func readPerlGroup() throws(RegularExpressionError) {
        let start = index
        let rest = text.count - index
        let startsWithP = rest > 4 && text[start + 2] == UInt8(ascii: "P") && text[start + 3] == UInt8(ascii: "<")
        let startsWithName = rest > 3 && text[start + 2] == UInt8(ascii: "<")
        if startsWithP || startsWithName {
            guard let end = text[start...].firstIndex(of: UInt8(ascii: ">")) else {
                throw failure("invalid named capture", start, text.count)
            }
            let name = text[(start + (startsWithP ? 4 : 3))..<end]
            guard !name.isEmpty, name.allSatisfy({ ASCII.isAlphanumeric($0) || $0 == UInt8(ascii: "_") }) else {
                throw failure("invalid named capture", start, end + 1)
            }
            guard names.insert(String(decoding: name, as: UTF8.self)).inserted else {
                throw RegularExpressionError(
                    reason: "duplicate capture group name", fragment: String(decoding: name, as: UTF8.self))
            }
            stack.append(.paren(captures: true, flags))
            index = end + 1
            return
        }
        index += 2
        var changed = flags
        var isNegative = false
        var sawFlag = false
        reading: while index < text.count {
            let scalar = nextScalar()
            switch scalar {
            case 0x69: changed.foldCase = !isNegative
            case 0x6D: changed.oneLine = isNegative
            case 0x73: changed.dotMatchesNewline = !isNegative
            case 0x55: changed.nonGreedy = !isNegative
            case 0x2D:
                if isNegative { break reading }
                isNegative = true
                sawFlag = false
                continue
            case 0x3A, 0x29:
                if isNegative, !sawFlag { break reading }
                if scalar == 0x3A { stack.append(.paren(captures: false, flags)) }
                flags = changed
                return
            default: break reading
            }
            sawFlag = true
        }
        throw failure("invalid or unsupported Perl syntax", start, index)
    }

    private var names: Set<String> = []

    // MARK: escapes

    private mutating func readEscapeOutsideClass() throws(RegularExpressionError) {
        let start = index
        if index + 1 < text.count {
            let kind: RegularExpressionTree.Kind? =
                switch text[index + 1] {
                case UInt8(ascii: "A"): .beginText
                case UInt8(ascii: "b"): .wordBoundary
                case UInt8(ascii: "B"): .noWordBoundary
                case UInt8(ascii: "z"): .endText
                default: nil
                }
            if let kind {
                index += 2
                return try push(kind)
            }
            switch text[index + 1] {
            case UInt8(ascii: "C"): throw failure("invalid escape sequence", start, start + 2)
            case UInt8(ascii: "Q"):
                index += 2
                while index < text.count {
                    if text[index] == UInt8(ascii: "\\"), index + 1 < text.count, text[index + 1] == UInt8(ascii: "E") {
                        index += 2
                        return
                    }
                    try pushLiteral(nextScalar())
                }
                return
            default: break
            }
        }
        if let set = try readClassEscape() { return try push(.set(set)) }
        try pushLiteral(try readEscape())
    }

    /// `\d`, `\pL` and their like, where one stands here.
    private mutating func readClassEscape() throws(RegularExpressionError) -> ScalarSet? {
        let start = index
        guard index + 1 < text.count, text[index] == UInt8(ascii: "\\") else { return nil }
        if let (set, isNegative) = NamedClass.perl(text[index + 1]) {
            index += 2
            return combined(set, isNegative)
        }
        guard text[index + 1] == UInt8(ascii: "p") || text[index + 1] == UInt8(ascii: "P") else { return nil }
        var isNegative = text[index + 1] == UInt8(ascii: "P")
        index += 2
        guard index < text.count else {
            // Go reads U+FFFD of length 0 here, and reports what it saw.
            throw failure("invalid character class range", start, text.count)
        }
        let nameStart = index
        var name: ArraySlice<UInt8>
        if nextScalar() == UInt32(UInt8(ascii: "{")) {
            guard let end = text[start...].firstIndex(of: UInt8(ascii: "}")) else {
                throw failure("invalid character class range", start, text.count)
            }
            name = text[(start + 3)..<end]
            index = end + 1
        } else {
            name = text[nameStart..<index]
        }
        if name.first == UInt8(ascii: "^") {
            isNegative.toggle()
            name = name.dropFirst()
        }
        guard let found = UnicodeClass.named(String(decoding: name, as: UTF8.self)) else {
            throw failure("invalid character class range", start, index)
        }
        var set = found.set
        if flags.foldCase, let fold = found.fold { set.insert(fold) }
        return isNegative ? set.inverted : set
    }

    private func combined(_ set: ScalarSet, _ isNegative: Bool) -> ScalarSet {
        let set = flags.foldCase ? set.folded : set
        return isNegative ? set.inverted : set
    }

    /// An escape of one scalar (parseEscape of parse.go).
    private mutating func readEscape() throws(RegularExpressionError) -> UInt32 {
        let start = index
        index += 1
        guard index < text.count else {
            throw RegularExpressionError(reason: "trailing backslash at end of expression", fragment: "")
        }
        let scalar = nextScalar()
        guard scalar < 0x80 else { throw failure("invalid escape sequence", start, index) }
        let byte = UInt8(scalar)
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            if byte != UInt8(ascii: "0"), index >= text.count || !ASCII.isOctal(text[index]) { break }
            var value = UInt32(byte - UInt8(ascii: "0"))
            for _ in 1..<3 where index < text.count && ASCII.isOctal(text[index]) {
                value = value * 8 + UInt32(text[index] - UInt8(ascii: "0"))
                index += 1
            }
            return value
        case UInt8(ascii: "x"):
            if let value = readHexadecimal() { return value }
        case UInt8(ascii: "a"): return 7
        case UInt8(ascii: "f"): return 12
        case UInt8(ascii: "n"): return 10
        case UInt8(ascii: "r"): return 13
        case UInt8(ascii: "t"): return 9
        case UInt8(ascii: "v"): return 11
        default: if !ASCII.isAlphanumeric(byte) { return scalar }
        }
        throw failure("invalid escape sequence", start, index)
    }

    private mutating func readHexadecimal() -> UInt32? {
        guard index < text.count else { return nil }
        let first = nextScalar()
        if first == UInt32(UInt8(ascii: "{")) {
            var value: UInt32 = 0
            var digits = 0
            while index < text.count {
                let scalar = nextScalar()
                if scalar == UInt32(UInt8(ascii: "}")) { return digits > 0 ? value : nil }
                guard let digit = ASCII.hexValue(scalar) else { return nil }
                value = value * 16 + digit
                if value > ScalarSet.maximum { return nil }
                digits += 1
            }
            return nil
        }
        // Go reads the second even where the first is no digit.
        guard index < text.count else { return nil }
        let second = nextScalar()
        guard let high = ASCII.hexValue(first), let low = ASCII.hexValue(second) else { return nil }
        return high * 16 + low
    }

    // MARK: classes

    private mutating func readClass() throws(RegularExpressionError) {
        let start = index
        index += 1
        var isNegative = false
        if index < text.count, text[index] == UInt8(ascii: "^") {
            isNegative = true
            index += 1
        }
        var set = ScalarSet()
        var isFirst = true
        while index >= text.count || text[index] != UInt8(ascii: "]") || isFirst {
            isFirst = false
            if index + 2 < text.count, text[index] == UInt8(ascii: "["), text[index + 1] == UInt8(ascii: ":") {
                if let end = closingColon() {
                    let name = String(decoding: text[index..<end], as: UTF8.self)
                    guard let (named, negative) = NamedClass.posix(name) else {
                        throw failure("invalid character class range", index, end)
                    }
                    set.insert(combined(named, negative))
                    index = end
                    continue
                }
            }
            if let named = try readClassEscape() {
                set.insert(named)
                continue
            }
            let rangeStart = index
            let low = try readClassScalar(from: start)
            var high = low
            if index + 1 < text.count, text[index] == UInt8(ascii: "-"), text[index + 1] != UInt8(ascii: "]") {
                index += 1
                high = try readClassScalar(from: start)
                if high < low { throw failure("invalid character class range", rangeStart, index) }
            }
            if flags.foldCase { set.insert(ScalarSet(low, high).folded) } else { set.insert(low, high) }
        }
        index += 1
        set.normalize()
        try push(.set(isNegative ? set.inverted : set))
    }

    private func closingColon() -> Int? {
        var position = index + 2
        while position + 1 < text.count {
            if text[position] == UInt8(ascii: ":"), text[position + 1] == UInt8(ascii: "]") { return position + 2 }
            position += 1
        }
        return nil
    }

    private mutating func readClassScalar(from start: Int) throws(RegularExpressionError) -> UInt32 {
        guard index < text.count else { throw failure("missing closing ]", start, text.count) }
        return text[index] == UInt8(ascii: "\\") ? try readEscape() : nextScalar()
    }
}
