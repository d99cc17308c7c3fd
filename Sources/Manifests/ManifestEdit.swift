/// Changes objects in a file of manifests; everything else in it stays as it was written, byte for byte.
///
/// What was changed is read again before it is believed: either the file says exactly what it said, with the one object
/// as it is to be, or it stays as it was.
public struct ManifestEdit {
    /// The whole file.
    public private(set) var bytes: [UInt8]
    private let language: ManifestFile.Language

    public init(_ bytes: [UInt8], language: ManifestFile.Language) {
        self.bytes = bytes
        self.language = language
    }

    /// Whether no document is left in it.
    public var isEmpty: Bool { ManifestEdit.objects(bytes, language)?.isEmpty ?? false }

    /// Makes an object another: value by value where that can be had, and else the whole document.
    /// - Parameters:
    ///   - object: its text as `YAMLWriter` has it.
    ///   - other: what it is to be, likewise.
    /// - Returns: whether it could be done.
    public mutating func replace(_ object: String, with other: String) -> Bool {
        guard var expected = ManifestEdit.objects(bytes, language), let index = expected.firstIndex(of: object) else { return false }
        expected[index] = other
        let target = ManifestFile(Array(other.utf8), language: .yaml, file: "")
        return change(to: expected) { places in
            target.withDocuments { wanted in
                guard let wanted = wanted.first?.root else { return [] }
                return [places.valueByValue(index, wanted), places.asAWhole(index, other)].compactMap(\.self)
            }
        }
    }

    /// Takes a document out.
    /// - Parameter object: its text as `YAMLWriter` has it.
    /// - Returns: whether it could be done; what is an item of a list stays.
    public mutating func remove(_ object: String) -> Bool {
        guard var expected = ManifestEdit.objects(bytes, language), let index = expected.firstIndex(of: object) else { return false }
        expected.remove(at: index)
        return change(to: expected) { places in [places.without(index)].compactMap(\.self) }
    }

    /// Takes the first attempt that says what is expected.
    private mutating func change(to expected: [String], _ attempts: (ManifestPlaces) -> [[UInt8]]) -> Bool {
        let file = ManifestFile(bytes, language: language, file: "")
        let results = file.withDocuments { attempts(ManifestPlaces(bytes, language, $0)) }
        guard let result = results.first(where: { ManifestEdit.objects($0, language) == expected }) else { return false }
        bytes = result
        return true
    }

    /// The texts of all that stands in a file; nil where that cannot be told.
    private static func objects(_ bytes: [UInt8], _ language: ManifestFile.Language) -> [String]? {
        let file = ManifestFile(bytes, language: language, file: "")
        guard !file.diagnostics.contains(where: { $0.severity == .error }) else { return nil }
        return file.withDocuments { documents in
            ManifestPlaces.unfolded(documents).map { YAMLWriter.text(of: $0.value) }
        }
    }
}

/// Where what stands in a file, and how it would be changed.
private struct ManifestPlaces {
    private let bytes: [UInt8]
    private let language: ManifestFile.Language
    private let documents: [ManifestFile.Document]
    private let lines: [Int]

    init(_ bytes: [UInt8], _ language: ManifestFile.Language, _ documents: [ManifestFile.Document]) {
        self.bytes = bytes
        self.language = language
        self.documents = documents
        var lines = [bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0]
        bytes.withUnsafeBufferPointer { buffer in
            let source = SourceText(buffer)
            let mark = lines[0]
            var index = 0
            while index < source.bytes.count {
                index = source.startOfLine(after: index)
                lines.append(index + mark)
            }
        }
        self.lines = lines
    }

    /// The objects of a file, those in lists by themselves, each with its document.
    static func unfolded(_ documents: [ManifestFile.Document]) -> [(value: Value, document: Int, isItem: Bool)] {
        var found: [(value: Value, document: Int, isItem: Bool)] = []
        func add(_ value: Value, _ document: Int, isItem: Bool) {
            if value.kind == .mapping, value["kind"]?.string?.hasSuffix("List") == true, let items = value["items"], items.kind == .sequence,
                value.at("metadata", "name") == nil
            {
                for item in items.items { add(item, document, isItem: true) }
            } else if !value.isNull {
                found.append((value, document, isItem))
            }
        }
        for (index, document) in documents.enumerated() { add(document.root, index, isItem: false) }
        return found
    }

    // MARK: the ways to change it

    func valueByValue(_ index: Int, _ wanted: Value) -> [UInt8]? {
        var changes = Changes(places: self)
        changes.change(ManifestPlaces.unfolded(documents)[index].value, wanted, key: nil, isInFlow: language == .json)
        return changes.isPossible ? applied(changes.edits) : nil
    }

    /// With another text in the place of a document's lines; what stands around it stays.
    func asAWhole(_ index: Int, _ text: String) -> [UInt8]? {
        let (root, document, isItem) = ManifestPlaces.unfolded(documents)[index]
        guard !isItem, language == .yaml, root.position.column == 1 else { return nil }
        // What its last line is cannot be told by its values: one that is an alias stands elsewhere.
        var last = document + 1 < documents.count ? documents[document + 1].position.line - 1 : lines.count
        while last > root.position.line, isBeside(last) { last -= 1 }
        return applied([(offset(root.position)..<lineStart(last + 1), Array(text.utf8))])
    }

    /// Whether a line is empty, a comment, or the end of a document.
    private func isBeside(_ line: Int) -> Bool {
        let content = bytes[lineStart(line)..<lineStart(line + 1)]
        return content.first == UInt8(ascii: "#") || content.starts(with: "...".utf8) || content.allSatisfy { [0x20, 0x0A, 0x0D].contains($0) }
    }

    func without(_ index: Int) -> [UInt8]? {
        let (_, document, isItem) = ManifestPlaces.unfolded(documents)[index]
        guard !isItem else { return nil }
        let start = lineStart(documents[document].position.line)
        let end = document + 1 < documents.count ? lineStart(documents[document + 1].position.line) : bytes.count
        return start < end ? applied([(start..<end, [])]) : nil
    }

    private func applied(_ edits: [(range: Range<Int>, text: [UInt8])]) -> [UInt8]? {
        let sorted = edits.enumerated().sorted { one, other in
            (one.element.range.lowerBound, one.element.range.upperBound, one.offset) < (other.element.range.lowerBound, other.element.range.upperBound, other.offset)
        }
        let usesReturns = bytes.firstIndex(of: 0x0A).map { $0 > 0 && bytes[$0 - 1] == 0x0D } ?? false
        var result: [UInt8] = []
        var index = 0
        for (_, edit) in sorted {
            guard edit.range.lowerBound >= index else { return nil }
            result += bytes[index..<edit.range.lowerBound]
            for byte in edit.text {
                if byte == 0x0A, usesReturns { result.append(0x0D) }
                result.append(byte)
            }
            index = edit.range.upperBound
        }
        return result + bytes[index...]
    }

    // MARK: places

    func lineStart(_ line: Int) -> Int { line - 1 < lines.count ? lines[line - 1] : bytes.count }

    func offset(_ position: SourcePosition) -> Int {
        var index = lineStart(position.line)
        for _ in 1..<max(1, position.column) where index < bytes.count {
            index += 1
            while index < bytes.count, bytes[index] & 0xC0 == 0x80 { index += 1 }
        }
        return index
    }

    /// After the break of the line.
    func lineEnd(_ offset: Int) -> Int { lines.first { $0 > offset } ?? bytes.count }

    func isFirstOnLine(_ position: SourcePosition) -> Bool {
        bytes[lineStart(position.line)..<offset(position)].allSatisfy { $0 == 0x20 }
    }

    func isFlow(_ collection: Value) -> Bool {
        let start = offset(collection.position)
        return start < bytes.count && (bytes[start] == UInt8(ascii: "{") || bytes[start] == UInt8(ascii: "["))
    }

    /// Where a value really ends; what follows it up to the next one is not its own.
    func end(of value: Value) -> Int {
        switch value.kind {
        case .mapping where value.count > 0 && !isFlow(value): value.fields.map { end(of: $0) }.max() ?? 0
        case .sequence where value.count > 0 && !isFlow(value): value.items.map { end(of: $0) }.max() ?? 0
        case .mapping, .sequence: offset(value.range.end)
        default: value.style == .literal || value.style == .folded ? trimmed(offset(value.range.end)) : offset(value.range.end)
        }
    }

    func end(of field: Value.Field) -> Int {
        // What has no value has only its colon.
        guard field.value.isNull, field.value.bytes.isEmpty else { return end(of: field.value) }
        let key = offset(field.key.range.end)
        return bytes[key...].firstIndex(of: UInt8(ascii: ":")).map { $0 + 1 } ?? key
    }

    private func trimmed(_ offset: Int) -> Int {
        var offset = offset
        while offset > 0, [0x20, 0x0A, 0x0D].contains(bytes[offset - 1]) { offset -= 1 }
        return offset
    }

    /// Whether an offset is the end of a line that has one.
    func endsInBreak(_ offset: Int) -> Bool { offset == 0 || bytes[offset - 1] == 0x0A }
}

/// Collects what has to be written where, so that one value becomes another.
private struct Changes {
    let places: ManifestPlaces
    var edits: [(range: Range<Int>, text: [UInt8])] = []
    /// Whether all of it can be written value by value.
    var isPossible = true

    init(places: ManifestPlaces) {
        self.places = places
    }

    /// - Parameters:
    ///   - key: what the value belongs to; nil for an item and for a document.
    ///   - isInFlow: whether it stands within braces.
    mutating func change(_ old: Value, _ new: Value, key: Value?, isInFlow: Bool) {
        guard YAMLWriter.text(of: old) != YAMLWriter.text(of: new) else { return }
        let isInFlow = isInFlow || places.isFlow(old)
        switch (old.kind, new.kind) {
        case (.mapping, .mapping) where new.count > 0 && old.fields.contains { new[bytes: $0.key.bytes] != nil }:
            changeFields(of: old, new, isInFlow: isInFlow)
        case (.sequence, .sequence) where old.count == new.count:
            for (item, other) in zip(old.items, new.items) { change(item, other, key: nil, isInFlow: isInFlow) }
        default: put(new, inPlaceOf: old, key: key, isInFlow: isInFlow)
        }
    }

    private mutating func changeFields(of old: Value, _ new: Value, isInFlow: Bool) {
        for field in old.fields {
            if let other = new[bytes: field.key.bytes] { change(field.value, other, key: field.key, isInFlow: isInFlow) }
        }
        let added = new.fields.filter { old[bytes: $0.key.bytes] == nil }
        if isInFlow { return changeFlow(old, new, added) }
        for field in old.fields where new[bytes: field.key.bytes] == nil {
            guard places.isFirstOnLine(field.key.position) else { return isPossible = false }
            let range = places.lineStart(field.key.position.line)..<places.lineEnd(places.end(of: field))
            edits.append((range, []))
        }
        guard !added.isEmpty, let first = old.fields.first?.key else { return }
        let end = places.lineEnd(places.end(of: old))
        var text: [UInt8] = places.endsInBreak(end) ? [] : [0x0A]
        let indent = first.position.column - 1
        for field in added {
            text += repeatElement(UInt8(ascii: " "), count: indent)
            text += Changes.block(field.key, field.value, indent: indent)
            text.append(0x0A)
        }
        edits.append((end..<end, text))
    }

    private mutating func changeFlow(_ old: Value, _ new: Value, _ added: [Value.Field]) {
        let fields = Array(old.fields)
        let isKept = fields.map { new[bytes: $0.key.bytes] != nil }
        guard let last = isKept.lastIndex(of: true) else { return isPossible = false }
        for index in 0..<last where !isKept[index] {
            edits.append((places.offset(fields[index].key.position)..<places.offset(fields[index + 1].key.position), []))
        }
        let start = places.end(of: fields[last])
        let isOnLines = fields[0].key.position.line > old.position.line
        let gap = isOnLines ? "\n" + String(repeating: " ", count: fields[0].key.position.column - 1) : " "
        let text = added.map { ",\(gap)\(flow($0.key)): \(flow($0.value))" }.joined()
        if !text.isEmpty || last + 1 < fields.count { edits.append((start..<places.end(of: fields[fields.count - 1]), Array(text.utf8))) }
    }

    private mutating func put(_ new: Value, inPlaceOf old: Value, key: Value?, isInFlow: Bool) {
        let isAbsent = old.isNull && old.bytes.isEmpty
        let start = places.offset(old.position)
        if !places.isJSON, !isAbsent, let text = Changes.line(new, like: old), old.range.start.line == old.range.end.line, old.count == 0 {
            edits.append((start..<places.offset(old.range.end), text))
        } else if isInFlow, !isAbsent {
            edits.append((start..<places.end(of: old), Array(flow(new).utf8)))
        } else if let key {
            let end = isAbsent ? places.end(of: Value.Field(key: key, value: old)) : places.end(of: old)
            edits.append((places.offset(key.position)..<end, Changes.block(key, new, indent: key.position.column - 1)))
        } else if !isAbsent {
            edits.append((start..<places.end(of: old), Changes.indented(YAMLWriter.text(of: new), by: old.position.column - 1)))
        } else {
            isPossible = false
        }
    }

    // MARK: texts

    /// A value on one line, quoted as another was; nil where it has no place there.
    private static func line(_ value: Value, like old: Value) -> [UInt8]? {
        guard value.count == 0 else { return nil }
        let text = YAMLWriter.text(of: value).dropLast()
        guard !text.contains("\n") else { return nil }
        if value.kind == .string, text.first != "\"" {
            if old.style == .doubleQuoted { return Array("\"\(text)\"".utf8) }
            if old.style == .singleQuoted { return Array("'\(text)'".utf8) }
        } else if value.kind == .string, old.style == .singleQuoted, !value.text.contains("'"), !text.contains("\\") {
            return Array("'\(value.text)'".utf8)
        }
        return Array(text.utf8)
    }

    /// A field without its last line's end.
    private static func block(_ key: Value, _ value: Value, indent: Int) -> [UInt8] {
        let text = YAMLWriter.text(of: value)
        let below = switch value.kind {
        case .mapping where value.count > 0: "\n" + text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : "  " + $0 }.joined(separator: "\n")
        // kubectl puts the dashes of a list below its key.
        case .sequence where value.count > 0: "\n" + text
        default: " " + text
        }
        return indented(YAMLWriter.text(of: key).dropLast() + ":" + below, by: indent)
    }

    /// Without the last line's end; the first line stands where it is put.
    private static func indented(_ text: String, by indent: Int) -> [UInt8] {
        var result: [UInt8] = []
        for (index, line) in text.utf8.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            if index > 0 { result.append(0x0A) }
            if index > 0, !line.isEmpty { result += repeatElement(UInt8(ascii: " "), count: indent) }
            result += line
        }
        return result
    }

    /// Within braces, where JSON can always stand.
    private func flow(_ value: Value) -> String {
        if places.isJSON { return value.json }
        switch value.kind {
        case .mapping: return "{" + value.fields.map { "\(flow($0.key)): \(flow($0.value))" }.joined(separator: ", ") + "}"
        case .sequence: return "[" + value.items.map(flow).joined(separator: ", ") + "]"
        default:
            let text = YAMLWriter.text(of: value).dropLast()
            return text.contains("\n") ? value.json : String(text)
        }
    }
}

extension ManifestPlaces {
    var isJSON: Bool { language == .json }
}
