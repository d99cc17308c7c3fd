import ArgumentParser
import Deployments
import Git
import Operations

struct LogVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Show the deployments of an environment, newest first.",
        usage: "git ops log [<env>] [<git log options>...]")

    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp("An environment, and options of git log.", valueName: "env|option"))
    var arguments: [String] = []

    func run() throws {
        let session = try Session()
        var options = arguments
        let recorded = try session.repository.references(matching: "refs/ops/*").map(\.name)
            .filter { !$0.hasPrefix("refs/ops/_") }
        var references = recorded
        if let first = options.first, !first.hasPrefix("-") {
            guard recorded.contains("refs/ops/\(first)") else {
                throw Failure(
                    "environment '\(plainLine(first))' has no record here",
                    hint: recorded.isEmpty ? nil : "recorded are: \(recorded.map { $0.dropFirst(9) }.joined(separator: ", "))")
            }
            references = ["refs/ops/\(first)"]
            options.removeFirst()
        }
        guard !references.isEmpty else {
            session.terminal.print("nothing was deployed here yet")
            return
        }
        let format =
            "--format=%C(yellow)%h%C(reset) %C(green)%as%C(reset) %<(11)%(trailers:key=Result,valueonly,separator=%x2C)"
            + " %<(12,trunc)%(trailers:key=Environment,valueonly,separator=%x2C) "
            + "%s %C(dim)(%(trailers:key=Actor,valueonly,separator=%x2C))%C(reset)"
        let isPlain = !options.contains { $0.hasPrefix("--format") || $0.hasPrefix("--pretty") || $0 == "--oneline" }
        // What comes after "--" are paths, which the references must not be taken for.
        let paths = options.firstIndex(of: "--").map { Array(options[$0...]) } ?? ["--"]
        let passed = Array(options.prefix { $0 != "--" })
        // The commit that begins a record is no deployment.
        try session.git.become(
            ["log", "--first-parent", "--grep=^Result: "] + (isPlain ? [format] : []) + passed + references + paths)
    }
}
