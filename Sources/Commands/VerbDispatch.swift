import ArgumentParser
import Glibc
import Operations
import Posix

/// All verbs, for `git ops -h` and for completion.
struct GitOpsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "git ops",
        abstract: "Make what runs match what the repository says.",
        usage: "git ops <verb> [<options>]",
        discussion: """
            Programs of their own are git ops agent, which keeps environments as the repository says by pulling, and \
            git ops notify, which tells what happened.
            """,
        version: "git-ops version \(Program.version)",
        subcommands: [
            InitVerb.self, ValidateVerb.self, ExplainVerb.self, SchemaVerb.self, DiffVerb.self, ApplyVerb.self, SuspendVerb.self, ResumeVerb.self, NudgeVerb.self, StatusVerb.self, DriftVerb.self, LogVerb.self,
            ShowVerb.self, WaitVerb.self, VerifyVerb.self, DoctorVerb.self, CompletionVerb.self,
        ])
}

/// A verb that tells what comes before "--" from what comes after it, as git does; the argument parser
/// takes both for the same.
protocol PathTakingVerb: ParsableCommand {
    /// What came after "--".
    var paths: [String] { get set }
}

extension PathTakingVerb {
    fileprivate static func parsed(_ arguments: [String]) throws -> any ParsableCommand {
        guard let end = arguments.firstIndex(of: "--") else { return try parse(arguments) }
        var command = try parse(Array(arguments[..<end]))
        command.paths = Array(arguments[(end + 1)...])
        return command
    }
}

/// Finds the verb and runs it, with git's exit codes and git's form of errors.
enum VerbDispatch {
    static let verbs: [String: any ParsableCommand.Type] = {
        var verbs: [String: any ParsableCommand.Type] = [:]
        for verb in GitOpsCommand.configuration.subcommands { verbs[verb._commandName] = verb }
        return verbs
    }()

    static func run(_ arguments: [String]) -> Int32 {
        let terminal = Terminal()
        guard let first = arguments.first else {
            terminal.write(GitOpsCommand.helpMessage() + "\n")
            return 129
        }
        if first == "-h" {
            terminal.write(GitOpsCommand.helpMessage() + "\n")
            return 129
        }
        if first == "--help" || first == "help" {
            guard let verb = arguments.dropFirst().first else { return manual("git-ops", GitOpsCommand.self) }
            return manual("git-ops-\(verb)", verbs[verb] ?? GitOpsCommand.self)
        }
        guard let verb = verbs[first] else { return plugin(first, Array(arguments.dropFirst())) }
        let rest = Array(arguments.dropFirst())
        // Up to "--", after which everything is a path.
        let options = rest.prefix { $0 != "--" }
        if options.contains("--help") { return manual("git-ops-\(first)", verb) }
        if options.contains("-h") {
            terminal.write(verb.helpMessage() + "\n")
            return 129
        }
        if options.contains("--git-completion-helper") {
            terminal.write(Completion.options(of: verb).joined(separator: " ") + "\n")
            return 0
        }
        return run(verb, rest, terminal)
    }

    private static func run(_ verb: any ParsableCommand.Type, _ arguments: [String], _ terminal: Terminal) -> Int32 {
        do {
            var command = try (verb as? any PathTakingVerb.Type)?.parsed(arguments) ?? verb.parse(arguments)
            try command.run()
            return 0
        } catch let code as ExitCode {
            return code.rawValue
        } catch let failure as Failure {
            return terminal.report(failure)
        } catch {
            // What the argument parser throws names what is wrong with the arguments.
            guard verb.exitCode(for: error) == .validationFailure else { return terminal.report(error) }
            let text = verb.message(for: error)
            terminal.message("error: \(text.prefix(1).lowercased() + text.dropFirst())")
            terminal.message(verb.usageString())
            return 129
        }
    }

    /// `git ops <name>` runs any `git-ops-<name>` beside this program, as git does, or else on PATH.
    private static func plugin(_ name: String, _ arguments: [String]) -> Int32 {
        let terminal = Terminal()
        if !name.hasPrefix("-"), !name.contains("/") {
            do {
                try replaceProcess(by: Program.sibling("git-ops-\(name)"), arguments, environment: processVariables())
            } catch let error as SystemError where error.number == ENOENT || error.number == EACCES {
                // There is none, or PATH has a folder that may not be looked into; said below.
            } catch {
                return terminal.report(error)
            }
        }
        terminal.message("error: '\(name)' is not a verb of git ops, and there is no git-ops-\(name) beside it or on PATH")
        terminal.message("hint: git ops -h lists the verbs")
        return 129
    }

    /// Shows a manual page as git does; where there is no man(1) or no page, the usage.
    private static func manual(_ page: String, _ verb: any ParsableCommand.Type) -> Int32 {
        let terminal = Terminal()
        let probe = Command("man", ["-w", page], environment: processVariables())
        if (try? probe.run(onOutput: { _ in }))?.succeeded ?? false {
            do {
                try replaceProcess(by: "man", [page], environment: processVariables())
            } catch {
                return terminal.report(error)
            }
        }
        terminal.write(verb.helpMessage() + "\n")
        return 0
    }
}
