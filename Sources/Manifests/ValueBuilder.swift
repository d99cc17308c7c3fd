/// Puts what a parser recognises into the tables of a ``ManifestFile``, and
/// resolves it on the way: scalars, keys, merge keys, duplicates.
struct ValueBuilder: NodeReceiver {
    private struct OpenCollection {
        let isMapping: Bool
        let tag: String?
        let start: SourcePosition
        /// Where its children begin in the stack of finished values.
        let firstChild: Int
    }

    static var keepsNodes: Bool { true }

    /// The most values a document's aliases may stand for, where 64 bytes of text
    /// count as one.
    private static let mostExpanded: UInt32 = 1_000_000
    /// The most that merge keys and aliases as keys may cost in a file.
    private static let mostKeyWork = 1 << 26

    private(set) var records: [ValueRecord] = []
    private(set) var children: [UInt32] = []
    private(set) var text: [UInt8] = []
    var roots: [(record: UInt32, position: SourcePosition)] = []
    private(set) var diagnostics: [Diagnostic] = []

    private let file: String
    private let limits: ReadingLimits
    private let isJSON: Bool
    private var open: [OpenCollection] = []
    private var finished: [UInt32] = []
    /// The records of plain scalars `<<`, which merge where they are keys.
    private var mergeKeys: Set<UInt32> = []
    /// What the values of the document would count if it had no aliases.
    private var documentCost = 0
    private var keyWork = 0
    private var told: [String: Int] = [:]

    init(file: String, size: Int, limits: ReadingLimits, isJSON: Bool = false) {
        self.file = file
        self.limits = limits
        self.isJSON = isJSON
        // What a file of manifests usually holds: a value for every 12 bytes.
        records.reserveCapacity(min(size, 1 << 20) / 10 + 16)
        children.reserveCapacity(min(size, 1 << 20) / 10 + 16)
        text.reserveCapacity(min(size, 1 << 20) / 2 + 16)
    }

    // MARK: NodeReceiver

    mutating func scalar(
        _ bytes: UnsafeBufferPointer<UInt8>, style: Node.Style, tag: String?, range: SourceRange
    ) -> UInt32 {
        var record = ValueRecord(kind: .string, style: style, range)
        record.offset = UInt32(text.count)
        record.count = UInt32(bytes.count)
        record.expanded = 1 + UInt32(bytes.count) / 64
        documentCost += Int(record.expanded)
        let resolution =
            isJSON && !style.isText
            ? ScalarResolution.ofJSON(bytes) : ScalarResolution(bytes, isPlain: style == .plain, tag: tag)
        if resolution.isKeyForMerging { mergeKeys.insert(UInt32(records.count)) }
        switch resolution.value {
        case .null: record.kind = .null
        case .boolean(let truth):
            record.kind = .boolean
            record.bits = truth ? 1 : 0
            if !isJSON { noteTruthWord(bytes, range) }
        case .integer(let integer):
            record.kind = .integer
            record.bits = UInt64(bitPattern: integer)
            if !isJSON { noteOctal(bytes, integer, range) }
        case .unsigned(let integer):
            record.kind = .integer
            record.form = .unsigned
            record.bits = integer
        case .number(let number) where isKeyPlace:
            // A key is written as the fraction that it is in Go.
            record.kind = .number
            record.form = .real
            record.bits = number.bitPattern
        case .number(let number):
            set(&record, to: number)
        case .string: break
        case .binary(let content):
            record.count = UInt32(content.count)
            text += content
            records.append(record)
            return UInt32(records.count - 1)
        case .infinite where isKeyPlace:
            // A key is a string in JSON, even so (convertToJSONableObject).
            let sign = bytes[0] == UInt8(ascii: "-") ? "-" : ""
            let name = bytes[bytes.count - 1] | 0x20 == UInt8(ascii: "f") ? sign + ".inf" : ".nan"
            record.count = UInt32(name.utf8.count)
            text += name.utf8
            records.append(record)
            return UInt32(records.count - 1)
        case .infinite:
            report("yaml/number", range, "\(String(decoding: bytes, as: UTF8.self)) is a number that JSON cannot hold",
                hint: "put it in quotes if it is text")
        case .contradictsTag(let name, let tag):
            report("yaml/tag", range, "\(TerminalText.quoted(String(decoding: bytes, as: UTF8.self))) is \(name), not what its tag \(tag) says",
                hint: "remove the tag")
        }
        text.append(contentsOf: bytes)
        records.append(record)
        return UInt32(records.count - 1)
    }

    /// Takes over a scalar of another file as it was resolved there.
    mutating func copy(_ scalar: Manifests.Value, at range: SourceRange) -> UInt32 {
        var record = ValueRecord(kind: scalar.kind, style: scalar.style, range)
        record.form = scalar.record.pointee.form
        record.bits = scalar.record.pointee.bits
        record.offset = UInt32(text.count)
        record.count = UInt32(scalar.bytes.count)
        text.append(contentsOf: scalar.bytes)
        records.append(record)
        return UInt32(records.count - 1)
    }

    /// Makes the one value that is finished a document.
    mutating func finishDocument() {
        if let root = finished.popLast() { roots.append((root, records[Int(root)].start)) }
    }

    mutating func begin(isMapping: Bool, tag: String?, at start: SourcePosition) {
        open.append(OpenCollection(isMapping: isMapping, tag: tag, start: start, firstChild: finished.count))
    }

    mutating func add(_ value: UInt32) {
        finished.append(value)
    }

    mutating func end(at end: SourcePosition) -> UInt32 {
        let collection = open.removeLast()
        var record = ValueRecord(
            kind: collection.isMapping ? .mapping : .sequence, style: .plain, SourceRange(start: collection.start, end: end))
        record.offset = UInt32(children.count)
        if collection.isMapping {
            record.count = addFields(from: collection.firstChild)
        } else {
            // Held by nobody, or what follows would copy all that is finished.
            record.count = UInt32(finished.count - collection.firstChild)
            children.append(contentsOf: finished[collection.firstChild...])
        }
        finished.removeSubrange(collection.firstChild...)
        for child in children[Int(record.offset)...] {
            let (sum, overflow) = record.expanded.addingReportingOverflow(records[Int(child)].expanded)
            record.expanded = overflow ? .max : sum
        }
        documentCost += 1
        records.append(record)
        return UInt32(records.count - 1)
    }

    mutating func document(_ root: UInt32, at position: SourcePosition) {
        let expanded = records[Int(root)].expanded
        // As go-yaml v2 (decode.go, `allowedAliasRatio`): the more, the less of it by aliases.
        if expanded > Self.mostExpanded && Int(expanded) > 2 * documentCost || expanded > 1000 && Int(expanded) > 100 * documentCost {
            reportAliases(records[Int(root)].range)
        } else if keyWork <= Self.mostKeyWork {
            roots.append((root, position))
        }
        documentCost = 0
    }

    mutating func abandon() {
        open.removeAll()
        finished.removeAll()
        documentCost = 0
    }

    /// Whether what comes next is a key.
    private var isKeyPlace: Bool {
        guard !isJSON, let collection = open.last else { return false }
        return collection.isMapping && (finished.count - collection.firstChild) % 2 == 0
    }

    // MARK: mappings

    /// Puts the pairs of a mapping into the table of children, in go-yaml's order
    /// (`decoder.mapping` and `decoder.merge` of decode.go).
    /// - Returns: how many there are.
    private mutating func addFields(from first: Int) -> UInt32 {
        var mapping = Mapping(start: children.count, isLarge: finished.count - first > 32)
        var index = first
        while index + 1 < finished.count {
            let (key, value) = (finished[index], finished[index + 1])
            index += 2
            if mergeKeys.contains(key) {
                merge(value, into: &mapping, by: key)
            } else if let name = keyRecord(key) {
                set(name, value, in: &mapping)
            }
        }
        return UInt32((children.count - mapping.start) / 2)
    }

    /// A mapping whose fields are being put into the table of children.
    private struct Mapping {
        let start: Int
        /// The places of keys that merge keys brought.
        var merged: Set<Int> = []
        /// The place of each key, where there are too many to be searched.
        var places: [[UInt8]: Int]?

        init(start: Int, isLarge: Bool) {
            self.start = start
            places = isLarge ? [:] : nil
        }
    }

    /// Sets a key of the mapping being finished; `mergeKey` is the `<<` that brings it.
    private mutating func set(_ key: UInt32, _ value: UInt32, in mapping: inout Mapping, by mergeKey: UInt32? = nil) {
        guard spend(Int(records[Int(key)].count) + (mergeKey == nil ? 0 : 64), at: mergeKey ?? key) else { return }
        if mapping.places == nil, children.count - mapping.start > 128 {
            mapping.places = [:]
            for place in stride(from: mapping.start, to: children.count, by: 2) { mapping.places![Array(bytes(of: children[place]))] = place }
        }
        if let place = place(of: key, in: mapping) {
            let name = String(decoding: bytes(of: key).prefix(256), as: UTF8.self)
            let before = records[Int(children[place])].start
            if mergeKey != nil || mapping.merged.contains(place) {
                report(
                    "yaml/merge-overlap", records[Int(mergeKey ?? key)].range,
                    mergeKey != nil
                        ? "the merged mapping sets \(TerminalText.quoted(name)) again, which line \(before.line) set"
                        : "\(TerminalText.quoted(name)) is set again, which the merge key brought from line \(before.line)",
                    hint: "the API server refuses both at once in strict mode; write the value in one place")
            } else {
                let sameKind = originalKinds[children[place]] == originalKinds[key]
                report(
                    "yaml/duplicate-key", records[Int(key)].range,
                    "the key \(TerminalText.quoted(name)) is there already, on line \(before.line)",
                    severity: sameKind ? .error : .warning,
                    hint: sameKind ? "remove one of the two" : "both are the same key in JSON; the later one counts")
            }
            children[place] = key
            children[place + 1] = value
            return
        }
        if mapping.places != nil { mapping.places![Array(bytes(of: key))] = children.count }
        if mergeKey != nil { mapping.merged.insert(children.count) }
        children.append(key)
        children.append(value)
    }

    /// What keys were before they became strings, where they were not strings.
    private var originalKinds: [UInt32: Value.Kind] = [:]

    private func place(of key: UInt32, in mapping: borrowing Mapping) -> Int? {
        if let places = mapping.places { return places[Array(bytes(of: key))] }
        let record = records[Int(key)]
        var place = mapping.start
        while place < children.count {
            let other = records[Int(children[place])]
            if other.count == record.count, bytes(of: children[place]).elementsEqual(bytes(of: key)) { return place }
            place += 2
        }
        return nil
    }

    private func bytes(of record: UInt32) -> ArraySlice<UInt8> {
        let record = records[Int(record)]
        return text[Int(record.offset)..<Int(record.offset + record.count)]
    }

    /// A key as a string (`convertToJSONableObject` of sigs.k8s.io/yaml).
    private mutating func keyRecord(_ key: UInt32) -> UInt32? {
        let record = records[Int(key)]
        let written: String
        switch record.kind {
        case .string: return key
        case .boolean: written = record.bits != 0 ? "true" : "false"
        case .integer where record.form == .signed: written = String(Int64(bitPattern: record.bits))
        case .integer where record.form == .unsigned:
            report("yaml/key", record.range, "a number above \(Int64.max) may not be a key", hint: "put the key in quotes")
            return nil
        case .number, .integer: written = GoNumber.general(Double(bitPattern: record.bits))
        case .null:
            report("yaml/key", record.range, "a key may not be null", hint: "put the key in quotes")
            return nil
        case .sequence, .mapping:
            report(
                "yaml/key", record.range, "\(record.kind.phrase) may not be a key",
                hint: record.kind == .mapping ? "if this is a template, render it before it is committed" : nil)
            return nil
        }
        var converted = record
        converted.kind = .string
        converted.offset = UInt32(text.count)
        converted.count = UInt32(written.utf8.count)
        text += written.utf8
        records.append(converted)
        originalKinds[UInt32(records.count - 1)] = record.kind
        return UInt32(records.count - 1)
    }

    private mutating func merge(_ value: UInt32, into mapping: inout Mapping, by mergeKey: UInt32) {
        let record = records[Int(value)]
        guard spend(1, at: mergeKey) else { return }
        switch record.kind {
        case .mapping:
            for pair in 0..<Int(record.count) where keyWork <= Self.mostKeyWork {
                let place = Int(record.offset) + 2 * pair
                set(children[place], children[place + 1], in: &mapping, by: mergeKey)
            }
        case .sequence:
            // Earlier ones take precedence (decode.go: "Step backwards").
            for index in (0..<Int(record.count)).reversed() {
                let item = children[Int(record.offset) + index]
                guard records[Int(item)].kind == .mapping else { return reportMerge(mergeKey) }
                merge(item, into: &mapping, by: mergeKey)
            }
        default:
            reportMerge(mergeKey)
        }
    }

    /// Counts what a key costs that may come many times from few bytes; false where
    /// it is too much, and the documents from here on are not kept.
    private mutating func spend(_ work: Int, at key: UInt32) -> Bool {
        guard keyWork <= Self.mostKeyWork else { return false }
        keyWork += work
        if keyWork > Self.mostKeyWork { reportAliases(records[Int(key)].range) }
        return keyWork <= Self.mostKeyWork
    }

    private mutating func reportAliases(_ range: SourceRange) {
        report(
            "yaml/aliases", range, "the aliases of this document multiply to too many values",
            hint: "write less by alias")
    }

    private mutating func reportMerge(_ key: UInt32) {
        report("yaml/merge", records[Int(key)].range, "a merge key needs a mapping or a list of mappings",
            hint: "put \"<<\" in quotes if it is a key of its own")
    }

    // MARK: diagnostics

    private mutating func noteTruthWord(_ bytes: UnsafeBufferPointer<UInt8>, _ range: SourceRange) {
        if bytes.count < 4 || !(bytes.elementsEqual("true") || bytes.elementsEqual("false")) {
            let word = String(decoding: bytes, as: UTF8.self)
            guard !["True", "TRUE", "False", "FALSE"].contains(word) else { return }
            report(
                "yaml/truth-word", range, "\(word) is a boolean here, not text", severity: .warning,
                hint: "write true or false, or put it in quotes")
        }
    }

    /// `0755` is 493, which is what is meant where a file's mode stands.
    private mutating func noteOctal(_ bytes: UnsafeBufferPointer<UInt8>, _ integer: Int64, _ range: SourceRange) {
        guard bytes.count > 1, bytes[0] == UInt8(ascii: "0"), integer > 7, (0x30...0x39).contains(bytes[1]),
            bytes.allSatisfy({ (0x30...0x37).contains($0) })
        else { return }
        if let key = finished.last, let collection = open.last, collection.isMapping,
            (finished.count - collection.firstChild) % 2 == 1
        {
            let name = self.bytes(of: key)
            if records[Int(key)].kind == .string, name.suffix(4).elementsEqual("mode".utf8) || name.suffix(4).elementsEqual("Mode".utf8) { return }
        }
        report(
            "yaml/octal", range, "\(String(decoding: bytes, as: UTF8.self)) is octal, the number \(integer)", severity: .warning,
            hint: "leave out the leading zero, or put it in quotes")
    }

    private mutating func report(
        _ rule: String, _ range: SourceRange, _ message: @autoclosure () -> String, severity: Diagnostic.Severity = .error,
        hint: @autoclosure () -> String? = nil
    ) {
        // Each rule has a limit of its own: what is allowed must not hide what is not.
        let count = told[rule + severity.rawValue, default: 0]
        guard count <= limits.diagnostics else { return }
        told[rule + severity.rawValue] = count + 1
        if count < limits.diagnostics {
            diagnostics.append(
                Diagnostic(file: file, range: range, severity: severity, rule: rule, message: message(), hint: hint()))
        } else if severity == .error {
            // Without a place, no exception can be made from it.
            diagnostics.append(
                Diagnostic(file: file, range: nil, rule: rule, message: "there are more of these than the \(count) that are told"))
        }
    }

    private func set(_ record: inout ValueRecord, to number: Double) {
        if number == number.rounded(.towardZero), abs(number) < 1e21, number != 0 || number.sign == .plus {
            record.kind = .integer
            if let integer = Int64(exactly: number) {
                record.bits = UInt64(bitPattern: integer)
                return
            }
        } else {
            record.kind = .number
        }
        record.form = .real
        record.bits = number.bitPattern
    }
}

extension ValueRecord {
    fileprivate init(kind: Value.Kind, style: Node.Style, _ range: SourceRange) {
        self.init(
            kind: kind, style: style, startLine: UInt32(clamping: range.start.line), startColumn: UInt32(clamping: range.start.column),
            endLine: UInt32(clamping: range.end.line), endColumn: UInt32(clamping: range.end.column))
    }

    fileprivate var start: SourcePosition { SourcePosition(line: Int(startLine), column: Int(startColumn)) }
    fileprivate var range: SourceRange {
        SourceRange(start: start, end: SourcePosition(line: Int(endLine), column: Int(endColumn)))
    }
}
