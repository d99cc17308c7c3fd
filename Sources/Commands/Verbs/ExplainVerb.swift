import ArgumentParser
import Deployments
import Manifests
import Operations
import Validation

struct ExplainVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Explain a rule that manifests are held to.",
        usage: "git ops explain [--format <format>] (<rule> | --list)")

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case human, json
    }

    @Flag(help: "List all rules.")
    var list = false

    @Option(help: ArgumentHelp("human or json.", valueName: "format"))
    var format = Format.human

    @Argument(help: ArgumentHelp("A rule, as [k8s/unknown-field] at the end of an error, or a set of rules.", valueName: "rule"))
    var rule: String?

    func run() throws {
        let terminal = Terminal()
        if list {
            guard rule == nil else { throw Failure("--list takes no rule", exitCode: 129) }
            show(Array(RuleTable.explained.values), terminal)
            return
        }
        guard var name = rule else {
            throw Failure("which rule?", hint: "git ops explain --list lists all of them", exitCode: 129)
        }
        // As it is copied from the end of a line.
        if name.hasPrefix("["), name.hasSuffix("]") { name = String(name.dropFirst().dropLast()) }
        if RuleTable.sets.contains(name) {
            show(RuleTable.explained.values.filter { $0.set == name }, terminal)
            return
        }
        guard let rule = RuleTable.explained[name] else { throw unknown(name) }
        switch format {
        case .human: terminal.write(RuleExplanation(rule).text)
        case .json: terminal.print(ExplainVerb.document([rule]))
        }
    }

    private func unknown(_ name: String) -> Failure {
        let names = RuleTable.explained.keys.sorted() + RuleTable.sets
        // Who leaves the part before the slash out, or takes the wrong one, means the rest.
        let rest = name.split(separator: "/").last.map { "/" + $0 } ?? name
        let same = names.filter { $0.hasSuffix(rest) }
        return Failure(
            "there is no rule \(TerminalText.quoted(plainLine(name)))",
            hint: same.count == 1
                ? "did you mean \"\(same[0])\"?" : Suggestion.hint(for: name, among: names) ?? "git ops explain --list lists all of them")
    }

    private func show(_ rules: [Rule], _ terminal: Terminal) {
        let rules = rules.sorted { $0.id < $1.id }
        if format == .json {
            terminal.print(ExplainVerb.document(rules))
            return
        }
        let width = rules.map(\.id.count).max() ?? 0
        var text = ""
        var group = ""
        for rule in rules {
            let own = String(rule.id.prefix { $0 != "/" })
            if own != group, !group.isEmpty { text += "\n" }
            group = own
            text += rule.id.padded(width) + "  " + RuleExplanation(rule).severity.padded(7) + "  " + rule.summary + "\n"
        }
        terminal.write(text)
    }

    private static func document(_ rules: [Rule]) -> String {
        JSONText.object([("version", .number(1)), ("rules", .list(rules.map { RuleExplanation($0).value }))]).rendered()
    }
}
