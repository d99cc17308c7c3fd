import Manifests
import Operations
import Posix
import Validation

/// The hook pre-commit: judges what is staged, as the server will judge it when it is pushed.
enum PreCommit {
    static func run(variables: [String: String]) -> Int32 {
        let terminal = Terminal()
        do {
            let session = try Session(variables: variables)
            let verdict = try ValidationSubject(stagedIn: session).verdict()
            let report = HookReport(diagnostics: verdict.diagnostics, unclassified: verdict.unclassified)
            for line in report.lines(besides: 1) { terminal.message(line) }
            let errors = verdict.diagnostics.count { $0.severity == .error }
            guard errors > 0 else { return 0 }
            terminal.message("error: commit refused: \(errors) \(errors == 1 ? "error" : "errors") in what is staged")
            return 1
        } catch {
            return terminal.report(error, prefix: "error")
        }
    }
}
