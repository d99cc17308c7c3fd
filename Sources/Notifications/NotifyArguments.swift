/// What `git ops notify` is asked for.
enum NotifyArguments: Equatable {
    /// A trial of these channels; of all where there are none.
    case test([String])
    case flush
    case list
    case usage
    case manual
    case optionNames
    /// What is wrong with them.
    case wrong(String)

    static let usageText = """
        usage: git ops notify --test [<channel>...]
           or: git ops notify --flush [-q | --quiet]
           or: git ops notify --list

            --test          send a trial to the channels and say how it went
            --flush         send what waits and is due, once
            -q, --quiet     with --flush: say nothing of what is tried again
            --list          show the channels and what waits for them

        """

    static let options = ["--test", "--flush", "--list", "--quiet"]

    /// - Returns: the request, and whether little is to be said.
    static func read(_ arguments: [String]) -> (NotifyArguments, isQuiet: Bool) {
        var mode: String?
        var names: [String] = []
        var isQuiet = false
        var options = arguments[...]
        while let word = options.popFirst() {
            switch word {
            case "-h": return (.usage, isQuiet)
            case "--help": return (.manual, isQuiet)
            case "--git-completion-helper": return (.optionNames, isQuiet)
            case "-q", "--quiet": isQuiet = true
            case "--test", "--flush", "--list":
                if let mode, mode != word { return (.wrong("\(mode) and \(word) do not go together"), isQuiet) }
                mode = word
            case "--":
                names += options
                options = []
            default:
                guard !word.hasPrefix("-") else { return (.wrong("unknown option '\(oneLine(word, 80))'"), isQuiet) }
                names.append(word)
            }
        }
        switch mode {
        case "--test": return (.test(names), isQuiet)
        case nil: return (.wrong("what is to be done is not said"), isQuiet)
        case _ where !names.isEmpty: return (.wrong("\(mode ?? "") takes no channel"), isQuiet)
        case "--flush": return (.flush, isQuiet)
        default: return (.list, isQuiet)
        }
    }
}
