import ArgumentParser
import Deployments
import Environments
import Git
import Glibc
import Kubeconfig
import Operations
import Posix

struct InitVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Set up a repository: hooks, protected records, where it deploys.",
        usage: "git ops init [<options>] [<repository>]")

    @Flag(help: "Make a bare repository, as a server has it.")
    var bare = false

    @Option(help: ArgumentHelp("The first branch of a new repository.", valueName: "name"))
    var branch: String?

    @Option(name: [.customShort("e"), .long], help: ArgumentHelp("An environment that this repository deploys.", valueName: "env"))
    var environment: [String] = []

    @Option(help: ArgumentHelp("What holds the live state: directory, kubernetes or a plugin's name.", valueName: "name"))
    var target: String?

    @Option(help: ArgumentHelp("Where it is deployed to; with several environments, the folder of their folders.", valueName: "path"))
    var directory: String?

    @Option(help: ArgumentHelp("Put the hooks here instead of git's hooks folder.", valueName: "dir"))
    var hooks: String?

    @Flag(help: "Replace hooks that are not ours; they are kept under another name.")
    var force = false

    @Flag(name: .shortAndLong, help: "Print only errors.")
    var quiet = false

    @Argument(help: ArgumentHelp("The repository; by default the one you are in.", valueName: "repository"))
    var repository: String?

    func run() throws {
        for name in environment where !EnvironmentName.isValid(name) {
            throw Failure("'\(plainLine(name, limit: 80))' is no name for an environment", hint: EnvironmentName.rule, exitCode: 129)
        }
        let terminal = Terminal()
        func tell(_ line: String) {
            if !quiet { terminal.print(line) }
        }
        let session = try openOrMake(tell)
        let setup = RepositorySetup(session: session, hooksFolder: hooks)

        let names = try environmentNames(session)
        let context = target == "kubernetes" ? try currentContext() : nil
        for name in names {
            let place = try absoluteDirectory(for: name, of: names.count)
            if let name = try setup.set("ops.\(name).target", target ?? (place == nil ? nil : "directory")) { tell(name) }
            if let name = try setup.set("ops.\(name).directory", place) { tell(name) }
            // An environment must not move to another cluster when somebody changes the context.
            if let context, session.configuration["ops.\(name).context"] == nil, session.configuration["ops.\(name).kubeconfig"] == nil,
                let set = try setup.set("ops.\(name).context", context.name)
            {
                tell(set + (context.server.map { ", which is \($0)" } ?? ""))
            }
            // The target makes its directory, but not those above it.
            if let place, names.count > 1, let slash = place.lastIndex(of: "/") { try makeFolders(String(place[..<slash])) }
        }
        let deploys = !names.isEmpty || setup.deploysHere
        if deploys || setup.remote == nil {
            for line in try setup.protectRecords() { tell(line) }
            for hook in HookScript.all where hook.name != "pre-commit" || session.repository.workTree != nil {
                for line in try setup.install(hook, force: force) { tell(line) }
            }
        } else if let remote = setup.remote {
            for line in try setup.fetchRecords(from: remote) { tell(line) }
            if let hook = HookScript.all.first(where: { $0.name == "pre-commit" }) {
                for line in try setup.install(hook, force: force) { tell(line) }
            }
        }
        if let workTree = session.repository.workTree, !environment.isEmpty {
            if try writeOpsFile(workTree) { tell("wrote \(OpsFile.fileName); look at it and commit it") }
        }
        // What is there already is read now, not when the next push waits for it.
        if deploys || setup.remote == nil { try? IndexUpdate.update(session) }
        tell("git-ops is set up in '\(session.repository.gitDirectory)'")
        if session.repository.workTree == nil {
            let declared = Set((try? session.environments.environments().map(\.name)) ?? [])
            for name in environment where !declared.contains(name) {
                tell("hint: push an ops.yaml that declares it: \(OpsFile.declaration(of: name))")
            }
        }
        if !deploys, setup.remote == nil {
            tell("hint: it deploys nothing yet: git config ops.<env>.directory /path/to/directory")
        }
    }

    /// What kubectl would use now; nil in a pod, or where nothing says.
    private func currentContext() throws -> Kubeconfig.Context? {
        let contexts = try Kubeconfig.contexts(file: nil, environment: processVariables())
        return contexts.all.first { $0.name == contexts.current }
    }

    private func openOrMake(_ tell: (String) -> Void) throws -> Session {
        let place = repository ?? "."
        let variables = processVariables()
        func exists(_ name: String) -> Bool { access("\(place)/\(name)", F_OK) == 0 }
        let isThere = exists(".git") || (exists("HEAD") && exists("objects") && exists("refs"))
        if isThere { return try Session(variables: repository == nil ? variables : variables.withoutRepository, from: place) }
        if repository == nil, let session = try? Session(variables: variables) { return session }
        let first = branch ?? GitProcess(environment: variables).line(["config", "init.defaultBranch"]) ?? "main"
        let made = try GitProcess(environment: variables.withoutRepository).output(
            ["init", "--quiet", "--initial-branch=\(first)"] + (bare ? ["--bare"] : []) + ["--", place])
        _ = made
        tell("made \(bare ? "a bare" : "a") repository '\(place)' with the branch '\(first)'")
        return try Session(variables: variables.withoutRepository, from: place)
    }

    /// Which environments are set: those named; where only a directory is, the only one that there is.
    private func environmentNames(_ session: Session) throws -> [String] {
        if !environment.isEmpty { return environment }
        guard target != nil || directory != nil else { return [] }
        let declared = (try? session.environments.environments().map(\.name)) ?? ["default"]
        guard declared.count == 1 else {
            throw Failure(
                "which environment is deployed to '\(directory ?? target ?? "")'?",
                hint: "git ops init -e <env>, with one of: \(declared.joined(separator: ", "))", exitCode: 129)
        }
        return declared
    }

    private func absoluteDirectory(for name: String, of count: Int) throws -> String? {
        guard let directory else { return nil }
        var path = directory
        if !path.hasPrefix("/") {
            var buffer = [CChar](repeating: 0, count: 4096)
            guard getcwd(&buffer, buffer.count) != nil else { throw SystemError(errno, "cannot find the working directory") }
            path = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self) + "/" + path
        }
        return count > 1 ? "\(path)/\(name)" : path
    }

    private func writeOpsFile(_ workTree: String) throws -> Bool {
        let path = workTree + OpsFile.fileName
        guard access(path, F_OK) != 0 else { return false }
        var text = "# What is deployed, and from where; see gitops(7).\nenvironments:\n"
        for name in environment { text += "  \(name):\n    path: \(name)\n" }
        try write(Array(text.utf8), toFile: path, mode: 0o644)
        return true
    }
}

extension [String: String] {
    /// Without what names another repository.
    fileprivate var withoutRepository: [String: String] {
        filter { !["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY"].contains($0.key) }
    }
}
