import Manifests

// What schemas ask beyond types: custom resources, mostly.
extension SchemaCheck {
    /// The schema of fields that have no name of their own.
    func additionalNode(_ node: SchemaBlob.Node, _ name: UnsafeBufferPointer<UInt8>) -> UInt32? {
        guard node.constraints != 0 else { return nil }
        var entries = ConstraintEntries(blob, node.constraints)
        while let entry = entries.next() {
            if entry.tag == .additional { return blob.word(entry.start) }
        }
        return nil
    }

    @inline(never)
    mutating func checkConstraints(_ value: Value, _ node: SchemaBlob.Node, _ mask: UInt16) {
        guard !decodesOnly else { return }
        var entries = ConstraintEntries(blob, node.constraints)
        while let entry = entries.next() {
            budget -= 1
            guard budget > 0 else { return }
            check(entry, value, mask)
        }
    }

    private mutating func check(_ entry: ConstraintEntries.Entry, _ value: Value, _ mask: UInt16) {
        let word = entry.count > 0 ? blob.word(entry.start) : 0
        switch entry.tag {
        case .end, .additional, .rules, .filled: break
        case .minimum, .maximum: checkBound(entry, value, mask)
        case .multipleOf:
            let divisor = blob.double(entry.start)
            // As validate/values.go: for an integer the factor is cut to one, which 0.5 does not survive.
            let isMultiple: Bool
            if let integer = value.integer {
                // In JSON 5.0 is no integer; what is written so is left alone.
                if value.bytes.contains(where: { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") }) { return }
                let factor = Int64(exactly: divisor.rounded(.towardZero)) ?? .max
                isMultiple = factor > 0 && integer % factor == 0
            } else if let number = value.number {
                isMultiple = divisor > 0 && (number / divisor).rounded(.towardZero) == number / divisor
            } else {
                return
            }
            if !isMultiple { refuse(.bounds, value, mask) { "\($0) must be a multiple of \(Self.written(divisor))" } }
        case .minLength, .maxLength:
            guard value.kind == .string else { return }
            let bytes = value.bytes
            let limit = Int(word)
            // Bytes bound scalars from above, and a fourth of them from below.
            if entry.tag == .minLength ? bytes.count / 4 >= limit : bytes.count <= limit { return }
            let length = bytes.count { $0 & 0xC0 != 0x80 }
            if entry.tag == .minLength, length < limit {
                refuse(.bounds, value, mask) { limit == 1 ? "\($0) may not be empty" : "\($0) must have \(limit) characters at least, not \(length)" }
            } else if entry.tag == .maxLength, length > limit {
                refuse(.bounds, value, mask) { "\($0) may have \(limit) characters at most, not \(length)" }
            }
        case .minItems, .maxItems:
            guard value.kind == .sequence else { return }
            checkCount(value, Int(word), isLeast: entry.tag == .minItems, "item", mask)
        case .minProperties, .maxProperties:
            guard value.kind == .mapping else { return }
            checkCount(value, Int(word), isLeast: entry.tag == .minProperties, "field", mask)
        case .uniqueItems:
            guard value.kind == .sequence, value.count > 1 else { return }
            checkDuplicates(value, SchemaBlob.Node(header: UInt32(SchemaBlob.Code.list.rawValue) | UInt32(SchemaBlob.Node.listSet) << 8, first: 0, second: 0, constraints: 0), mask)
        case .pattern:
            guard value.kind == .string, let matches, matches(blob.text(word), value.bytes) == false else { return }
            let pattern = blob.text(word)
            refuse(.pattern, value, mask) { "\($0) must match \(TerminalText.quoted(pattern, limit: 120))" }
        case .enumeration:
            let written = value.canonicalJSON
            for index in 0..<entry.count {
                budget -= 1
                guard budget > 0 else { return }
                if blob.text(blob.word(entry.start &+ index)) == written { return }
            }
            let allowed = (0..<min(entry.count, 12)).map { blob.text(blob.word(entry.start &+ $0)) }
            refuse(.enumeration, value, mask, hint: "it must be \(SchemaSet.alternatives(allowed))") { "\($0) may not be \(TerminalText.quoted(written))" }
        case .format:
            guard value.kind == .string, let format = ValueFormat(rawValue: UInt8(truncatingIfNeeded: word)) else { return }
            if !format.matches(value.bytes, using: matches) {
                refuse(.format, value, mask, hint: format.example.map { "such as \($0)" }) { "\($0) must be \(format.phrase)" }
            }
        case .allOf:
            guard nesting < Self.mostNesting else { return }
            nesting += 1
            for index in 0..<entry.count { walk(value, blob.word(entry.start &+ index), mask) }
            nesting -= 1
        case .anyOf, .oneOf: checkAlternatives(entry, value, mask)
        case .not:
            if passes(value, word, mask) { refuse(.schema, value, mask) { "\($0) is what its schema rules out (not)" } }
        }
    }

    private static let mostNesting = 32

    private mutating func checkBound(_ entry: ConstraintEntries.Entry, _ value: Value, _ mask: UInt16) {
        guard let number = value.number else { return }
        var bound = blob.double(entry.start)
        // An integer is compared with an integer (MinimumInt of validate/values.go).
        if value.integer != nil { bound.round(.towardZero) }
        let isExclusive = blob.word(entry.start &+ 2) != 0
        if entry.tag == .minimum, number < bound || isExclusive && number == bound {
            refuse(.bounds, value, mask) { "\($0) must be \(isExclusive ? "more than " : "")\(Self.written(bound))\(isExclusive ? "" : " or more")" }
        } else if entry.tag == .maximum, number > bound || isExclusive && number == bound {
            refuse(.bounds, value, mask) { "\($0) must be \(isExclusive ? "less than " : "")\(Self.written(bound))\(isExclusive ? "" : " or less")" }
        }
    }

    private static func written(_ number: Double) -> String {
        Int64(exactly: number).map(String.init) ?? String(number)
    }

    private mutating func checkCount(_ value: Value, _ limit: Int, isLeast: Bool, _ noun: String, _ mask: UInt16) {
        // Null is dropped before anything is counted.
        let count = isLeast || value.kind != .mapping ? value.count : value.fields.count { !$0.value.isNull }
        if isLeast ? count >= limit : count <= limit { return }
        refuse(.bounds, value, mask) {
            "\($0) \(isLeast ? "must" : "may") have \(limit) \(noun)\(limit == 1 ? "" : "s") at \(isLeast ? "least" : "most"), not \(count)"
        }
    }

    private mutating func checkAlternatives(_ entry: ConstraintEntries.Entry, _ value: Value, _ mask: UInt16) {
        var passing = 0
        for index in 0..<entry.count {
            if passes(value, blob.word(entry.start &+ index), mask) {
                passing += 1
                if entry.tag == .anyOf || passing > 1 { break }
            }
        }
        guard budget > 0 else { return }
        if passing == 0 {
            let fields = requiredFields(of: entry)
            refuse(.schema, value, mask, hint: fields.isEmpty ? nil : "give it \(SchemaSet.alternatives(fields))") {
                "\($0) fits \(entry.tag == .anyOf ? "none of the forms that its schema allows (anyOf)" : "none of the forms of which it must have one (oneOf)")"
            }
        } else if entry.tag == .oneOf, passing > 1 {
            let fields = requiredFields(of: entry)
            refuse(.schema, value, mask, hint: fields.isEmpty ? nil : "give it only one of \(SchemaSet.alternatives(fields))") {
                "\($0) fits more than one of the forms of which it may have one (oneOf)"
            }
        }
    }

    /// The fields that the branches ask for, where that is all they do.
    private func requiredFields(of entry: ConstraintEntries.Entry) -> [String] {
        var names: [String] = []
        for index in 0..<min(entry.count, 12) {
            let node = blob.node(blob.word(entry.start &+ index))
            guard node.code == .object, node.requiredCount > 0 else { return [] }
            names.append(
                (0..<min(node.second, 50)).map { blob.property(node.first &+ $0) }
                    .filter { $0.flags & SchemaBlob.Property.required != 0 }.map { blob.text($0.name) }.joined(separator: " with "))
        }
        return names
    }

    /// Whether a value fits a branch of a combination.
    private mutating func passes(_ value: Value, _ branch: UInt32, _ mask: UInt16) -> Bool {
        guard nesting < Self.mostNesting else { return true }
        let (before, wasTrying) = (failures, isTrying)
        isTrying = true
        nesting += 1
        walk(value, branch, mask)
        nesting -= 1
        isTrying = wasTrying
        defer { failures = before }
        return failures == before
    }

    @inline(never)
    private mutating func refuse(_ rule: SchemaRule, _ value: Value, _ mask: UInt16, hint: String? = nil, _ message: (String) -> String) {
        if isTrying {
            failures += 1
            return
        }
        report(rule, value, mask, message(subject), hint: hint)
    }
}

/// The entries of a node's constraints, in order.
struct ConstraintEntries {
    struct Entry {
        let tag: ConstraintTag
        let start, count: UInt32
    }

    private let blob: SchemaBlob
    private var place: UInt32

    init(_ blob: SchemaBlob, _ place: UInt32) {
        self.blob = blob
        self.place = place
    }

    mutating func next() -> Entry? {
        let head = blob.word(place)
        guard let tag = ConstraintTag(rawValue: UInt8(truncatingIfNeeded: head)), tag != .end else { return nil }
        let entry = Entry(tag: tag, start: place &+ 1, count: min(head >> 8, blob.wordCount))
        // Beyond the end there is an end.
        let (next, overflow) = place.addingReportingOverflow(1 &+ (head >> 8))
        place = overflow ? .max : next
        return entry
    }
}
