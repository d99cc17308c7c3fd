/// A pattern compiled to instructions (Thompson's construction), over classes of
/// scalars that no part of the pattern tells apart.
struct RegularExpressionProgram: Sendable {
    enum Assertion: UInt8 { case beginLine, endLine, beginText, endText, wordBoundary, noWordBoundary }

    enum Instruction: Sendable {
        case set(Int32, next: Int32)
        /// Tries `first` before `second`.
        case split(first: Int32, second: Int32)
        case assertion(Assertion, next: Int32)
        case match
    }

    /// What an assertion must know of a scalar, or of there being none.
    enum Kind {
        static let other: UInt8 = 0
        static let newline: UInt8 = 1
        static let word: UInt8 = 2
        static let textEdge: UInt8 = 3
    }

    private(set) var instructions: [Instruction] = []
    private(set) var start: Int32 = 0
    private(set) var hasAssertions = false
    /// For each set, the classes that are in it.
    private(set) var members: [[Bool]] = []
    /// For each class, its ``Kind``.
    private(set) var classKinds: [UInt8] = []
    private var asciiClasses: [UInt16] = []
    private var classStarts: [UInt32] = []

    private var sets: [ScalarSet] = []
    private var setNumbers: [ScalarSet: Int32] = [:]

    init(_ tree: RegularExpressionTree, root: Int) {
        instructions.append(.match)
        start = compile(root, of: tree, next: 0)
        divide()
        sets = []
        setNumbers = [:]
    }

    var classCount: Int { classStarts.count }

    /// The class of a scalar.
    @inline(__always)
    func classOf(_ scalar: UInt32) -> Int {
        scalar < 0x80 ? Int(asciiClasses[Int(scalar)]) : search(scalar)
    }

    private func search(_ scalar: UInt32) -> Int {
        var low = 0
        var high = classStarts.count
        while low < high {
            let middle = (low + high) / 2
            if classStarts[middle] <= scalar { low = middle + 1 } else { high = middle }
        }
        return low - 1
    }

    /// Whether an assertion holds between scalars of these kinds.
    @inline(__always)
    static func holds(_ assertion: Assertion, before: UInt8, after: UInt8) -> Bool {
        switch assertion {
        case .beginText: before == Kind.textEdge
        case .endText: after == Kind.textEdge
        case .beginLine: before == Kind.textEdge || before == Kind.newline
        case .endLine: after == Kind.textEdge || after == Kind.newline
        case .wordBoundary: (before == Kind.word) != (after == Kind.word)
        case .noWordBoundary: (before == Kind.word) == (after == Kind.word)
        }
    }

    // MARK: compilation

    private mutating func append(_ instruction: Instruction) -> Int32 {
        instructions.append(instruction)
        return Int32(instructions.count - 1)
    }

    /// Compiles a node that goes on at `next`; the parser bounds the recursion
    /// (``RegularExpressionParser/maximumHeight``).
    private mutating func compile(_ index: Int, of tree: RegularExpressionTree, next: Int32) -> Int32 {
        let children = tree.nodes[index].children
        switch tree.nodes[index].kind {
        case .empty: return next
        case .set(let set): return append(.set(number(of: set), next: next))
        case .beginLine: return assertion(.beginLine, next)
        case .endLine: return assertion(.endLine, next)
        case .beginText: return assertion(.beginText, next)
        case .endText: return assertion(.endText, next)
        case .wordBoundary: return assertion(.wordBoundary, next)
        case .noWordBoundary: return assertion(.noWordBoundary, next)
        case .group: return compile(children[0], of: tree, next: next)
        case .concatenation:
            var target = next
            for child in children.reversed() { target = compile(child, of: tree, next: target) }
            return target
        case .alternation:
            var target = compile(children[children.count - 1], of: tree, next: next)
            for child in children.dropLast().reversed() {
                let first = compile(child, of: tree, next: next)
                target = append(.split(first: first, second: target))
            }
            return target
        case .repetition(let minimum, let maximum, let greedy):
            return compileRepetition(
                of: children[0], minimum: minimum, maximum: maximum, greedy: greedy, tree: tree, next: next)
        }
    }

    private mutating func compileRepetition(
        of child: Int, minimum: Int, maximum: Int, greedy: Bool, tree: RegularExpressionTree, next: Int32
    ) -> Int32 {
        func choice(_ body: Int32) -> Instruction {
            greedy ? .split(first: body, second: next) : .split(first: next, second: body)
        }
        var target = next
        var copies = minimum
        if maximum < 0 {
            // x* is (?:x+)?, so that an empty x is tried once.
            let loop = append(.match)
            let body = compile(child, of: tree, next: loop)
            instructions[Int(loop)] = choice(body)
            if minimum == 0 { return append(choice(body)) }
            target = body
            copies = minimum - 1
        } else {
            for _ in 0..<max(0, maximum - minimum) { target = append(choice(compile(child, of: tree, next: target))) }
        }
        for _ in 0..<copies { target = compile(child, of: tree, next: target) }
        return target
    }

    private mutating func assertion(_ assertion: Assertion, _ next: Int32) -> Int32 {
        hasAssertions = true
        return append(.assertion(assertion, next: next))
    }

    private mutating func number(of set: ScalarSet) -> Int32 {
        if let known = setNumbers[set] { return known }
        sets.append(set)
        setNumbers[set] = Int32(sets.count - 1)
        return Int32(sets.count - 1)
    }

    /// Divides the scalars into classes at every boundary of a set.
    private mutating func divide() {
        var boundaries: Set<UInt32> = [0]
        for set in sets {
            for range in set.ranges {
                boundaries.insert(range.low)
                boundaries.insert(range.high + 1)
            }
        }
        if hasAssertions {
            for range in NamedClass.word.ranges + [ScalarSet.Range(low: 10, high: 10)] {
                boundaries.insert(range.low)
                boundaries.insert(range.high + 1)
            }
        }
        // Pieces that lie in the same sets and are of one kind are one class.
        let starts = boundaries.filter { $0 <= ScalarSet.maximum }.sorted()
        classStarts = starts
        classKinds = starts.map { start in
            start == 10 ? Kind.newline : NamedClass.word.contains(start) ? Kind.word : Kind.other
        }
        members = sets.map { set in starts.map { set.contains($0) } }
        asciiClasses = (0..<0x80).map { UInt16(truncatingIfNeeded: search($0)) }
    }
}
