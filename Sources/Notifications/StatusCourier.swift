import FoundationEssentials
import Notices

/// Sets the status of the commit that a notice is about, where its repository is shown to people.
struct StatusCourier: Courier {
    enum Forge: String {
        case github, gitlab, gitea

        /// Where the public one is; nil where there is none.
        var publicAddress: String? {
            switch self {
            case .github: "https://api.github.com"
            case .gitlab: "https://gitlab.com"
            case .gitea: nil
            }
        }
    }

    let web: Web
    let forge: Forge
    /// The address of the API of the repository, without a slash at its end.
    let base: WebAddress
    let token: Secret

    var groups: Bool { false }

    /// The address of the API of a repository; nil is made of a name that is none.
    /// - Parameter repository: `owner/name`, with more before where the forge has groups.
    static func address(_ forge: Forge, _ base: String, _ repository: String) -> WebAddress? {
        let parts = repository.split(separator: "/", omittingEmptySubsequences: false)
        let isName = { (part: Substring) in
            part != "." && part != ".." && !part.isEmpty
                && part.utf8.allSatisfy { (48...57).contains($0) || (97...122).contains($0 | 32) || $0 == 45 || $0 == 46 || $0 == 95 }
        }
        guard parts.allSatisfy(isName), parts.count == 2 || (parts.count > 2 && forge == .gitlab), !base.contains("?") else { return nil }
        var base = base[...]
        while base.hasSuffix("/") { base = base.dropLast() }
        switch forge {
        case .github: return WebAddress("\(base)/repos/\(repository)")
        case .gitlab: return WebAddress("\(base)/api/v4/projects/\(parts.joined(separator: "%2F"))")
        case .gitea: return WebAddress("\(base)/api/v1/repos/\(repository)")
        }
    }

    /// Only the latest word on a commit is of interest, and an earlier one that comes late would be wrong.
    func supersedes(_ newer: Notice, _ older: Notice) -> Bool {
        newer.environment == older.environment && newer.commit == older.commit
    }

    /// Each commit has a status of its own.
    var keepsOrder: Bool { false }

    func deliver(_ message: Message) async -> Outcome {
        let notice = message.first
        // A trial has no commit to be shown at; that the repository can be seen is what can be tried.
        if notice.kind == .test { return await web.send(nil, to: base, headers: headers, secrets: [token]) }
        guard let commit = notice.commit else { return .delivered }
        guard commit.utf8.count == 40 || commit.utf8.count == 64, commit.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }),
            let address = WebAddress("\(base.text)/statuses/\(commit)")
        else { return .refused(Trouble("'\(oneLine(commit, 80))' is no full id of a commit")) }
        return await web.send(payload(notice), to: address, headers: headers, secrets: [token])
    }

    private var headers: [(String, String)] {
        switch forge {
        case .github: [("authorization", "Bearer \(token.text)"), ("accept", "application/vnd.github+json"), ("x-github-api-version", "2022-11-28")]
        case .gitlab: [("private-token", token.text)]
        case .gitea: [("authorization", "token \(token.text)")]
        }
    }

    /// GitHub's field is `context`, as Gitea's is; GitLab takes that for `name`.
    private func payload(_ notice: Notice) -> String {
        // There is little room, and which commit it is is known there.
        let summary = notice.kind == .held ? notice.reason ?? notice.summary : notice.summary
        let words = summary.isEmpty ? notice.kind.rawValue : "\(notice.kind.rawValue): \(summary)"
        // GitHub takes 140 characters.
        var description = ""
        for character in words {
            guard description.utf16.count + String(character).utf16.count < 140 else {
                description += "…"
                break
            }
            description.append(character)
        }
        let state = !notice.kind.isAlarm ? "success" : forge == .gitlab ? "failed" : "failure"
        let fields = ["state": state, "context": "git-ops/\(notice.environment)", "description": description]
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(fields)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}
