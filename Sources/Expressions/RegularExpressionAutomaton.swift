/// A deterministic automaton that is built while it runs. It says whether a text
/// holds a match. What it remembers is bounded: it starts afresh when full, and
/// every step costs at most the program's size.
struct RegularExpressionAutomaton {
    private struct Key: Hashable {
        let before: UInt8
        let kernel: [Int32]
    }

    /// The bytes that the transitions may take.
    private static let budget = 1 << 20
    private static let unknown: Int32 = -1
    private static let matched: Int32 = -2

    private let program: RegularExpressionProgram
    private let width: Int
    private let stateLimit: Int
    private var numbers: [Key: Int32] = [:]
    private var states: [Key] = []
    private var transitions: [Int32] = []
    private var visited: SparseSet
    private var stepped: SparseSet
    private var pending: [Int32] = []
    private var kernelSize = 0

    init(_ program: RegularExpressionProgram) {
        self.program = program
        width = program.classCount + 1
        stateLimit = max(4, min(10_000, Self.budget / 4 / width))
        visited = SparseSet(capacity: program.instructions.count)
        stepped = SparseSet(capacity: program.instructions.count)
    }

    /// Whether a text holds a match; nil where it costs more than the budget, from
    /// which what it costs is taken: each instruction that is looked at.
    mutating func matches(_ text: UnsafeBufferPointer<UInt8>, _ budget: inout Int) -> Bool? {
        budget -= text.count / 16
        var state = initial()
        var index = 0
        while index < text.count {
            let byte = text[index]
            let column: Int
            if byte < 0x80 {
                column = program.classOf(UInt32(byte))
                index += 1
            } else {
                let (scalar, length) = ScalarReading.scalar(text, at: index)
                column = program.classOf(scalar)
                index += length
            }
            let known = transitions[Int(state) * width + column]
            let next: Int32
            if known == Self.unknown {
                next = step(state, column)
                budget -= 16 + visited.elements.count
                if budget < 0 { return nil }
            } else {
                next = known
            }
            if next == Self.matched { return true }
            state = next
        }
        let known = transitions[Int(state) * width + width - 1]
        return (known == Self.unknown ? step(state, width - 1) : known) == Self.matched
    }

    private mutating func initial() -> Int32 {
        number(Key(before: RegularExpressionProgram.Kind.textEdge, kernel: []))
    }

    private mutating func number(_ key: Key) -> Int32 {
        if let known = numbers[key] { return known }
        let number = Int32(states.count)
        numbers[key] = number
        states.append(key)
        kernelSize += key.kernel.count
        transitions.append(contentsOf: repeatElement(Self.unknown, count: width))
        return number
    }

    private mutating func step(_ state: Int32, _ column: Int) -> Int32 {
        let key = states[Int(state)]
        let isEnd = column == width - 1
        let after = isEnd ? RegularExpressionProgram.Kind.textEdge : program.classKinds[column]
        visited.removeAll()
        // Threads already under way come first, then one that begins here.
        var isMatch = key.kernel.contains { close($0, before: key.before, after: after) }
        isMatch = isMatch || close(program.start, before: key.before, after: after)
        if isMatch {
            transitions[Int(state) * width + column] = Self.matched
            return Self.matched
        }
        if isEnd { return state }
        stepped.removeAll()
        for index in visited.elements {
            if case .set(let set, let next) = program.instructions[Int(index)], program.members[Int(set)][column] {
                stepped.insert(next)
            }
        }
        let before = program.hasAssertions ? after : RegularExpressionProgram.Kind.other
        let next = Key(before: before, kernel: stepped.elements.sorted())
        if numbers[next] == nil, states.count >= stateLimit || kernelSize > Self.budget {
            numbers.removeAll(keepingCapacity: true)
            states.removeAll(keepingCapacity: true)
            transitions.removeAll(keepingCapacity: true)
            kernelSize = 0
            return number(next)
        }
        let target = number(next)
        transitions[Int(state) * width + column] = target
        return target
    }

    /// Adds what can be reached without a scalar; whether a match can.
    private mutating func close(_ start: Int32, before: UInt8, after: UInt8) -> Bool {
        pending.append(start)
        while let index = pending.popLast() {
            guard visited.insert(index) else { continue }
            switch program.instructions[Int(index)] {
            case .match:
                pending.removeAll(keepingCapacity: true)
                return true
            case .set: break
            case .split(let first, let second):
                pending.append(second)
                pending.append(first)
            case .assertion(let assertion, let next):
                if RegularExpressionProgram.holds(assertion, before: before, after: after) { pending.append(next) }
            }
        }
        return false
    }
}

/// A set of small integers with insertion order and constant-time clearing.
struct SparseSet {
    private(set) var elements: [Int32] = []
    private var places: [Int32]

    init(capacity: Int) { places = Array(repeating: 0, count: capacity) }

    /// Whether the element was not in the set.
    @discardableResult
    mutating func insert(_ element: Int32) -> Bool {
        let place = Int(places[Int(element)])
        if place < elements.count, elements[place] == element { return false }
        places[Int(element)] = Int32(elements.count)
        elements.append(element)
        return true
    }

    mutating func removeAll() { elements.removeAll(keepingCapacity: true) }
}
