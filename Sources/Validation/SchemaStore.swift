public import Git
public import Manifests
import Schemas

/// Schemas that were taken from a file, a directory or a cluster, ready to be kept.
public struct SchemaImport {
    /// A file that holds CustomResourceDefinitions or an OpenAPI document.
    public struct Source {
        public let name: String
        public let bytes: [UInt8]

        public init(name: String, bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }
    }

    /// The kinds, as `group/version Kind`, ordered.
    public let kinds: [String]
    /// Files that hold no schemas, and were passed over.
    public let passedOver: [String]
    fileprivate let sources: [Source]
    fileprivate let library: SchemaLibrary

    /// Reads sources.
    /// - Throws: `SchemaImportError` where one cannot be read, or none has a schema.
    public init(_ sources: [Source]) throws {
        var compiler = SchemaCompiler()
        var used: [Source] = []
        var passedOver: [String] = []
        for source in sources {
            let limits = ReadingLimits(bytes: 64 << 20)
            let file = ManifestFile(source.bytes, language: source.name.hasSuffix(".json") ? .json : .yaml, file: source.name, limits: limits)
            let errors = file.diagnostics.filter { $0.severity == .error }
            var count = 0
            do {
                try file.withDocuments { documents in
                    for document in documents { count += try compiler.add(document.root) }
                }
            } catch let error as SchemaRefusal {
                let diagnostic = Diagnostic(
                    file: source.name, position: error.position, rule: "schema/refused", message: error.message)
                throw SchemaImportError(diagnostics: [diagnostic])
            }
            // What cannot be read could hold what was asked for.
            if !errors.isEmpty { throw SchemaImportError(diagnostics: errors) }
            if count > 0 {
                used.append(source)
            } else {
                passedOver.append(source.name)
            }
        }
        library = compiler.library()
        self.passedOver = passedOver
        self.sources = used
        kinds = library.kinds.map { "\($0.group.isEmpty ? "" : $0.group + "/")\($0.version) \($0.kind)" }.sorted()
    }
}

/// Why schemas could not be taken.
public struct SchemaImportError: Error {
    public let diagnostics: [Diagnostic]
}

/// The schemas that a repository keeps besides the built-in ones, under `refs/ops/_schemas`:
/// a folder for each import, with what was read and what it was made into.
public struct SchemaStore {
    public static let reference = ImportedSchemas.reference

    private let repository: Repository

    public init(_ repository: Repository) {
        self.repository = repository
    }

    /// What is kept: the name of each import and its kinds.
    public func imports() throws -> [(name: String, kinds: [String])] {
        guard let commit = try repository.target(of: Self.reference) else { return [] }
        return try repository.entries(ofTree: try repository.tree(ofCommit: commit)).filter { $0.mode == .tree }.map { folder in
            let library = try ImportedSchemas.library(repository, folder.id)
            let kinds = library?.kinds.map { "\($0.group.isEmpty ? "" : $0.group + "/")\($0.version) \($0.kind)" } ?? []
            return (String(decoding: folder.name, as: UTF8.self), kinds.sorted())
        }
    }

    /// Keeps an import under a name, in the place of what had it.
    /// - Returns: the commit that has it.
    @discardableResult
    public func keep(_ schemas: SchemaImport, as name: String, by signature: Signature, saying message: String) throws -> ObjectID {
        var entries = [
            TreeEntry(
                name: Array("compiled".utf8), mode: .file,
                id: try repository.write(schemas.library.withBytes { Array($0) }, as: .blob))
        ]
        for (number, source) in schemas.sources.enumerated() {
            let ending = source.name.hasSuffix(".json") ? "json" : "yaml"
            let digits = String(number + 1)
            let file = "source-" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "." + ending
            entries.append(TreeEntry(name: Array(file.utf8), mode: .file, id: try repository.write(source.bytes, as: .blob)))
        }
        let folder = try repository.writeTree(entries)
        return try change(by: signature, saying: message) { all in
            all.removeAll { $0.name.elementsEqual(name.utf8) }
            all.append(TreeEntry(name: Array(name.utf8), mode: .tree, id: folder))
        }
    }

    /// Forgets an import.
    /// - Returns: false where there is none of that name.
    public func remove(_ name: String, by signature: Signature, saying message: String) throws -> Bool {
        guard try imports().contains(where: { $0.name == name }) else { return false }
        try change(by: signature, saying: message) { all in all.removeAll { $0.name.elementsEqual(name.utf8) } }
        return true
    }

    @discardableResult
    private func change(by signature: Signature, saying message: String, _ edit: (inout [TreeEntry]) -> Void) throws -> ObjectID {
        try repository.retrying(Self.reference) { () throws(GitError) in
            let before = try repository.target(of: Self.reference)
            var entries: [TreeEntry] = []
            if let before { entries = try repository.entries(ofTree: try repository.tree(ofCommit: before)) }
            edit(&entries)
            let tree = try repository.writeTree(entries)
            let commit = try repository.writeCommit(
                tree: tree, parents: before.map { [$0] } ?? [], author: signature, committer: signature, message: message + "\n")
            try repository.update(Self.reference, to: commit, expecting: before, by: signature, message: "git ops schema")
            return commit
        }
    }
}
