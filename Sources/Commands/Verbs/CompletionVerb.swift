import ArgumentParser
import Deployments
import Operations

struct CompletionVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion", abstract: "Print a completion script for a shell.",
        usage: "git ops completion (bash | zsh | fish)")

    @Argument(help: ArgumentHelp("bash, zsh or fish.", valueName: "shell"))
    var shell: String

    func run() throws {
        guard let script = Completion.script(for: shell) else {
            throw Failure("no completion for '\(shell)'", hint: "bash, zsh or fish", exitCode: 129)
        }
        Terminal().write(script)
    }
}

/// What shells complete.
enum Completion {
    /// The options of a verb, read off its help, so that the two cannot differ.
    static func options(of verb: any ParsableCommand.Type) -> [String] {
        var options: [String] = []
        for line in verb.helpMessage().split(separator: "\n") where line.hasPrefix("  -") {
            // Two spaces end the names of an option and begin its help.
            let names = line.dropFirst(2).firstRange(of: "  ").map { line[line.index(line.startIndex, offsetBy: 2)..<$0.lowerBound] }
                ?? line.dropFirst(2)
            for name in names.split(whereSeparator: { $0 == "," || $0 == " " || $0 == "/" }) where name.hasPrefix("--") {
                if !options.contains(String(name)) { options.append(String(name)) }
            }
        }
        return options.filter { $0 != "--version" }
    }

    /// Verbs of ours that are programs of their own; they answer to `--git-completion-helper` as well.
    private static let programs = [
        (name: "notify", abstract: "Try out notifications, send those that wait.", options: ["--test", "--flush", "--list", "--quiet"]),
        (name: "agent", abstract: "Pull, and keep environments as the repository says.", options: ["--once", "--systemd", "--kubernetes", "--user", "--image", "--namespace"]),
    ]

    /// What completion asks for on every tab: the names alone, nothing live is looked at.
    static func printEnvironments() -> Int32 {
        guard let all = try? Session().environments.environments() else { return 128 }
        for environment in all { Terminal().print(environment.name) }
        return 0
    }

    static func script(for shell: String) -> String? {
        let verbs = GitOpsCommand.configuration.subcommands
        let names = (verbs.map { $0._commandName } + programs.map(\.name)).joined(separator: " ")
        switch shell {
        case "bash":
            return """
                # bash completion for git ops; git's own completion calls _git_ops.
                _git_ops ()
                {
                \tlocal verbs="\(names)" verb="" word
                \tlocal i
                \tfor ((i = 1; i < cword; i++)); do
                \t\tword="${words[i]}"
                \t\tcase " $verbs " in
                \t\t*" $word "*) verb="$word"; break ;;
                \t\tesac
                \tdone
                \tif [ -z "$verb" ]; then
                \t\t__gitcomp "$verbs"
                \t\treturn
                \tfi
                \tcase "$cur" in
                \t-*) __gitcomp "$(git ops "$verb" --git-completion-helper 2>/dev/null)" ;;
                \t*)
                \t\tcase "$verb" in
                \t\tcompletion) __gitcomp "bash zsh fish" ;;
                \t\tinit|doctor|notify|agent|nudge) ;;
                \t\t*) __gitcomp_nl "$(git ops environments 2>/dev/null; __git_refs)" ;;
                \t\tesac ;;
                \tesac
                }

                """
        case "zsh":
            let lines =
                verbs.map { "    '\($0._commandName):\($0.configuration.abstract.replacing("'", with: ""))'" }
                + programs.map { "    '\($0.name):\($0.abstract)'" }
            return """
                #compdef git-ops
                #description make what runs match what the repository says
                # zsh completion for git ops; git's own completion calls _git-ops.
                _git-ops () {
                  local -a verbs options environments
                  verbs=(
                \(lines.joined(separator: "\n"))
                  )
                  if (( CURRENT == 2 )); then
                    _describe -t verbs 'verb' verbs
                    return
                  fi
                  if [[ $words[CURRENT] == -* ]]; then
                    options=(${(z)"$(git ops $words[2] --git-completion-helper 2>/dev/null)"})
                    compadd -a options
                    return
                  fi
                  case $words[2] in
                    completion) compadd bash zsh fish ;;
                    init|doctor) _directories ;;
                    notify|agent|nudge) ;;
                    *)
                      environments=(${(f)"$(git ops environments 2>/dev/null)"})
                      compadd -a environments
                      ;;
                  esac
                }
                _git-ops "$@"

                """
        case "fish":
            var lines = [
                "# fish completion for git ops",
                "function __fish_git_ops_needs_verb",
                "    set -l words (commandline -opc)",
                "    test (count $words) -eq 2; and test $words[2] = ops",
                "end",
                "function __fish_git_ops_verb",
                "    set -l words (commandline -opc)",
                "    test (count $words) -ge 3; and test $words[2] = ops; and contains -- $words[3] $argv",
                "end",
            ]
            for verb in verbs {
                let name = verb._commandName
                let abstract = verb.configuration.abstract.replacing("'", with: "")
                lines.append("complete -c git -n __fish_git_ops_needs_verb -f -a \(name) -d '\(abstract)'")
                for option in options(of: verb) {
                    lines.append("complete -c git -n '__fish_git_ops_verb \(name)' -l \(option.dropFirst(2))")
                }
            }
            for program in programs {
                lines.append("complete -c git -n __fish_git_ops_needs_verb -f -a \(program.name) -d '\(program.abstract)'")
                for option in program.options {
                    lines.append("complete -c git -n '__fish_git_ops_verb \(program.name)' -f -l \(option.dropFirst(2))")
                }
            }
            lines.append(
                "complete -c git -n '__fish_git_ops_verb diff apply suspend resume status drift log show verify' -f"
                    + " -a '(git ops environments 2>/dev/null)'")
            lines.append("complete -c git -n '__fish_git_ops_verb completion' -f -a 'bash zsh fish'")
            return lines.joined(separator: "\n") + "\n"
        default:
            return nil
        }
    }
}
