import Deployments
import Environments
import Git
import Glibc
import Operations
import Posix
import Validation

/// What is to be judged: a tree, and what of it is to be told.
struct ValidationSubject {
    /// Where the objects of the tree are to be had.
    let session: Session
    /// What differs from this tree is told; nil for everything.
    let base: ObjectID?
    let tree: ObjectID
    /// Paths that were asked for and are in no environment, or are nothing that is judged.
    var remarks: [(path: String, why: String)] = []
    /// Holds objects that the repository does not have.
    private let scratch: TemporaryFolder?

    private init(
        _ session: Session, base: ObjectID?, tree: ObjectID, paths: [PathArgument] = [], scratch: TemporaryFolder? = nil
    ) throws {
        self.session = session
        self.base = base
        self.tree = tree
        self.scratch = scratch
        remarks = try ValidationSubject.remarks(on: paths, tree, session.repository)
    }

    /// Judges it.
    func verdict() throws -> TreeVerdict {
        let branch = try session.repository.headBranch()
        return try TreeCheck(session.repository, configuration: session.configuration, program: Program.identity)
            .verdict(from: base, to: tree, branch: branch, defaultBranch: branch)
    }

    /// The files of YAML and JSON that a verdict is about.
    func judgedFiles() throws -> [String] {
        var files: Set<RepositoryPath> = []
        for folder in try ValidationSubject.folders(in: tree, session.repository) {
            let new = try folderTree(folder, in: tree)
            try session.repository.forEachChange(
                from: try base.flatMap { base throws(GitError) in try folderTree(folder, in: base) }, to: new, prefix: folder
            ) { change throws(GitError) in
                guard let now = change.new, now.mode == .file || now.mode == .executable, change.path.isManifest else { return }
                if change.path.bytes.elementsEqual(OpsFile.fileName.utf8) { return }
                files.insert(change.path)
            }
        }
        return files.sorted().map(\.description)
    }

    private func folderTree(_ folder: RepositoryPath, in tree: ObjectID) throws(GitError) -> ObjectID? {
        if folder == .root { return tree }
        guard let entry = try session.repository.entry(at: folder, inTree: tree), entry.mode == .tree else { return nil }
        return entry.id
    }

    // MARK: revisions

    /// The tree of a commit.
    /// - Parameter paths: what of it is told; everything where there are none.
    init(revision: String, _ paths: [PathArgument], _ session: Session) throws {
        let commit = try session.repository.commit(revision: revision)
        let tree = try session.repository.tree(ofCommit: commit)
        ValidationSubject.bringIndexesUpToDate(session)
        guard !paths.isEmpty else {
            try self.init(session, base: nil, tree: tree)
            return
        }
        let scratch = try TemporaryFolder()
        try session.repository.writeObjects(to: scratch.path)
        try self.init(
            session, base: try ValidationSubject.base(of: tree, telling: paths, in: "'\(revision)'", session.repository), tree: tree,
            paths: paths, scratch: scratch)
    }

    // MARK: what is staged

    /// What is staged, against HEAD.
    init(stagedIn session: Session, _ paths: [PathArgument] = []) throws {
        // git has the index of a commit that is being made in GIT_INDEX_FILE; it writes the tree that the
        // commit is about to have, and which the commit would write anyway.
        let written = try GitProcess(environment: session.variables).output(["write-tree"])
        guard let tree = ObjectID(hexBytes: written.prefix(40)) else { throw Failure("cannot read what is staged") }
        let head = try ValidationSubject.headTree(session)
        ValidationSubject.bringIndexesUpToDate(session)
        guard !paths.isEmpty else {
            try self.init(session, base: head, tree: tree)
            return
        }
        let scratch = try TemporaryFolder()
        try session.repository.writeObjects(to: scratch.path)
        for path in paths where path.path != .root {
            if try session.repository.entry(at: path.path, inTree: tree) != nil { continue }
            if let head, try session.repository.entry(at: path.path, inTree: head) != nil { continue }
            throw Failure("path '\(path.path)' is not in the index")
        }
        // What is not asked for is not told: it is put into the base as it is staged.
        var edits: [RepositoryPath: (mode: FileMode, id: ObjectID)?] = [:]
        try session.repository.forEachChange(from: head, to: tree) { change throws(GitError) in
            if !paths.contains(where: { change.path.isWithin($0.path) }) { edits[change.path] = .some(change.new) }
        }
        try self.init(session, base: try session.repository.tree(head, edited: edits), tree: tree, paths: paths, scratch: scratch)
    }

    // MARK: the working tree

    /// The working tree as it is, with files that git does not know yet and does not ignore.
    init(workTreeOf session: Session, _ paths: [PathArgument] = []) throws {
        guard session.repository.workTree != nil else {
            throw Failure("there is no working tree here", hint: "name a revision: git ops validate HEAD")
        }
        ValidationSubject.bringIndexesUpToDate(session)
        // What ops.yaml says is about folders that may not be committed yet.
        if !paths.isEmpty, paths.allSatisfy({ $0.isFile && !$0.path.bytes.elementsEqual(OpsFile.fileName.utf8) }) {
            try self.init(files: paths, session)
        } else {
            try self.init(everythingIn: session, paths)
        }
    }

    /// A few files, for which no git has to be started: what HEAD has, with them as they are.
    private init(files: [PathArgument], _ session: Session) throws {
        let repository = session.repository
        let scratch = try TemporaryFolder()
        try repository.writeObjects(to: scratch.path)
        var edits: [RepositoryPath: (mode: FileMode, id: ObjectID)?] = [:]
        // Where environments are is taken from the working tree too.
        let opsFile = RepositoryPath(OpsFile.fileName)
        edits[opsFile] = .some(try ValidationSubject.entry(ofFile: (repository.workTree ?? "./") + OpsFile.fileName, repository))
        for file in files { edits[file.path] = .some(try ValidationSubject.entry(ofFile: file.place, repository)) }
        let tree = try repository.tree(try ValidationSubject.headTree(session), edited: edits)
        try self.init(
            session, base: try ValidationSubject.base(of: tree, telling: files, in: "the working tree", repository), tree: tree,
            paths: files, scratch: scratch)
    }

    private static func entry(ofFile place: String, _ repository: Repository) throws -> (mode: FileMode, id: ObjectID)? {
        var status = stat()
        guard lstat(place, &status) == 0 else { return nil }
        if status.st_mode & S_IFMT == S_IFLNK {
            var target = [CChar](repeating: 0, count: 4097)
            let length = readlink(place, &target, 4096)
            guard length >= 0 else { throw SystemError(errno, "cannot read '\(place)'") }
            return (.link, try repository.write(target.prefix(length).map(UInt8.init(bitPattern:)), as: .blob))
        }
        guard status.st_mode & S_IFMT == S_IFREG, let content = try contents(ofFile: place) else {
            throw Failure("'\(place)' is not a file")
        }
        return (status.st_mode & 0o100 == 0 ? .file : .executable, try repository.write(content, as: .blob))
    }

    /// All of it, by way of a copy of git's index and a store of objects, both in a folder of their own.
    private init(everythingIn session: Session, _ paths: [PathArgument]) throws {
        let repository = session.repository
        let scratch = try TemporaryFolder(outliving: true)
        let index = scratch.path + "/index"
        let ownIndex = session.variables["GIT_INDEX_FILE"] ?? repository.gitDirectory + "index"
        if let content = try contents(ofFile: ownIndex) { try write(content, toFile: index) }
        try makeFolders(scratch.path + "/objects")
        var variables = session.variables
        variables["GIT_INDEX_FILE"] = index
        variables["GIT_DIR"] = repository.gitDirectory
        variables["GIT_WORK_TREE"] = repository.workTree
        let objects = variables["GIT_OBJECT_DIRECTORY"] ?? repository.commonDirectory + "objects"
        let others = variables["GIT_ALTERNATE_OBJECT_DIRECTORIES"].map { ":" + $0 } ?? ""
        variables["GIT_OBJECT_DIRECTORY"] = scratch.path + "/objects"
        variables["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = ValidationSubject.quotedAlternate(objects) + others
        let git = GitProcess(environment: variables, directory: repository.workTree)
        // A split index would put a file into the repository.
        _ = try git.output(["-c", "core.fsync=none", "-c", "core.looseCompression=0", "-c", "core.splitIndex=false", "-c", "advice.addEmbeddedRepo=false", "add", "-A"])
        guard let tree = ObjectID(hexBytes: try git.output(["write-tree"]).prefix(40)) else {
            throw Failure("cannot read the working tree")
        }
        variables["GIT_WORK_TREE"] = nil
        variables["GIT_INDEX_FILE"] = nil
        let judging = try Session(variables: variables)
        guard !paths.isEmpty else {
            try self.init(judging, base: nil, tree: tree, scratch: scratch)
            return
        }
        try judging.repository.writeObjects(to: scratch.path + "/objects")
        try self.init(
            judging, base: try ValidationSubject.base(of: tree, telling: paths, in: "the working tree", judging.repository), tree: tree,
            paths: paths, scratch: scratch)
    }

    /// git splits the list at colons, and unquotes what begins with a quote.
    private static func quotedAlternate(_ path: String) -> String {
        guard path.contains(":") || path.hasPrefix("\"") else { return path }
        return "\"" + path.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n") + "\""
    }

    // MARK: what of it is told

    private static func headTree(_ session: Session) throws -> ObjectID? {
        try session.repository.target(of: "HEAD").map { try session.repository.tree(ofCommit: $0) }
    }

    /// The tree without what is to be told, so that just that differs.
    private static func base(
        of tree: ObjectID, telling paths: [PathArgument], in place: String, _ repository: Repository
    ) throws -> ObjectID? {
        var edits: [RepositoryPath: (mode: FileMode, id: ObjectID)?] = [:]
        for path in paths {
            if path.path == .root { return nil }
            guard let entry = try repository.entry(at: path.path, inTree: tree) else {
                throw Failure("path '\(path.path)' is not in \(place)")
            }
            if entry.mode == .tree {
                try repository.forEachFile(inTree: entry.id, prefix: path.path) { file throws(GitError) in edits[file.path] = .some(nil) }
            } else {
                edits[path.path] = .some(nil)
            }
        }
        // What it says holds for all the others, and is told in any case.
        edits[RepositoryPath(OpsFile.fileName)] = nil
        return try repository.tree(tree, edited: edits)
    }

    /// The folders of a tree's environments.
    private static func folders(in tree: ObjectID, _ repository: Repository) throws -> [RepositoryPath] {
        guard let entry = try repository.entry(at: RepositoryPath(OpsFile.fileName), inTree: tree) else { return [.root] }
        guard entry.mode == .file || entry.mode == .executable, try repository.header(of: entry.id).size <= 1 << 20,
            let file = OpsFile.parse(try repository.blob(entry.id)).0
        else { return [] }
        return Set(file.environments.map { $0.path == "." ? RepositoryPath.root : RepositoryPath($0.path) }).sorted()
    }

    private static func remarks(
        on paths: [PathArgument], _ tree: ObjectID, _ repository: Repository
    ) throws -> [(path: String, why: String)] {
        guard !paths.isEmpty else { return [] }
        let folders = try folders(in: tree, repository)
        // A bad ops.yaml is told, and nothing else is judged.
        guard !folders.isEmpty else { return [] }
        return paths.compactMap { argument in
            let path = argument.path
            if path.bytes.elementsEqual(OpsFile.fileName.utf8) { return nil }
            guard folders.contains(where: { path.isWithin($0) || $0.isWithin(path) }) else {
                return (path.description, "is in no environment, so it is not judged")
            }
            guard argument.isFile, !path.isManifest else { return nil }
            return (path.description, "is no YAML or JSON by its name, so only its path is judged")
        }
    }

    /// What history has is judged once; where it cannot be kept, that is all it costs.
    private static func bringIndexesUpToDate(_ session: Session) {
        var status = stat()
        // Not in somebody else's repository, where root could write as well.
        guard stat(session.repository.commonDirectory, &status) == 0, status.st_uid == geteuid(), !session.repository.isQuarantined
        else { return }
        try? IndexUpdate.update(session)
    }
}

/// A path of the command line.
struct PathArgument {
    /// Where it is in the repository.
    let path: RepositoryPath
    /// Where it is on this machine.
    let place: String
    /// Whether it is there, and no folder.
    let isFile: Bool

    /// - Parameter argument: relative to the working directory; in a bare repository, to its root.
    init(_ argument: String, _ session: Session) throws {
        var parts: [Substring] = []
        if let workTree = session.repository.workTree {
            let root = PathArgument.resolved(workTree)
            var whole = argument
            if !argument.hasPrefix("/") {
                whole = PathArgument.resolved(".") + "/" + argument
            } else if let slash = argument.lastIndex(of: "/"), slash > argument.startIndex {
                whole = PathArgument.resolved(String(argument[..<slash])) + argument[slash...]
            }
            guard let inside = PathArgument.components(whole, below: PathArgument.components(root, below: []) ?? []) else {
                throw Failure("'\(plainLine(argument))' is outside the repository at '\(plainLine(root))'")
            }
            parts = inside
        } else {
            guard let inside = PathArgument.components(argument, below: []) else {
                throw Failure("'\(plainLine(argument))' is outside the repository")
            }
            parts = inside
        }
        path = RepositoryPath(parts.joined(separator: "/"))
        place = session.repository.workTree.map { $0 + parts.joined(separator: "/") } ?? argument
        var status = stat()
        isFile = session.repository.workTree != nil && lstat(place, &status) == 0 && status.st_mode & S_IFMT != S_IFDIR
    }

    /// Whether something of this name is in the working tree.
    static func isThere(_ argument: String) -> Bool {
        var status = stat()
        return lstat(argument, &status) == 0
    }

    /// The components of a path below a folder, without `.` and `..`; nil where it lies elsewhere.
    private static func components(_ path: String, below root: [Substring]) -> [Substring]? {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." {
                guard parts.popLast() != nil else { return nil }
            } else {
                parts.append(part)
            }
        }
        guard parts.starts(with: root) else { return nil }
        return Array(parts.dropFirst(root.count))
    }

    private static func resolved(_ path: String) -> String {
        var buffer = [CChar](repeating: 0, count: 4097)
        guard realpath(path, &buffer) != nil else { return path }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

extension RepositoryPath {
    /// Whether the name is that of a file of YAML or JSON.
    var isManifest: Bool {
        [".yaml", ".yml", ".json"].contains { name.count > $0.utf8.count && name.suffix($0.utf8.count).elementsEqual($0.utf8) }
            || name.elementsEqual("Kustomization".utf8)
    }
}

/// A folder of its own that is removed with everything in it.
final class TemporaryFolder {
    let path: String
    private var remover: (pipe: Pipe, watch: ProcessWatch)?

    /// - Parameter outliving: whether it is removed even if this process is killed: a shell waits for the end of
    ///   a pipe that this process holds. A folder of a moment is not worth one.
    init(outliving: Bool = false) throws {
        var name = Array("/tmp/git-ops-validate.XXXXXX".utf8CString)
        guard mkdtemp(&name) != nil else { throw SystemError(errno, "cannot make a temporary folder") }
        path = String(decoding: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        guard outliving, let pipe = try? Pipe() else { return }
        var command = Command(
            "/bin/sh", ["-c", "read -r _; exec rm -rf -- \"$1\"", "sh", path], environment: ["PATH": "/usr/bin:/bin"])
        command.input = .descriptor(pipe.readEnd)
        command.output = .none
        command.error = .none
        // ^C on the terminal is not for it.
        command.startsSession = true
        if let pid = try? command.start(), let watch = try? ProcessWatch(pid) { remover = (pipe, watch) }
        pipe.closeReadEnd()
    }

    deinit {
        removeAll(path)
        guard let remover else { return }
        remover.pipe.closeWriteEnd()
        _ = try? remover.watch.reap()
    }
}
