import ArgumentParser
import Deployments
import Git
import Glibc
import Manifests
import Operations
import Posix
import Validation

struct SchemaVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Keep the schemas of custom resources, so that they can be validated.",
        usage: """
            git ops schema import [--name <name>] (<file> | <directory> | cluster[:<context>])
            git ops schema list [-q]
            git ops schema remove <name>
            """)

    @Option(help: "What the import is called; by default the name of the file, the directory or the context.")
    var name: String?

    @Flag(name: .shortAndLong, help: "Print names only, or nothing.")
    var quiet = false

    @Argument(help: ArgumentHelp("import, list or remove.", valueName: "action"))
    var action: String

    @Argument(help: ArgumentHelp("What is imported, or the name of what is removed.", valueName: "source"))
    var source: String?

    func run() throws {
        switch action {
        case "import":
            guard let source else { throw Failure("schema import needs a file, a directory or 'cluster'", exitCode: 129) }
            try importSchemas(from: source)
        case "list":
            guard source == nil else { throw Failure("schema list takes no argument", exitCode: 129) }
            try list()
        case "remove":
            guard let source else { throw Failure("schema remove needs the name of an import", hint: "see: git ops schema list", exitCode: 129) }
            try remove(source)
        default:
            throw Failure(
                "'\(plainLine(action, limit: 80))' is no action of schema", hint: "git ops schema (import | list | remove)", exitCode: 129)
        }
    }

    private func list() throws {
        let session = try Session()
        let imports = try SchemaStore(session.repository).imports()
        for (name, kinds) in imports {
            session.terminal.print(quiet ? name : "\(name): \(kinds.count) \(kinds.count == 1 ? "kind" : "kinds")")
            if !quiet { for kind in kinds { session.terminal.print("  \(plainLine(kind))") } }
        }
        if imports.isEmpty, !quiet { session.terminal.print("no schemas but the built-in ones") }
    }

    private func remove(_ name: String) throws {
        let session = try Session(deploys: true)
        guard try SchemaStore(session.repository).remove(name, by: session.environments.committer(Moment.now()), saying: "Remove schemas of \(name)") else {
            throw Failure("there is no import '\(plainLine(name, limit: 80))'", hint: "see: git ops schema list")
        }
        if !quiet { session.terminal.print("removed \(name)") }
    }

    private func importSchemas(from source: String) throws {
        let session = try Session(deploys: true)
        let sources: [SchemaImport.Source]
        var isDirectory = stat()
        if stat(source, &isDirectory) == 0 {
            sources = isDirectory.st_mode & S_IFMT == S_IFDIR ? try files(in: source) : [try file(source)]
        } else if source == "cluster" || source.hasPrefix("cluster:") {
            sources = try Cluster(context: source.hasPrefix("cluster:") ? String(source.dropFirst(8)) : nil, session: session).sources()
        } else {
            throw Failure("there is no file or directory '\(plainLine(source))'", hint: "for the cluster of your kubeconfig: git ops schema import cluster")
        }
        let schemas: SchemaImport
        do {
            schemas = try SchemaImport(sources)
        } catch let error as SchemaImportError {
            var failure = Failure("the schemas cannot be read; nothing was imported")
            failure.diagnostics = error.diagnostics
            throw failure
        }
        guard !schemas.kinds.isEmpty else {
            throw Failure(
                "there is no schema in '\(plainLine(source))'",
                hint: "it takes CustomResourceDefinitions, and OpenAPI documents of an API server")
        }
        let called = try importName(source)
        let commit = try SchemaStore(session.repository).keep(
            schemas, as: called, by: session.environments.committer(Moment.now()), saying: "Import schemas of \(called)\n\n\(schemas.kinds.count) kinds from \(plainLine(source))")
        guard !quiet else { return }
        // Groups of a cluster that serve no kinds are nobody's mistake.
        let passedOver = source.hasPrefix("cluster") && stat(source, &isDirectory) != 0 ? [] : schemas.passedOver
        for name in passedOver.prefix(10) { session.terminal.message("warning: \(plainLine(name)) holds no schema") }
        if passedOver.count > 10 { session.terminal.message("warning: and \(passedOver.count - 10) more files hold none") }
        let setup = RepositorySetup(session: session)
        if let remote = setup.remote, !setup.deploysHere {
            session.terminal.message("warning: \(remote) does not have this; it judges pushes without it, and fetching from it is refused where it differs")
            session.terminal.message("hint: import it there, or where you may: git push \(remote) \(SchemaStore.reference)")
        }
        session.terminal.print("imported \(schemas.kinds.count) \(schemas.kinds.count == 1 ? "kind" : "kinds") as \(called) (\(commit.short))")
    }

    /// A name that a tree and a person can hold.
    private func importName(_ source: String) throws -> String {
        if let name {
            guard !name.isEmpty, name.utf8.count <= 100, name.first != ".", name.utf8.allSatisfy({ isPlain($0) }) else {
                throw Failure("'\(plainLine(name, limit: 80))' is no name for an import", hint: "use letters, digits, dots and hyphens", exitCode: 129)
            }
            return name
        }
        let last = source.hasPrefix("cluster") ? source.replacing(":", with: "-")[...] : source.split(separator: "/").last ?? "schemas"
        let plain = String(decoding: last.utf8.prefix(100).map { isPlain($0) ? $0 : UInt8(ascii: "-") }, as: UTF8.self)
        return plain.first == "." ? "schemas" + plain : plain
    }

    private func isPlain(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }

    private func file(_ path: String) throws -> SchemaImport.Source {
        guard let bytes = try contents(ofFile: path, limit: 64 << 20) else { throw Failure("there is no file '\(plainLine(path))'") }
        return SchemaImport.Source(name: path, bytes: bytes)
    }

    private func files(in folder: String, depth: Int = 0) throws -> [SchemaImport.Source] {
        guard depth < 32 else { return [] }
        var found: [SchemaImport.Source] = []
        for name in names(inFolder: folder).sorted() where name != ".git" {
            let path = "\(folder)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR {
                found += try files(in: path, depth: depth + 1)
            } else if status.st_mode & S_IFMT == S_IFREG, [".yaml", ".yml", ".json"].contains(where: { name.hasSuffix($0) }) {
                found.append(try file(path))
            }
        }
        return found
    }
}

/// The schemas of a running cluster, asked for through kubectl, which has the credentials.
private struct Cluster {
    let context: String?
    let session: Session

    func sources() throws -> [SchemaImport.Source] {
        if let index = try? get("/openapi/v3") {
            let file = ManifestFile(index, language: .json, file: "/openapi/v3")
            let paths = file.withDocuments { documents in
                (documents.first?.root["paths"]?.fields.compactMap { field in field.value["serverRelativeURL"]?.string }) ?? []
            }
            // Groups that serve kinds; the rest (version, logs) has none.
            let groups = paths.filter { $0.hasPrefix("/openapi/v3/api") }
            if !groups.isEmpty {
                return try groups.map { path in
                    SchemaImport.Source(name: String(path.prefix { $0 != "?" }) + ".json", bytes: try get(path))
                }
            }
        }
        // Before 1.24 there is version 2 only.
        return [SchemaImport.Source(name: "/openapi/v2.json", bytes: try get("/openapi/v2"))]
    }

    private func get(_ path: String) throws -> [UInt8] {
        let process = Command("kubectl", (context.map { ["--context", $0] } ?? []) + ["get", "--raw", path], environment: session.variables)
        var output: [UInt8] = []
        let end: Termination
        do throws(SystemError) {
            end = try process.run(standardInput: [], timeout: 60) { output += $0 }
        } catch {
            throw Failure("cannot run kubectl, which asks the cluster: \(error)", hint: "or import a file: kubectl get --raw /openapi/v2 >openapi.json")
        }
        guard end.succeeded else {
            throw Failure("kubectl cannot read \(path) from \(context ?? "the cluster")", hint: "try: kubectl get --raw \(path)")
        }
        return output
    }
}
