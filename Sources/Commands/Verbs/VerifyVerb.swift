import ArgumentParser
import Deployments
import Git
import Operations

struct VerifyVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Prove that the record of deployments is whole.",
        usage: "git ops verify [-q] [<env>...]")

    @Flag(name: .shortAndLong, help: "Print only what is wrong.")
    var quiet = false

    @Argument(help: ArgumentHelp("Environments; all that have a record if none is named.", valueName: "env"))
    var names: [String] = []

    func run() throws {
        let session = try Session()
        let references = try session.repository.references(matching: "refs/ops/*").map { $0.name.dropFirst("refs/ops/".count) }
        // Nothing need have been deployed of what is suspended.
        let suspended = references.filter { $0.hasPrefix("_suspended/") }.map { $0.dropFirst("_suspended/".count) }
        let recorded = Set(references.filter { !$0.hasPrefix("_") } + suspended).filter { !$0.contains("/") }.map(String.init).sorted()
        for name in names where !recorded.contains(name) {
            throw Failure("environment '\(plainLine(name))' has no record here")
        }
        var isWhole = true
        for name in names.isEmpty ? recorded : names {
            let (count, defects) = try session.environments.verify(name)
            for defect in defects {
                let place = defect.commit.map { " \($0.short)" } ?? ""
                session.terminal.message("error: \(name):\(place) \(plainLine(defect.message))")
            }
            isWhole = isWhole && defects.isEmpty
            if !quiet, defects.isEmpty {
                session.terminal.print("\(name): \(count) \(count == 1 ? "deployment" : "deployments"), the record is whole")
            }
        }
        if recorded.isEmpty, !quiet { session.terminal.print("nothing was deployed here yet") }
        if !isWhole { throw ExitCode(1) }
    }
}
