/// A search that finds where the leftmost match lies, the first of the pattern's
/// alternatives preferred (Pike's simulation). Its time is linear in the text.
struct RegularExpressionSearch {
    private struct Threads {
        var set: SparseSet
        /// For each element of the set, where its match begins.
        var starts: [Int] = []
    }

    private let program: RegularExpressionProgram
    private var current: Threads
    private var next: Threads
    private var pending: [Int32] = []

    init(_ program: RegularExpressionProgram) {
        self.program = program
        current = Threads(set: SparseSet(capacity: program.instructions.count))
        next = Threads(set: SparseSet(capacity: program.instructions.count))
    }

    /// The first match that begins at `from` or after it.
    mutating func firstMatch(in text: UnsafeBufferPointer<UInt8>, from: Int) -> Range<Int>? {
        var found: Range<Int>? = nil
        var index = from
        var before = RegularExpressionProgram.Kind.textEdge
        if from > 0 {
            // Only ASCII matters to an assertion.
            let byte = text[from - 1]
            before = byte < 0x80 ? kind(UInt32(byte)) : RegularExpressionProgram.Kind.other
        }
        clear(&current)
        while true {
            let isEnd = index >= text.count
            let (scalar, length) = isEnd ? (0, 0) : ScalarReading.scalar(text, at: index)
            let after = isEnd ? RegularExpressionProgram.Kind.textEdge : kind(scalar)
            // The threads hold what follows their last scalar: close them now
            // that the scalar after is known.
            clear(&next)
            for place in current.set.elements.indices {
                add(current.set.elements[place], current.starts[place], before, after)
            }
            if found == nil { add(program.start, index, before, after) }
            swap(&current, &next)
            clear(&next)
            if current.set.elements.isEmpty, found != nil { return found }
            let column = isEnd ? 0 : program.classOf(scalar)
            for place in current.set.elements.indices {
                let instruction = program.instructions[Int(current.set.elements[place])]
                if case .match = instruction {
                    found = current.starts[place]..<index
                    // Threads of less preference are cut off.
                    break
                }
                if !isEnd, case .set(let set, let target) = instruction, program.members[Int(set)][column],
                    next.set.insert(target)
                {
                    next.starts.append(current.starts[place])
                }
            }
            swap(&current, &next)
            if isEnd || (found != nil && current.set.elements.isEmpty) { return found }
            before = after
            index += length
        }
    }

    private func kind(_ scalar: UInt32) -> UInt8 {
        program.hasAssertions ? program.classKinds[program.classOf(scalar)] : RegularExpressionProgram.Kind.other
    }

    private func clear(_ threads: inout Threads) {
        threads.set.removeAll()
        threads.starts.removeAll(keepingCapacity: true)
    }

    private mutating func add(_ start: Int32, _ origin: Int, _ before: UInt8, _ after: UInt8) {
        pending.append(start)
        while let index = pending.popLast() {
            guard next.set.insert(index) else { continue }
            next.starts.append(origin)
            switch program.instructions[Int(index)] {
            case .match, .set: break
            case .split(let first, let second):
                pending.append(second)
                pending.append(first)
            case .assertion(let assertion, let target):
                if RegularExpressionProgram.holds(assertion, before: before, after: after) { pending.append(target) }
            }
        }
    }
}
