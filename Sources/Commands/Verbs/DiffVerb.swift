import ArgumentParser
import Deployments
import Git
import Glibc
import Operations
import Posix
import Rendering

struct DiffVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show what git ops apply would change in what is live.",
        usage: "git ops diff [<options>] [<env>...] [<rev>] [-- <path>...]",
        discussion: "Options that are not listed go to git diff: --stat, --name-status, -U<n>, --word-diff, ...")

    // Declared for help and completion; `DiffArguments` reads them, because what is not ours goes to
    // git diff, in any order.
    @Flag(help: "Print the plan as JSON.")
    var json = false

    @Flag(help: "Print one line a change, for scripts.")
    var porcelain = false

    @Flag(help: "Exit with 1 where there are differences.")
    var exitCode = false

    @Flag(inversion: .prefixedNo, help: "Use a pager on a terminal.")
    var pager = true

    @Option(help: ArgumentHelp("Colour: always, never or auto.", valueName: "when"))
    var color: String = "auto"

    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp("Environments, a revision, options of git diff, -- and paths.", valueName: "arg"))
    var arguments: [String] = []

    func run() throws {
        let session = try Session()
        var options = DiffArguments(arguments)
        options.json = options.json || json
        options.porcelain = options.porcelain || porcelain
        options.exitCode = options.exitCode || exitCode
        options.pager = options.pager && pager
        options.color = options.color ?? color
        let (named, all, revision) = try session.environments(in: options.words)
        let mine = all.filter { $0.settings.target != nil }
        let chosen = named.isEmpty ? mine : named
        guard !chosen.isEmpty else {
            throw Failure(
                "no environment has a target in this repository, so there is nothing live to compare with",
                hint: "git diff ops/\(all.first?.name ?? "production") compares with what was deployed")
        }
        guard ["always", "never", "auto"].contains(options.color ?? "auto") else {
            throw Failure("--color takes always, never or auto", exitCode: 129)
        }

        var plans: [(environment: Environment, desired: DesiredState, plan: Plan, target: any Target)] = []
        for environment in chosen {
            let target = try session.target(of: environment, patience: Survey.patience) { session.terminal.message("\(environment.name): \(plainLine($0))") }
            let request = DeploymentRequest(
                environment: environment, commit: try session.commit(revision, of: environment), trigger: .manual,
                actor: session.actor())
            let (desired, plan, _) = try Engine(session.environments, makeTarget: { target }, progress: { _ in }).plan(request)
            plans.append((environment, desired, plan, target))
        }
        let differs = plans.contains { !$0.plan.isEmpty }
        if options.json {
            session.terminal.print(
                JSONText.object([
                    ("version", .number(1)),
                    (
                        "environments",
                        .list(
                            plans.map { entry in
                                .object([
                                    ("environment", .text(entry.environment.name)),
                                    ("commit", .text(entry.desired.commit.description)),
                                    ("changes", PlanDocument.changes(entry.plan, entry.desired.objects)),
                                    ("conflicts", PlanDocument.conflicts(entry.plan)),
                                    ("unchanged", .number(entry.plan.unchanged)),
                                ])
                            })
                    ),
                ]).rendered())
        } else if options.porcelain {
            for entry in plans {
                for change in entry.plan.changes {
                    session.terminal.print("\(entry.environment.name) \(change.action.rawValue) \(change.path)")
                }
                for conflict in entry.plan.conflicts {
                    session.terminal.print("\(entry.environment.name) conflict \(conflict.path)")
                }
            }
        } else {
            let page = options.pager ? Pager(session) : nil
            defer { page?.finish() }
            for entry in plans {
                try show(
                    entry.environment, entry.desired, entry.plan, entry.target, options, session, isMany: plans.count > 1,
                    paged: page != nil)
            }
        }
        for entry in plans {
            for conflict in entry.plan.conflicts {
                session.terminal.message("warning: \(entry.environment.name): '\(conflict.path)' \(conflict.reason)")
                if let hint = conflict.hint { session.terminal.message("hint: \(hint)") }
            }
        }
        if options.exitCode, differs { throw ExitCode(1) }
    }

    /// Lets git compare a tree of what is live with the tree of what is desired.
    private func show(
        _ environment: Environment, _ desired: DesiredState, _ plan: Plan, _ target: any Target, _ options: DiffArguments,
        _ session: Session, isMany: Bool, paged: Bool
    ) throws {
        guard !plan.changes.isEmpty else { return }
        var folderName = Array("/tmp/git-ops-diff.XXXXXX".utf8CString)
        guard mkdtemp(&folderName) != nil else { throw SystemError(errno, "cannot make a temporary folder") }
        let folder = String(decoding: folderName.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer { removeAll(folder) }
        // What somebody wrote into a live file does not belong in the repository.
        let scratch = try Repository(environment: session.gitVariables)
        try scratch.writeObjects(to: folder)
        try desired.write(to: scratch)
        let desiredTree = try scratch.writeTree(desired.entries)
        var edits: [RepositoryPath: (mode: FileMode, id: ObjectID)?] = [:]
        for change in plan.changes {
            // Of what stays there is nothing to show; a note says why it does.
            if desired.objects != nil, change.action == .keep { continue }
            guard let live = change.live else {
                edits[change.path] = .some(nil)
                continue
            }
            if live.blob != change.desired?.blob, let content = try target.liveContent(of: change) {
                edits[change.path] = (live.mode, try scratch.write(content, as: .blob))
            } else {
                edits[change.path] = (live.mode, live.blob)
            }
        }
        let liveTree = try scratch.tree(desiredTree, edited: edits)

        var variables = session.gitVariables
        let others = variables["GIT_ALTERNATE_OBJECT_DIRECTORIES"].map { ":" + $0 } ?? ""
        variables["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = folder + others
        let when = options.color ?? "auto"
        // Standard output is a pipe to the pager then, so git itself cannot tell.
        let isPiped = paged || (desired.objects != nil && session.terminal.isOutputTerminal)
        let colour = when == "auto" && isPiped ? session.paintsTerminal ? "always" : "never" : when
        var arguments = ["--no-pager", "diff", "--no-renames", "--color=\(colour)"]
        if isMany { arguments += ["--src-prefix=a/\(environment.name)/", "--dst-prefix=b/\(environment.name)/"] }
        arguments += options.passed + [liveTree.description, desiredTree.description, "--"] + options.paths
        // Not every form that git prints shows the prefixes.
        if isMany, !options.passed.isEmpty { session.terminal.print("\(environment.name):") }
        let git = Command("git", arguments, environment: variables)
        let end: Termination
        if let objects = desired.objects {
            let prefix = isMany ? environment.name + "/" : ""
            var lines = OriginLines(objects, paths: plan.changes.map(\.path), prefix: prefix)
            end = try git.run { bytes in if let whole = lines.take(bytes) { session.terminal.write(bytes: whole) } }
            if let rest = lines.rest() { session.terminal.write(bytes: rest) }
        } else {
            end = try git.run()
        }
        // 1 says that there are differences, 141 that the reader went away.
        guard end == .exited(0) || end == .exited(1) || end == .signalled(SIGPIPE) || end == .exited(141) else {
            if case .exited(let code) = end { throw ExitCode(code) }
            throw ExitCode(128)
        }
        if options.passed.isEmpty {
            for change in plan.changes {
                guard let permissions = change.permissions, change.live?.mode == change.desired?.mode else { continue }
                session.terminal.print("diff --git a/\(change.path) b/\(change.path)")
                session.terminal.print("old mode 10\(DiffVerb.octal(permissions.live))")
                session.terminal.print("new mode 10\(DiffVerb.octal(permissions.desired))")
            }
            for change in plan.changes where change.remark != nil {
                session.terminal.message("note: \(change.path): \(change.remark ?? "")")
            }
        }
    }

    /// Says below the heading of each object where the manifest is that asks for it.
    private struct OriginLines {
        private var pending: [UInt8] = []
        private var origins: [String: String] = [:]

        init(_ objects: RenderedObjects, paths: [RepositoryPath], prefix: String) {
            for path in paths {
                guard let origin = objects.origins[path] else { continue }
                origins["diff --git a/\(prefix)\(path) b/\(prefix)\(path)"] = "manifest \(origin.file):\(origin.line)\n"
            }
        }

        /// The lines that are whole, with ours among them.
        mutating func take(_ bytes: [UInt8]) -> [UInt8]? {
            pending += bytes
            guard let end = pending.lastIndex(of: UInt8(ascii: "\n")) else { return nil }
            var result: [UInt8] = []
            for line in pending[...end].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast() {
                result += line + [UInt8(ascii: "\n")]
                guard line.prefix(24).contains(UInt8(ascii: "d")), let origin = origins[OriginLines.plain(line)] else { continue }
                result += origin.utf8
            }
            pending.removeSubrange(...end)
            return result
        }

        mutating func rest() -> [UInt8]? { pending.isEmpty ? nil : pending }

        /// Without colours.
        private static func plain(_ line: ArraySlice<UInt8>) -> String {
            var result: [UInt8] = []
            var isEscape = false
            for byte in line {
                if byte == 0x1B { isEscape = true }
                if !isEscape { result.append(byte) }
                if byte == UInt8(ascii: "m") { isEscape = false }
            }
            return String(decoding: result, as: UTF8.self)
        }
    }

    private static func octal(_ number: UInt32) -> String {
        let digits = String(number, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

/// The arguments of `diff`, sorted: ours, words, options for git diff, paths.
struct DiffArguments {
    var words: [String] = []
    var passed: [String] = []
    var paths: [String] = []
    var json = false
    var porcelain = false
    var exitCode = false
    var pager = true
    var color: String?

    init(_ arguments: [String]) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--" {
                paths = Array(rest)
                break
            }
            switch argument {
            case "--json": json = true
            case "--porcelain", "--porcelain=v1": porcelain = true
            case "--exit-code": exitCode = true
            case "--pager": pager = true
            case "--no-pager": pager = false
            case "--color": color = "always"
            case "--no-color": color = "never"
            default:
                if argument.hasPrefix("--color=") {
                    color = String(argument.dropFirst("--color=".count))
                } else if argument.hasPrefix("-") {
                    passed.append(argument)
                } else {
                    words.append(argument)
                }
            }
        }
    }
}
