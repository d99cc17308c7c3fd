import Deployments
import Git
import Operations
import Posix

/// Asks git whether somebody who is trusted has signed what is to be deployed: `gpg.*` of git's configuration says
/// how, and whom to trust.
struct Signatures {
    /// Where the tags of the remote are kept.
    static let tags = "refs/ops/_agent/tags/"

    let session: Session

    /// Why a commit may not be deployed; nil where it may.
    func refusal(of commit: ObjectID, _ policy: SignaturePolicy) throws -> String? {
        switch policy {
        case .none:
            return nil
        case .head:
            return problem(["verify-commit", commit.description]).map { "commit \(commit.short) is not signed by anyone trusted: \($0)" }
        case .tag:
            let names = try session.repository.references(matching: Signatures.tags + "*")
                // One of a file or a folder is about no commit.
                .filter { $0.target != commit && (try? session.repository.commit(peeling: $0.target)) == commit }
            var first: String?
            for tag in names.sorted(by: { $0.name > $1.name }) {
                guard let problem = problem(["verify-tag", tag.target.description]) else { return nil }
                first = first ?? "'\(plainLine(tag.name.dropFirst(Signatures.tags.count), limit: 80))': \(problem)"
            }
            return "no tag of \(commit.short) is signed by anyone trusted" + (first.map { ": \($0)" } ?? "")
        }
    }

    private func problem(_ arguments: [String]) -> String? {
        var output: [UInt8] = []
        do {
            let end = try Command("git", arguments, environment: session.agentVariables).run(timeout: 60) { output += $0 }
            if end.succeeded { return nil }
            let lines = GitProcess.lines(output)
            // gpg says first when and with what key it was signed.
            let telling = lines.first { $0.hasPrefix("error: ") } ?? lines.last { $0.hasPrefix("gpg: ") && !$0.hasPrefix("gpg:   ") } ?? lines.last
            return telling.map { plainLine($0, limit: 200) } ?? "it has no signature"
        } catch {
            return "\(error)"
        }
    }
}
