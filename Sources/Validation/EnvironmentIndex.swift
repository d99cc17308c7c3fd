import Git
import Manifests
import Posix

/// What was found in an environment's folder at one tree: every fact of every file,
/// by its key, and what is wrong with each file by itself. It is a cache, and keyed
/// by the tree's id: whatever tree it is of, the difference to another is all that
/// has to be read.
///
/// The file is looked at where it lies. Its parts, in the machine's own order of
/// bytes: a header, entries ordered by key, files ordered by path, the paths, and
/// what is told of files.
final class EnvironmentIndex: @unchecked Sendable {
    // Read-only after it is made.

    /// One fact of one file.
    struct Entry {
        var key: UInt64
        var other: UInt64
        var file: UInt32
        var line: UInt32
        var column: UInt16
        var kind: UInt8
        var rule: UInt8

        var fact: Fact? {
            guard let kind = Fact.Kind(rawValue: kind), let rule = FactRule(rawValue: rule) else { return nil }
            return Fact(
                kind: kind, rule: rule, key: FactKey(value: key), other: FactKey(value: other), line: line, column: UInt32(column))
        }
    }

    private struct FilePlace {
        var offset: UInt32
        var count: UInt32
        var resources: UInt32
        var role: UInt32
    }

    private struct Header {
        var magic: UInt64 = EnvironmentIndex.magic
        var fingerprint: UInt64
        var tree0: UInt64
        var tree1: UInt64
        var tree2: UInt64
        var entries: UInt64
        var files: UInt64
        var pathBytes: UInt64
        var notes: UInt64
    }

    /// Changes whenever the form changes, or what a fact means.
    private static let magic: UInt64 = 0x3230_5844_4950_4f47

    /// The tree that it is of.
    let tree: ObjectID
    /// What the verdicts depended on besides the files: rules, schemas, this program.
    let fingerprint: UInt64
    private let file: MappedFile
    private let entries: UnsafeBufferPointer<Entry>
    private let files: UnsafeBufferPointer<FilePlace>
    private let paths: UnsafeRawBufferPointer
    private let noteBytes: UnsafeRawBufferPointer

    /// Opens an index; nil where there is none, or it is not whole.
    init?(_ path: String) {
        guard let file = MappedFile(path), file.bytes.count >= MemoryLayout<Header>.size else { return nil }
        let header = file.bytes.loadUnaligned(as: Header.self)
        let limit = UInt64(file.bytes.count)
        guard header.magic == Self.magic, header.entries < limit, header.files < limit, header.pathBytes <= limit, header.notes <= limit
        else { return nil }
        let entryBytes = Int(header.entries) * MemoryLayout<Entry>.stride
        let fileBytes = Int(header.files) * MemoryLayout<FilePlace>.stride
        let start = MemoryLayout<Header>.stride
        guard start + entryBytes + fileBytes + Int(header.pathBytes) + Int(header.notes) == file.bytes.count else { return nil }
        self.file = file
        func part(_ offset: Int, _ count: Int) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(rebasing: file.bytes[offset..<(offset + count)])
        }
        entries = part(start, entryBytes).bindMemory(to: Entry.self)
        files = part(start + entryBytes, fileBytes).bindMemory(to: FilePlace.self)
        paths = part(start + entryBytes + fileBytes, Int(header.pathBytes))
        noteBytes = part(start + entryBytes + fileBytes + Int(header.pathBytes), Int(header.notes))
        fingerprint = header.fingerprint
        var id: [UInt8] = []
        for word in [header.tree0, header.tree1, header.tree2] {
            withUnsafeBytes(of: word) { id += $0 }
        }
        tree = id.withUnsafeBytes { ObjectID(bytes: $0.baseAddress!) }
    }

    // MARK: reading

    /// All entries, in the order of their keys, and of one key in that of their kinds.
    var all: UnsafeBufferPointer<Entry> { entries }

    /// How many files it knows.
    var fileCount: Int { files.count }

    /// The entries of a key, of one kind or of all. What is looked at grows with the
    /// logarithm of the index, however many refer to the key.
    func entries(of key: FactKey, _ kind: Fact.Kind? = nil) -> Slice<UnsafeBufferPointer<Entry>> {
        let start = place { ($0.key, $0.kind) < (key.value, kind?.rawValue ?? 0) }
        let end = place { ($0.key, $0.kind) <= (key.value, kind?.rawValue ?? .max) }
        return entries[start..<end]
    }

    /// Where the entries end that come before something.
    private func place(_ isBefore: (Entry) -> Bool) -> Int {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(entries[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The path of a file, by its number.
    func path(of number: UInt32) -> RepositoryPath? {
        guard number < files.count else { return nil }
        let place = files[Int(number)]
        guard Int(place.offset) + Int(place.count) <= paths.count else { return nil }
        return RepositoryPath(bytes: Array(paths[Int(place.offset)..<Int(place.offset + place.count)]))
    }

    /// The number of a file; nil where it is not known.
    func number(of path: RepositoryPath) -> UInt32? {
        let bytes = path.bytes
        var (low, high) = (0, files.count)
        while low < high {
            let middle = (low + high) / 2
            let place = files[middle]
            guard Int(place.offset) + Int(place.count) <= paths.count else { return nil }
            let other = paths[Int(place.offset)..<Int(place.offset + place.count)]
            if other.elementsEqual(bytes) { return UInt32(middle) }
            if other.lexicographicallyPrecedes(bytes) { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    /// The role of a file and the resources in it, by its number.
    func summary(of number: UInt32) -> (role: FileRole, resources: Int)? {
        guard number < files.count else { return nil }
        let place = files[Int(number)]
        return (FileRole(index: place.role) ?? .manifest, Int(place.resources))
    }

    /// What was told of files, by their numbers.
    func notes() -> [(file: UInt32, note: FileNote)] {
        var reader = ByteReader(noteBytes)
        var notes: [(UInt32, FileNote)] = []
        while !reader.isAtEnd {
            guard let number = reader.number(), let note = FileNote(&reader) else { break }
            notes.append((UInt32(truncatingIfNeeded: number), note))
        }
        return notes
    }

    // MARK: writing

    /// What is known of one file.
    struct File {
        var path: RepositoryPath
        var role: FileRole
        var resources: Int
        var facts: [Fact]
        var note: FileNote?
    }

    /// Writes an index anew, whole or not at all.
    ///
    /// - Parameters:
    ///   - path: where; its folder is made.
    ///   - files: in any order.
    static func write(to path: String, tree: ObjectID, fingerprint: UInt64, files: [File]) throws {
        let files = files.sorted { $0.path.bytes.lexicographicallyPrecedes($1.path.bytes) }
        var entries: [Entry] = []
        entries.reserveCapacity(files.reduce(0) { $0 + $1.facts.count * 2 })
        var places: [FilePlace] = []
        var paths: [UInt8] = []
        var notes = ByteWriter()
        for (number, file) in files.enumerated() {
            places.append(
                FilePlace(
                    offset: UInt32(paths.count), count: UInt32(file.path.bytes.count), resources: UInt32(clamping: file.resources),
                    role: file.role.index))
            paths += file.path.bytes
            for fact in file.facts {
                var entry = Entry(
                    key: fact.key.value, other: fact.other.value, file: UInt32(number), line: fact.line,
                    column: UInt16(clamping: fact.column), kind: fact.kind.rawValue, rule: fact.rule.rawValue)
                entries.append(entry)
                if fact.kind == .reference, fact.other.value != 0 {
                    swap(&entry.key, &entry.other)
                    entry.kind = Fact.Kind.alternative.rawValue
                    entries.append(entry)
                }
            }
            if let note = file.note {
                notes.add(UInt64(number))
                note.write(&notes)
            }
        }
        entries.sort { ($0.key, $0.kind) < ($1.key, $1.kind) }

        var words = [UInt64](repeating: 0, count: 3)
        words.withUnsafeMutableBytes { $0.copyBytes(from: tree.bytes) }
        let header = Header(
            fingerprint: fingerprint, tree0: words[0], tree1: words[1], tree2: words[2], entries: UInt64(entries.count),
            files: UInt64(places.count), pathBytes: UInt64(paths.count), notes: UInt64(notes.bytes.count))
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entries.count * 32 + places.count * 16 + paths.count + notes.bytes.count + 128)
        withUnsafeBytes(of: header) { bytes += $0 }
        entries.withUnsafeBytes { bytes += $0 }
        places.withUnsafeBytes { bytes += $0 }
        bytes += paths
        bytes += notes.bytes
        if let slash = path.lastIndex(of: "/") { try makeFolders(String(path[..<slash]), mode: 0o700) }
        try Posix.write(bytes, toFile: path)
    }
}

/// What is told of a file by itself: diagnostics and exceptions.
struct FileNote: Sendable {
    var diagnostics: [Diagnostic]
    var exceptions: [(exception: RuleException, isUsed: Bool)]

    init?(_ verdict: FileVerdict) {
        guard !verdict.diagnostics.isEmpty || !verdict.exceptions.isEmpty else { return nil }
        diagnostics = verdict.diagnostics
        exceptions = verdict.exceptions
    }

    init?(_ reader: inout ByteReader) {
        guard let count = reader.number() else { return nil }
        diagnostics = []
        exceptions = []
        for _ in 0..<min(count, 1 << 20) {
            guard let file = reader.text(), let line = reader.number(), let column = reader.number(), let endLine = reader.number(),
                let endColumn = reader.number(), let severity = reader.number(), let rule = reader.text(), let message = reader.text(),
                let hint = reader.text(), let resource = reader.text(), let pointer = reader.text(), let source = reader.text()
            else { return nil }
            let range =
                line == 0
                ? nil
                : SourceRange(
                    start: SourcePosition(line: Int(line), column: Int(column)), end: SourcePosition(line: Int(endLine), column: Int(endColumn)))
            var diagnostic = Diagnostic(
                file: file, range: range, severity: severity == 0 ? .error : .warning, rule: rule, message: message,
                hint: hint.isEmpty ? nil : hint)
            diagnostic.resource = resource.isEmpty ? nil : resource
            diagnostic.pointer = pointer.isEmpty ? nil : pointer
            diagnostic.sourceLine = source.isEmpty ? nil : source
            diagnostics.append(diagnostic)
        }
        guard let exceptionCount = reader.number() else { return nil }
        for _ in 0..<min(exceptionCount, 1 << 20) {
            guard let rule = reader.text(), let reason = reader.text(), let line = reader.number(), let column = reader.number(),
                let target = reader.number(), let isUsed = reader.number()
            else { return nil }
            exceptions.append(
                (
                    RuleException(
                        rule: rule, reason: reason, position: SourcePosition(line: Int(line), column: Int(column)), line: Int(target)),
                    isUsed != 0
                ))
        }
    }

    func write(_ writer: inout ByteWriter) {
        writer.add(UInt64(diagnostics.count))
        for diagnostic in diagnostics {
            writer.add(diagnostic.file)
            for number in [diagnostic.range?.start.line, diagnostic.range?.start.column, diagnostic.range?.end.line, diagnostic.range?.end.column] {
                writer.add(UInt64(number ?? 0))
            }
            writer.add(diagnostic.severity == .error ? 0 : 1)
            for text in [
                diagnostic.rule, diagnostic.message, diagnostic.hint, diagnostic.resource, diagnostic.pointer, diagnostic.sourceLine,
            ] {
                writer.add(text ?? "")
            }
        }
        writer.add(UInt64(exceptions.count))
        for (exception, isUsed) in exceptions {
            writer.add(exception.rule)
            writer.add(exception.reason)
            for number in [exception.position.line, exception.position.column, exception.line, isUsed ? 1 : 0] { writer.add(UInt64(number)) }
        }
    }
}

/// Numbers and texts one after another.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ number: UInt64) {
        withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }

    mutating func add(_ text: String) {
        add(UInt64(text.utf8.count))
        bytes += text.utf8
    }
}

/// Reads what ``ByteWriter`` wrote; nil where there is not enough of it.
struct ByteReader {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { offset >= bytes.count }

    mutating func number() -> UInt64? {
        guard bytes.count - offset >= 8 else { return nil }
        defer { offset += 8 }
        return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    mutating func text() -> String? {
        guard let count = number(), count <= UInt64(bytes.count - offset) else { return nil }
        defer { offset += Int(count) }
        return String(decoding: bytes[offset..<(offset + Int(count))], as: UTF8.self)
    }
}

extension FileRole {
    private static let ordered: [FileRole] = [
        .manifest, .kustomization, .kustomizeInput, .chart, .chartTemplate, .values, .encrypted, .settings, .unclassified,
    ]

    init?(index: UInt32) {
        guard index < Self.ordered.count else { return nil }
        self = Self.ordered[Int(index)]
    }

    var index: UInt32 { UInt32(Self.ordered.firstIndex(of: self) ?? 0) }
}
