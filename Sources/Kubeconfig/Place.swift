import Manifests

/// Where a value of a kubeconfig stands.
struct Place: Sendable, Hashable {
    /// As it was given, for people.
    var file: String
    var position: SourcePosition

    /// What is wrong there: `/home/ann/.kube/config:7:13: …`.
    func fault(_ message: String, hint: String? = nil) -> KubeconfigError {
        .plain("\(file):\(position.line):\(position.column): \(message)", hint: hint)
    }
}

/// A value and where it stands.
struct Located<Content: Sendable>: Sendable {
    var value: Content
    var place: Place
}

extension KubeconfigError {
    /// An error whose texts may hold what others wrote: cut, on one line, and without what steers a terminal.
    static func plain(_ message: String, hint: String? = nil) -> KubeconfigError {
        KubeconfigError(
            TerminalText.escaped(Diagnostic.cut(message)), hint: hint.map { TerminalText.escaped(Diagnostic.cut($0)) })
    }
}

/// `contexts are: a, b`: what there is to choose from.
func listing(_ kind: String, _ names: [String]) -> String {
    if names.isEmpty { return "there are no \(kind)" }
    let most = 20
    let shown = names.sorted().prefix(most).map { $0.isEmpty ? "\"\"" : $0 }.joined(separator: ", ")
    return "\(kind) are: \(shown)" + (names.count > most ? " and \(names.count - most) more" : "")
}
