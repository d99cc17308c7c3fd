import Manifests
import Git
import Posix
import Validation

/// The hook pre-commit: judges what is staged, as the server will judge it when it is pushed.
enum PreCommit {
    static func run(variables: [String: String]) -> Int32 {
        let terminal = Terminal()
        do {
            let session = try Session(variables: variables)
            // git has the index of this very commit in GIT_INDEX_FILE; it writes the tree that the
            // commit is about to have, and which the commit would write anyway.
            let tree = try GitProcess(environment: variables).output(["write-tree"])
            guard let staged = ObjectID(hexBytes: tree.prefix(40)) else { throw Failure("cannot read what is staged") }
            let head = try session.repository.target(of: "HEAD")
            let base = try head.map { try session.repository.tree(ofCommit: $0) }
            let branch = try session.repository.headBranch()
            let diagnostics = try TreeCheck(session.repository, configuration: session.configuration)
                .diagnostics(from: base, to: staged, branch: branch, defaultBranch: branch)
            for diagnostic in diagnostics { terminal.message(diagnostic.rendered) }
            let errors = diagnostics.count { $0.severity == .error }
            guard errors > 0 else { return 0 }
            terminal.message("error: commit refused: \(errors) \(errors == 1 ? "error" : "errors") in what is staged")
            return 1
        } catch {
            return terminal.report(error, prefix: "error")
        }
    }
}
