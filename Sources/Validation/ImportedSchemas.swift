import Git
import Manifests
import Schemas

/// What `git ops schema import` has put into the repository: `refs/ops/_schemas`,
/// a commit whose tree holds a folder for each import, with what was read and what
/// it was made into.
struct ImportedSchemas: Sendable {
    static let reference = "refs/ops/_schemas"

    /// The tree's id; empty where nothing was imported.
    let identity: String
    let libraries: [SchemaLibrary]

    static let none = ImportedSchemas()

    private init() {
        identity = ""
        libraries = []
    }

    init(_ repository: Repository) throws {
        guard let commit = try repository.target(of: Self.reference) else {
            identity = ""
            libraries = []
            return
        }
        let tree = try repository.tree(ofCommit: commit)
        identity = tree.description
        var libraries: [SchemaLibrary] = []
        for folder in try repository.entries(ofTree: tree) where folder.mode == .tree {
            if let library = try Self.library(repository, folder.id) { libraries.append(library) }
        }
        self.libraries = libraries
    }

    /// What was made of an import, if this program made it so; else it is made anew.
    static func library(_ repository: Repository, _ folder: ObjectID) throws -> SchemaLibrary? {
        if let compiled = try repository.entry(at: RepositoryPath("compiled"), inTree: folder),
            let library = try repository.withContent(of: compiled.id, as: .blob, { bytes throws(GitError) in SchemaLibrary(bytes) })
        {
            return library
        }
        var compiler = SchemaCompiler()
        for file in try repository.files(inTree: folder) where !file.path.name.elementsEqual("compiled".utf8) {
            let read = ManifestFile(try repository.blob(file.id), language: .yaml, file: "")
            try read.withDocuments { documents in
                for document in documents { _ = try compiler.add(document.root) }
            }
        }
        return compiler.library()
    }
}
