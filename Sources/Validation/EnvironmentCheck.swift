import Git
import Manifests
import Posix
import Schemas

/// What was found in an environment's folder.
struct EnvironmentVerdict {
    var diagnostics: [Diagnostic] = []
    /// Files of YAML or JSON that name no kind.
    var unclassified: [String] = []
    /// The exceptions that are made, by file.
    var exceptions: [(file: String, exception: RuleException, isUsed: Bool)] = []
    /// How many files were looked at or known, and the resources in them.
    var files = 0
    var resources = 0
}

/// Judges the folder of an environment: each file by itself, and what files say of
/// each other. Where an index of an earlier tree is at hand, only what differs from
/// that tree is read, and what depends on it.
final class EnvironmentCheck {
    private struct File {
        var path: RepositoryPath
        var blob: ObjectID
        var language: ManifestFile.Language
        var context: FileContext
        var verdict = FileVerdict()
        /// Not changed, but judged anew because something that it depends on was.
        var isDependant = false
        /// Whether its defects are told.
        var isTold = true
    }

    private struct Broken {
        var path: RepositoryPath
        var fact: Fact
        /// Of a duplicate: where the other one is.
        var other: (path: RepositoryPath, line: Int)?
    }

    private let repository: Repository
    private let folder: RepositoryPath
    private let tree: ObjectID
    private var check: FileCheck
    private let index: EnvironmentIndex?
    private let contexts: FileContexts

    /// A tree whose defects are known, if not everything is told.
    private var base: ObjectID?
    /// What differs from it.
    private var baseChanges: [RepositoryPath: (old: ObjectID?, new: ObjectID?)] = [:]
    /// The files whose defects are told; nil for all.
    private var told: Set<RepositoryPath>?
    /// What differs from the index's tree: all there is without an index.
    private var changes: [RepositoryPath: (old: ObjectID?, new: ObjectID?)] = [:]
    private var files: [File] = []
    private var fileNumbers: [RepositoryPath: Int] = [:]
    private var changedNumbers: Set<UInt32> = []
    private var provisions: Set<UInt64> = []
    private var definitions: [UInt64: [(file: Int, fact: Fact)]] = [:]
    private(set) var tooLarge: [Diagnostic] = []

    /// - Parameters:
    ///   - folder: the environment's folder, and `tree` the tree that it has.
    ///   - check: judges single files.
    ///   - index: of any tree of this folder; nil to read everything.
    init(_ repository: Repository, folder: RepositoryPath, tree: ObjectID, check: FileCheck, index: EnvironmentIndex?) throws(GitError) {
        self.repository = repository
        self.folder = folder
        self.tree = tree
        self.check = check
        self.index = index
        contexts = try FileContexts(repository, root: folder, tree: tree)
    }

    /// Reads and judges what differs from the index.
    /// - Parameters:
    ///   - base: a tree whose defects are known; only what differs from it is told, and what depends on that.
    ///   - everything: whether all is told, whatever the base.
    func read(since base: ObjectID? = nil, everything: Bool = true) throws {
        changes = try differences(from: index?.tree)
        if !everything {
            self.base = base
            baseChanges = try differences(from: base)
            told = Set(baseChanges.keys)
            // Read, though the index knows it as it is: the index may be of a tree that was not accepted.
            for (path, change) in baseChanges where changes[path] == nil {
                if let now = change.new { changes[path] = (now, now) }
            }
        }
        for path in changes.keys {
            if let number = index?.number(of: path) { changedNumbers.insert(number) }
        }
        try collectInputs()
        var new: [File] = []
        for (path, change) in changes {
            guard let blob = change.new, let language = language(of: path) else { continue }
            if folder == .root, path.bytes.elementsEqual("ops.yaml".utf8) { continue }
            guard try repository.header(of: blob).size <= TreeCheck.largestManifest else {
                tooLarge.append(
                    Diagnostic(
                        file: path.description, position: nil, rule: "manifest/too-large",
                        message: "a manifest may have at most \(TreeCheck.largestManifest >> 20) MiB",
                        hint: "give a file that is no manifest a name that does not end in .yaml, .yml or .json"))
                continue
            }
            new.append(
                File(
                    path: path, blob: blob, language: language, context: try contexts.context(of: path),
                    isTold: told?.contains(path) ?? true))
        }
        new.sort { $0.path < $1.path }
        files = new
        try judge(Array(files.indices))
        try judgeWithDefinedKinds()
        for (number, file) in files.enumerated() where !file.isDependant {
            fileNumbers[file.path] = number
            for fact in file.verdict.facts {
                switch fact.kind {
                case .provision: provisions.insert(fact.key.value)
                case .definition: definitions[fact.key.value, default: []].append((number, fact))
                case .reference, .alternative, .dependence: break
                }
            }
        }
    }

    // MARK: what differs

    /// The files that differ from another tree of this folder, and those that another file makes something
    /// else of: what stands below a kustomization that comes, goes or gives another namespace, what it takes
    /// in or no longer does, what stands below a `Chart.yaml` that comes or goes.
    private func differences(from old: ObjectID?) throws -> [RepositoryPath: (old: ObjectID?, new: ObjectID?)] {
        var found: [RepositoryPath: (old: ObjectID?, new: ObjectID?)] = [:]
        try repository.forEachChange(from: old, to: tree, prefix: folder) { change throws(GitError) in
            found[change.path] = (content(change.old), content(change.new))
        }
        guard old != nil else { return found }
        var others: Set<RepositoryPath> = []
        for (path, change) in found {
            if path.name.elementsEqual("Chart.yaml".utf8) {
                if (change.old == nil) != (change.new == nil) { try addFiles(below: path.parent ?? .root, to: &others) }
            } else if FileContexts.isKustomizationName(path.name) {
                let before = try kustomization(change.old, path)
                let now = try kustomization(change.new, path)
                if (before == nil) != (now == nil) || before?.namespace != now?.namespace {
                    try addFiles(below: path.parent ?? .root, to: &others)
                }
                others.formUnion((before?.inputs ?? []).symmetricDifference(now?.inputs ?? []))
            }
        }
        for path in others where found[path] == nil {
            if let now = try blob(at: path) { found[path] = (now, now) }
        }
        return found
    }

    private func kustomization(_ blob: ObjectID?, _ path: RepositoryPath) throws(GitError) -> Kustomization? {
        guard let blob, try repository.header(of: blob).size <= 1 << 20 else { return nil }
        return try repository.withContent(of: blob, as: .blob) { bytes throws(GitError) in
            ManifestFile(bytes, language: .yaml, file: "").withDocuments { documents in
                documents.first.map { Kustomization($0.root, folder: path.parent ?? .root) }
            }
        }
    }

    private func addFiles(below path: RepositoryPath, to paths: inout Set<RepositoryPath>) throws(GitError) {
        let inside = path == folder ? RepositoryPath.root : path.relative(to: folder) ?? path
        var top = tree
        if inside != .root {
            guard let entry = try repository.entry(at: inside, inTree: tree), entry.mode == .tree else { return }
            top = entry.id
        }
        for file in try repository.files(inTree: top) {
            let path = path == .root ? file.path : path.appending(file.path.bytes)
            if language(of: path) != nil { paths.insert(path) }
        }
    }

    private func content(_ entry: (mode: FileMode, id: ObjectID)?) -> ObjectID? {
        guard let entry, entry.mode == .file || entry.mode == .executable else { return nil }
        return entry.id
    }

    /// Files that kustomizations of this change, or of the index, take in.
    private func collectInputs() throws {
        for (path, change) in changes where FileContexts.isKustomizationName(path.name) {
            contexts.inputs.formUnion(try kustomization(change.new, path)?.inputs ?? [])
        }
        guard let index else { return }
        for path in changes.keys {
            let key = path.bytes.withUnsafeBufferPointer { FactKey("input", $0) }
            if index.entries(of: key, .dependence).contains(where: { !changedNumbers.contains($0.file) }) {
                contexts.inputs.insert(path)
            }
        }
    }

    private func language(of path: RepositoryPath) -> ManifestFile.Language? {
        let name = path.name
        if name.hasSuffix(".yaml") || name.hasSuffix(".yml") || FileContexts.isKustomizationName(name) { return .yaml }
        return name.hasSuffix(".json") ? .json : nil
    }

    // MARK: judging files

    private func judge(_ numbers: [Int]) throws {
        let count = numbers.count < 32 ? 1 : min(processorCount(), 8)
        guard count > 1 else {
            for number in numbers { files[number].verdict = try verdict(on: files[number], repository) }
            return
        }
        var repositories: [Repository] = []
        for _ in 0..<count { repositories.append(try repository.another()) }
        let results = Results(numbers.count)
        let work = Work(repositories: repositories, files: numbers.map { files[$0] }, check: check)
        concurrently(count) { part in
            // Interleaved, so that a folder of large files falls to all.
            var next = part
            while next < work.files.count {
                do {
                    results.set(next, try EnvironmentCheck.verdict(on: work.files[next], work.repositories[part], work.check))
                } catch {
                    results.fail(error)
                }
                next += count
            }
        }
        if let error = results.error { throw error }
        for (place, number) in numbers.enumerated() {
            if let verdict = results.take(place) { files[number].verdict = verdict }
        }
    }

    private struct Work: @unchecked Sendable {
        // Each thread has a repository of its own.
        let repositories: [Repository]
        let files: [File]
        let check: FileCheck
    }

    /// Where threads put what they found, each in places of its own.
    private final class Results: @unchecked Sendable {
        private let places: UnsafeMutableBufferPointer<FileVerdict?>
        private let failures: UnsafeMutableBufferPointer<(any Error)?>

        init(_ count: Int) {
            places = .allocate(capacity: count)
            places.initialize(repeating: nil)
            failures = .allocate(capacity: 1)
            failures.initialize(repeating: nil)
        }

        deinit {
            places.deinitialize().deallocate()
            failures.deinitialize().deallocate()
        }

        func set(_ place: Int, _ verdict: FileVerdict) { places[place] = verdict }
        func take(_ place: Int) -> FileVerdict? {
            defer { places[place] = nil }
            return places[place]
        }
        func fail(_ error: any Error) { failures[0] = error }
        var error: (any Error)? { failures[0] }
    }

    private func verdict(on file: File, _ repository: Repository) throws(GitError) -> FileVerdict {
        try Self.verdict(on: file, repository, check)
    }

    private static func verdict(
        on file: File, _ repository: Repository, _ check: FileCheck, describes: ((Fact, () -> String) -> Void)? = nil
    ) throws(GitError) -> FileVerdict {
        try repository.withContent(of: file.blob, as: .blob) { bytes throws(GitError) in
            check.verdict(on: bytes, at: file.path, file.language, file.context, describes: describes)
        }
    }

    // MARK: kinds that the tree itself defines

    /// Judges resources of CustomResourceDefinitions in the tree by these, also in files
    /// that have not changed where the definition has.
    private func judgeWithDefinedKinds() throws {
        var wanted: Set<UInt64> = []
        var defining: [UInt64: [Int]] = [:]
        // Kinds whose definition differs from the base's, and from the index's.
        var toldKinds: Set<UInt64> = []
        for (number, file) in files.enumerated() {
            for fact in file.verdict.facts where fact.rule == .schema {
                if fact.kind == .dependence { wanted.insert(fact.key.value) }
                if fact.kind == .provision {
                    defining[fact.key.value, default: []].append(number)
                    if file.isTold { toldKinds.insert(fact.key.value) }
                }
            }
        }
        toldKinds.formUnion(try baseFacts().lazy.filter { $0.rule == .schema && $0.kind == .provision }.map(\.key.value))
        var changedKinds = toldKinds.union(defining.keys)
        if let index {
            let facts = try facts(of: changes.filter { index.number(of: $0.key) != nil }, in: index.tree)
            changedKinds.formUnion(facts.lazy.filter { $0.rule == .schema && $0.kind == .provision }.map(\.key.value))
        }
        for number in files.indices where !files[number].isTold {
            files[number].isTold = files[number].verdict.facts.contains {
                $0.kind == .dependence && $0.rule == .schema && toldKinds.contains($0.key.value)
            }
        }
        try addDependants(of: changedKinds, told: toldKinds, &wanted)
        guard !wanted.isEmpty else { return }

        var sources: Set<ObjectID> = []
        for key in wanted {
            for number in defining[key] ?? [] { sources.insert(files[number].blob) }
            guard let index else { continue }
            for entry in index.entries(of: FactKey(value: key), .provision) where !changedNumbers.contains(entry.file) {
                if let path = index.path(of: entry.file), let blob = try blob(at: path) { sources.insert(blob) }
            }
        }
        guard !sources.isEmpty || files.contains(where: \.isDependant) else { return }
        var compiler = SchemaCompiler()
        for blob in sources.sorted() {
            let file = try repository.withContent(of: blob, as: .blob) { bytes throws(GitError) in
                ManifestFile(bytes, language: .yaml, file: "")
            }
            file.withDocuments { documents in
                // What cannot be read as a definition is told where it stands.
                // A server answers for its own kinds, whatever is defined beside them.
                for document in documents where !SchemaCatalog.definesBuiltIn(document.root) { _ = try? compiler.add(document.root) }
            }
        }
        let schemas = check.schemas.adding(compiler.library())
        check = FileCheck(levels: check.levels, schemas: schemas, unexcepted: check.unexcepted)
        let again = files.indices.filter { number in
            files[number].isDependant
                || files[number].verdict.facts.contains { $0.kind == .dependence && $0.rule == .schema && wanted.contains($0.key.value) }
        }
        try judge(again)
    }

    private func addDependants(of kinds: Set<UInt64>, told toldKinds: Set<UInt64>, _ wanted: inout Set<UInt64>) throws {
        guard let index else { return }
        var numbers: [UInt32: Bool] = [:]
        for key in kinds {
            for entry in index.entries(of: FactKey(value: key), .dependence) where !changedNumbers.contains(entry.file) {
                numbers[entry.file, default: false] = numbers[entry.file] == true || told == nil || toldKinds.contains(key)
            }
        }
        for (number, isTold) in numbers.sorted(by: { $0.key < $1.key }) {
            guard let path = index.path(of: number), let blob = try blob(at: path), let language = language(of: path) else { continue }
            files.append(
                File(
                    path: path, blob: blob, language: language, context: try contexts.context(of: path), isDependant: true, isTold: isTold))
            for fact in try verdict(on: files[files.count - 1], repository).facts where fact.rule == .schema && fact.kind == .dependence {
                wanted.insert(fact.key.value)
            }
        }
    }

    private func blob(at path: RepositoryPath) throws(GitError) -> ObjectID? {
        let inside = folder == .root ? path : path.relative(to: folder) ?? path
        return content(try repository.entry(at: inside, inTree: tree))
    }

    /// The facts of told files as the base has them.
    private func baseFacts() throws -> [Fact] {
        if let knownBaseFacts { return knownBaseFacts }
        let facts = try base.map { try self.facts(of: baseChanges, in: $0) } ?? []
        knownBaseFacts = facts
        return facts
    }

    private var knownBaseFacts: [Fact]?

    /// The facts of files as another tree has them.
    private func facts(of changes: [RepositoryPath: (old: ObjectID?, new: ObjectID?)], in tree: ObjectID) throws -> [Fact] {
        var facts: [Fact] = []
        let contexts = try FileContexts(repository, root: folder, tree: tree)
        for (path, change) in changes {
            guard let blob = change.old, let language = language(of: path),
                try repository.header(of: blob).size <= TreeCheck.largestManifest
            else { continue }
            facts += try verdict(
                on: File(path: path, blob: blob, language: language, context: try contexts.context(of: path)), repository
            ).facts
        }
        return facts
    }

    // MARK: rules between files

    /// What is to be told.
    func verdict() throws -> EnvironmentVerdict {
        var verdict = EnvironmentVerdict()
        for diagnostic in tooLarge where told == nil || told!.contains(where: { $0.description == diagnostic.file }) {
            verdict.diagnostics.append(diagnostic)
        }
        var exceptions: [RepositoryPath: [(exception: RuleException, isUsed: Bool)]] = [:]
        for file in files {
            guard file.isTold else { continue }
            verdict.diagnostics += file.verdict.diagnostics
            // With everything, what is not changed is counted by the index.
            if told != nil || !file.isDependant {
                verdict.files += 1
                verdict.resources += file.verdict.resources
            }
            if file.verdict.role == .unclassified { verdict.unclassified.append(file.path.description) }
            exceptions[file.path] = file.verdict.exceptions
        }
        if told == nil, let index { addUnchanged(index, to: &verdict, &exceptions) }
        try addBroken(try brokenRules(), to: &verdict, &exceptions)
        let filled = Placeholder.Form.allCases.filter { isThere($0.key) }
        verdict.diagnostics.removeAll { diagnostic in
            diagnostic.rule == "k8s/placeholder" && filled.contains { diagnostic.sourceLine?.contains($0.rawValue) == true }
        }
        for (path, list) in exceptions.sorted(by: { $0.key < $1.key }) {
            for (exception, isUsed) in list {
                let file = path.description
                verdict.exceptions.append((file, exception, isUsed))
                if !isUsed, RuleTable.all[exception.rule] != nil, !check.isForbidden(exception.rule), check.levels.severity(of: exception.rule, default: .error) != nil {
                    verdict.diagnostics.append(
                        Diagnostic(
                            file: file, position: exception.position, severity: .warning, rule: "manifest/unused-exception",
                            message: "nothing on line \(exception.line) breaks \(exception.rule)", hint: "remove the comment"))
                }
            }
        }
        return verdict
    }

    private func addUnchanged(
        _ index: EnvironmentIndex, to verdict: inout EnvironmentVerdict,
        _ exceptions: inout [RepositoryPath: [(exception: RuleException, isUsed: Bool)]]
    ) {
        let judged = Set(files.lazy.filter(\.isDependant).map(\.path))
        for number in 0..<UInt32(index.fileCount) where !changedNumbers.contains(number) {
            guard let summary = index.summary(of: number) else { continue }
            verdict.files += 1
            verdict.resources += summary.resources
            if summary.role == .unclassified, let path = index.path(of: number) { verdict.unclassified.append(path.description) }
        }
        for (number, note) in index.notes() where !changedNumbers.contains(number) {
            guard let path = index.path(of: number), !judged.contains(path) else { continue }
            verdict.diagnostics += note.diagnostics
            exceptions[path] = note.exceptions
        }
    }

    private func isThere(_ key: FactKey) -> Bool {
        guard key.value != 0 else { return false }
        if provisions.contains(key.value) { return true }
        guard let index else { return false }
        return index.entries(of: key, .provision).contains { !changedNumbers.contains($0.file) }
    }

    private func brokenRules() throws -> [Broken] {
        var broken: [Broken] = []
        for file in files where !file.isDependant && told?.contains(file.path) ?? true {
            for fact in file.verdict.facts where fact.kind == .reference && isBroken(fact) {
                broken.append(Broken(path: file.path, fact: fact))
            }
        }
        broken += duplicates()
        guard told == nil else { return broken + (try left()) }
        guard let index else { return broken }
        for entry in index.all where entry.kind == Fact.Kind.reference.rawValue && !changedNumbers.contains(entry.file) {
            if let fact = entry.fact, isBroken(fact), let path = index.path(of: entry.file) { broken.append(Broken(path: path, fact: fact)) }
        }
        return broken
    }

    private func isBroken(_ fact: Fact) -> Bool {
        !isThere(fact.key) && !isThere(fact.other)
    }

    /// References in files that are not told to what told files no longer provide.
    private func left() throws -> [Broken] {
        var gone: Set<UInt64> = []
        for fact in try baseFacts() where fact.kind == .provision && fact.rule != .schema && !isThere(fact.key) {
            gone.insert(fact.key.value)
        }
        guard !gone.isEmpty else { return [] }
        var broken: [Broken] = []
        for file in files where !file.isDependant && told?.contains(file.path) == false {
            for fact in file.verdict.facts
            where fact.kind == .reference && (gone.contains(fact.key.value) || gone.contains(fact.other.value)) && isBroken(fact) {
                broken.append(Broken(path: file.path, fact: fact))
            }
        }
        guard let index else { return broken }
        var seen: Set<Place> = []
        for key in gone {
            for entry in index.entries(of: FactKey(value: key)) where !changedNumbers.contains(entry.file) {
                guard var reference = entry.fact, let path = index.path(of: entry.file) else { continue }
                if reference.kind == .alternative {
                    swap(&reference.key, &reference.other)
                    reference.kind = .reference
                }
                guard reference.kind == .reference, isBroken(reference), seen.insert(Place(reference, in: entry.file)).inserted else { continue }
                broken.append(Broken(path: path, fact: reference))
            }
        }
        return broken
    }

    private struct DefinitionPlace: Comparable {
        var path: RepositoryPath
        var fact: Fact

        static func < (a: DefinitionPlace, b: DefinitionPlace) -> Bool {
            a.path == b.path ? (a.fact.line, a.fact.column) < (b.fact.line, b.fact.column) : a.path < b.path
        }

        static func == (a: DefinitionPlace, b: DefinitionPlace) -> Bool { !(a < b) && !(b < a) }
    }

    /// Of all that define one resource the first is right, unless only others are known.
    private func duplicates() -> [Broken] {
        var keys = Set(definitions.keys)
        if told == nil, let index {
            for entry in index.all where entry.kind == Fact.Kind.definition.rawValue { keys.insert(entry.key) }
        }
        var broken: [Broken] = []
        for key in keys {
            let places = self.places(of: key)
            guard places.count > 1 else { continue }
            for (number, place) in places.enumerated() where told?.contains(place.path) ?? (number > 0) {
                let other = number == 0 ? places[1] : places[0]
                broken.append(Broken(path: place.path, fact: place.fact, other: (other.path, Int(other.fact.line))))
            }
        }
        return broken
    }

    /// Where a resource is defined, in the order of the tree.
    private func places(of key: UInt64) -> [DefinitionPlace] {
        var places: [DefinitionPlace] = []
        for (number, fact) in definitions[key] ?? [] { places.append(DefinitionPlace(path: files[number].path, fact: fact)) }
        if let index {
            for entry in index.entries(of: FactKey(value: key), .definition) where !changedNumbers.contains(entry.file) {
                if let path = index.path(of: entry.file), let fact = entry.fact { places.append(DefinitionPlace(path: path, fact: fact)) }
            }
        }
        return places.sorted()
    }

    private func addBroken(
        _ broken: [Broken], to verdict: inout EnvironmentVerdict,
        _ exceptions: inout [RepositoryPath: [(exception: RuleException, isUsed: Bool)]]
    ) throws {
        let byFile = Dictionary(grouping: broken, by: \.path)
        for path in byFile.keys.sorted() {
            guard let blob = try fileNumbers[path].map({ files[$0].blob }) ?? blob(at: path), let language = language(of: path),
                let list = byFile[path]
            else { continue }
            let file = File(path: path, blob: blob, language: language, context: try contexts.context(of: path))
            var words: [Place: String] = [:]
            let keys = Set(list.map(\.fact.key))
            let again = try Self.verdict(on: file, repository, check) { fact, describe in
                if keys.contains(fact.key) { words[Place(fact)] = describe() }
            }
            // Of a Service that is not there no port is missed.
            let missing = list.filter { $0.fact.rule == .reference }.compactMap { words[Place($0.fact)].map { $0 + " has no port" } }
            var found = list.filter { broken in
                guard broken.fact.rule == .port, let text = words[Place(broken.fact)] else { return true }
                return !missing.contains { text.hasPrefix($0) }
            }.map { diagnostic($0, words[Place($0.fact)]) }
            try repository.withContent(of: blob, as: .blob) { bytes throws(GitError) in
                guard !again.holdsSecrets else { return }
                let hidden = again.diagnostics.lazy.filter { $0.rule == "env/credential" }.compactMap(\.position?.line)
                SourceLines.fill(&found, from: bytes.bindMemory(to: UInt8.self), hidden: Set(hidden))
            }
            var own = exceptions[path] ?? again.exceptions
            verdict.diagnostics += check.levelled(found, &own)
            exceptions[path] = own
        }
    }

    private struct Place: Hashable {
        var kind: Fact.Kind
        var key: FactKey
        var line: UInt32
        var column: UInt32
        var file: UInt32

        init(_ fact: Fact, in file: UInt32 = 0) {
            self.file = file
            kind = fact.kind
            key = fact.key
            line = fact.line
            // Columns of an index are cut.
            column = UInt32(UInt16(clamping: fact.column))
        }
    }

    private func diagnostic(_ broken: Broken, _ words: String?) -> Diagnostic {
        let what = words ?? "what is named here"
        let message: String
        var hint: String?
        var severity = Diagnostic.Severity.warning
        switch broken.fact.rule {
        case .duplicate:
            message = "\(what) is defined already in \(broken.other.map { "\($0.path):\($0.line)" } ?? "another file")"
            hint = "remove one of the two, or give it another name"
            severity = .error
        case .namespace:
            message = "\(what) is not made by this environment"
            hint = "add a manifest of it, or set env/missing-namespace to off if something else makes it"
        case .port: message = what
        case .reference, .schema, .input:
            message = "\(what) is not defined in this environment"
            hint = "define it, or set env/missing-reference to off if something else makes it"
        }
        return Diagnostic(
            file: broken.path.description, position: broken.fact.position, severity: severity, rule: broken.fact.rule.id, message: message,
            hint: hint)
    }

    // MARK: the index

    /// What an index of this tree holds.
    func indexFiles() -> [EnvironmentIndex.File] {
        var all: [EnvironmentIndex.File] = []
        let judged = Dictionary(files.map { ($0.path, $0) }) { first, _ in first }
        if let index {
            var facts = [[Fact]](repeating: [], count: index.fileCount)
            for entry in index.all where entry.kind != Fact.Kind.alternative.rawValue && Int(entry.file) < facts.count {
                if let fact = entry.fact { facts[Int(entry.file)].append(fact) }
            }
            let notes = Dictionary(index.notes().map { ($0.file, $0.note) }) { first, _ in first }
            for number in 0..<UInt32(index.fileCount) where !changedNumbers.contains(number) {
                guard let path = index.path(of: number), let summary = index.summary(of: number) else { continue }
                let note = judged[path].map { FileNote($0.verdict) } ?? notes[number]
                all.append(
                    EnvironmentIndex.File(
                        path: path, role: summary.role, resources: summary.resources, facts: facts[Int(number)], note: note))
            }
        }
        for file in files where !file.isDependant {
            all.append(
                EnvironmentIndex.File(
                    path: file.path, role: file.verdict.role, resources: file.verdict.resources, facts: file.verdict.facts,
                    note: FileNote(file.verdict)))
        }
        return all
    }

    /// How many files differ from the index.
    var changeCount: Int { changes.count }
}
