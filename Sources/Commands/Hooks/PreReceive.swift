import Deployments
import Environments
import Git
import Manifests
import Operations
import Posix
import Validation

/// The hook pre-receive: judges a push before it becomes history.
///
/// It executes nothing from the push, writes nothing, and needs neither the target nor the network.
enum PreReceive {
    /// The most references that are refused one by one; the rest is counted.
    private static let mostRefusals = 20

    static func run(variables: [String: String]) -> Int32 {
        let terminal = Terminal()
        do {
            let input = try FileDescriptor.readAll(from: 0, limit: 64 << 20)
            // First, because a repository with longer ids is told of here.
            let session = try Session(variables: variables)
            guard let updates = RefUpdate.all(in: input) else {
                throw Failure("cannot understand what git tells this hook of the push")
            }
            // Most pushes have nothing for it.
            lazy var actor = session.actor()
            lazy var records = RecordCheck(session.environments, by: { actor })
            let check = PushCheck(session.repository, configuration: session.configuration, program: Program.identity) { update in
                try records.refusal(of: update.name, from: update.old, to: update.new)
            }
            return report(try check.verdicts(updates), terminal)
        } catch {
            let code = terminal.report(error, prefix: "error")
            terminal.message("error: the push is refused, because it could not be checked")
            return max(code, 1)
        }
    }

    private static func report(_ verdicts: [RefVerdict], _ terminal: Terminal) -> Int32 {
        var told: Set<Diagnostic> = []
        var diagnostics: [Diagnostic] = []
        var refusals = 0
        for verdict in verdicts {
            if let refusal = verdict.refusal {
                refusals += 1
                if refusals <= mostRefusals { terminal.message("error: \(verdict.update.shownName): \(refusal)") }
            }
            diagnostics += verdict.diagnostics.filter { told.insert($0).inserted }
        }
        if refusals > mostRefusals {
            terminal.message("error: \(refusals - mostRefusals) more refs of the record cannot be written")
            refusals = mostRefusals + 1
        }
        var unclassified: Set<String> = []
        for verdict in verdicts { unclassified.formUnion(verdict.unclassified) }
        let report = HookReport(diagnostics: diagnostics, unclassified: unclassified.sorted())
        let errors = diagnostics.filter { $0.severity == .error }
        for line in report.lines(besides: refusals + 1) { terminal.message(line) }

        let refused = verdicts.filter(\.isRefused)
        guard !refused.isEmpty else { return 0 }
        if !errors.isEmpty {
            let files = Set(errors.map(\.file)).count
            let names = refused.prefix(5).map(\.update.shownName).joined(separator: ", ")
                + (refused.count > 5 ? " and \(refused.count - 5) more" : "")
            terminal.message(
                "error: \(names): push refused: \(errors.count) \(errors.count == 1 ? "error" : "errors")"
                    + " in \(files) \(files == 1 ? "file" : "files")")
        }
        return 1
    }
}
