// Commands: the verbs, one file each: arguments, presentation, and nothing that another room could do.

import ArgumentParser
import Glibc
import Operations
import Posix

/// The front: finds out what is asked for, hooks first, and does it.
public enum GitOps {
    /// Runs the program.
    /// - Parameter arguments: argv, with the name it was called by.
    /// - Returns: the exit code (git's: 0 fine, 1 a negative answer, 128 fatal, 129 usage).
    public static func run(_ arguments: [String]) -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        let called = arguments.first.map(baseName) ?? "git-ops"
        var rest = Array(arguments.dropFirst())
        if let hook = hooks[called] { return hook(rest) }
        if called.hasPrefix("git-ops-") {
            rest.insert(String(called.dropFirst("git-ops-".count)), at: 0)
        }
        // Hooks run on every push: no parsing of arguments, and nothing that only verbs need, before them.
        switch rest.first {
        case "hook":
            guard rest.count > 1, let hook = hooks[rest[1]] else {
                Terminal().message("usage: git-ops hook (pre-receive | post-receive | pre-commit)")
                return 129
            }
            return hook(Array(rest.dropFirst(2)))
        case "worker":
            return Worker.run(Array(rest.dropFirst()), variables: processVariables())
        case "index":
            return IndexUpdate.run(Array(rest.dropFirst()), variables: processVariables())
        case "environments":
            return Completion.printEnvironments()
        case "version", "--version":
            Terminal().print("git-ops version \(Program.version)")
            return 0
        default:
            return VerbDispatch.run(rest)
        }
    }

    private static let hooks: [String: @Sendable ([String]) -> Int32] = [
        "pre-receive": { _ in PreReceive.run(variables: processVariables()) },
        "post-receive": { _ in PostReceive.run(variables: processVariables(), program: Program.path()) },
        "pre-commit": { _ in PreCommit.run(variables: processVariables()) },
    ]

    private static func baseName(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
