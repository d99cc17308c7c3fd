import Deployments
import Environments
import Git
import Operations
import Posix

/// What `init` sets in a repository, and what `doctor` looks for.
struct RepositorySetup {
    let session: Session
    /// Where the hooks are put; nil for git's own folder.
    let hooksFolder: String?

    init(session: Session, hooksFolder: String? = nil) {
        self.session = session
        self.hooksFolder = hooksFolder
    }

    /// What the repository that deploys needs, in its configuration.
    ///
    /// `op[s]` is a pattern that `ops` alone matches: git warns of a name that does not exist yet, and not of
    /// a pattern that nothing matches yet.
    static let protection: [(key: String, value: String, why: String)] = [
        ("receive.hideRefs", "refs/ops", "pushers may not write deployments"),
        ("receive.hideRefs", "refs/notes/ops", "pushers may not write events"),
        ("transfer.hideRefs", "refs/ops/_pending", "what is in progress is nobody's to fetch"),
        ("receive.advertisePushOptions", "true", "git push -o ops.reason=..."),
        ("notes.displayRef", "refs/notes/op[s]", "git log shows where a commit is deployed"),
    ]

    /// Whether this repository deploys an environment.
    var deploysHere: Bool {
        session.configuration.subsections(of: "ops").contains { name in
            EnvironmentSettings(environment: name, configuration: session.configuration).target != nil
        }
    }

    /// The remote that a clone has its records from.
    var remote: String? {
        guard session.repository.workTree != nil else { return nil }
        let remotes = session.configuration.subsections(of: "remote")
        return remotes.contains("origin") ? "origin" : remotes.first
    }

    /// The folder where git looks for hooks.
    func gitHooksFolder() throws -> String {
        let path = try session.git.output(["rev-parse", "--git-path", "hooks"]).split(separator: UInt8(ascii: "\n")).first
        let folder = String(decoding: path ?? [], as: UTF8.self)
        return folder.hasPrefix("/") ? folder : (session.git.directory ?? ".") + "/" + folder
    }

    /// The folder of this program, for the PATH of hooks.
    var programFolder: String {
        let path = Program.path()
        return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "/usr/local/bin"
    }

    /// Sets a key to a value.
    /// - Returns: what was done; nil where it was so already, or there is no value.
    func set(_ key: String, _ value: String?) throws -> String? {
        guard let value, session.configuration[key] != value else { return nil }
        _ = try session.git.output(["config", key, value])
        return "set \(key) = \(value)"
    }

    private func add(_ key: String, _ value: String) throws -> String? {
        guard !session.configuration.values(key).contains(value) else { return nil }
        _ = try session.git.output(["config", "--add", key, value])
        return "set \(key) = \(value)"
    }

    /// Makes records unwritable for pushers and visible for readers.
    func protectRecords() throws -> [String] {
        let protection = try RepositorySetup.protection.compactMap { entry in
            entry.key == "receive.advertisePushOptions"
                ? try session.configuration.boolean(entry.key) == true ? nil : set(entry.key, entry.value)
                : try add(entry.key, entry.value)
        }
        return try protection + recorded.flatMap(RepositorySetup.opening).compactMap { try add("receive.hideRefs", $0) }
    }

    /// The environments that others deploy, and whose record they push here.
    private var recorded: [String] {
        session.configuration.subsections(of: "ops").filter { name in
            let settings = EnvironmentSettings(environment: name, configuration: session.configuration)
            return EnvironmentName.isValid(name) && !settings.recorders.isEmpty && settings.target == nil
        }
    }

    /// What stands in the way of those who may push a record: git heeds the last that fits.
    var closedRecords: [(environment: String, value: String)] {
        let hidden = session.configuration.values("receive.hideRefs")
        return recorded.flatMap { name in RepositorySetup.opening(of: name).filter { !hidden.contains($0) }.map { (name, $0) } }
    }

    private static func opening(of environment: String) -> [String] {
        ["!refs/ops/\(environment)", "!refs/ops/_suspended/\(environment)", "!refs/ops/_drift/\(environment)", "!refs/notes/ops"]
    }

    /// What a clone needs to have the records of its remote with every fetch.
    static func fetching(_ remote: String) -> [(key: String, value: String)] {
        [
            ("remote.\(remote).fetch", "refs/ops/*:refs/ops/*"),
            ("remote.\(remote).fetch", "^refs/ops/_pending/*"),
            // It is rewritten, and would make every fetch fail.
            ("remote.\(remote).fetch", "^refs/ops/_drift/*"),
            ("remote.\(remote).fetch", "+refs/notes/ops:refs/notes/\(remote)/ops"),
            ("notes.displayRef", "refs/notes/\(remote)/op[s]"),
        ]
    }

    /// Makes every fetch bring the records.
    func fetchRecords(from remote: String) throws -> [String] {
        try RepositorySetup.fetching(remote).compactMap { try add($0.key, $0.value) }
    }

    /// Installs a hook.
    func install(_ hook: HookScript, force: Bool) throws -> [String] {
        let folder = try hooksFolder ?? gitHooksFolder()
        try makeFolders(folder)
        return try hook.install(in: folder, programFolder: programFolder, force: force)
    }
}
