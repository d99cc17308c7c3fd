import Deployments
import Git
import Logging
import Manifests
import Operations
import Posix
import Validation

/// Brings what the remote has, and takes of it what may be deployed.
///
/// A branch moves here when its new tip has passed what a push has to pass; until then all that is ours, and all that
/// `git ops` shows here, is as it was.
struct Puller {
    /// Where the commits are kept that were accepted of a branch.
    static let accepted = "refs/ops/_agent/accepted/"

    let session: Session
    let remote: String
    let board: Board
    let log: Logger

    /// Whether the fetch went well; why it did not.
    enum Result {
        case pulled(gone: Set<String>)
        case failed(String)
    }

    /// Goes round once.
    func pull() throws -> Result {
        let known = try followed()
        let gone: Set<String>
        switch try fetch(known) {
        case .pulled(let missing): gone = missing
        case .failed(let words): return .failed(words)
        }
        // The default branch first: what it declares says which others are followed.
        let head = try session.environments.defaultBranch()
        try settle(head, isGone: gone.contains(head))
        // Nor is what nobody accepted asked which branches to follow.
        guard try session.repository.target(of: Puller.accepted + head.dropFirst(11)) != nil else { return .pulled(gone: gone) }
        let followed = try followed()
        var missing = gone
        let new = followed.subtracting(known)
        if !new.isEmpty {
            switch try fetch(new) {
            case .pulled(let more): missing.formUnion(more)
            case .failed(let words): return .failed(words)
            }
        }
        for branch in followed.sorted() where branch != head { try settle(branch, isGone: missing.contains(branch)) }
        return .pulled(gone: missing)
    }

    /// - Returns: which of the branches the remote does not have.
    private func fetch(_ all: Set<String>) throws -> Result {
        let transport = Transport(session: session, remote: remote)
        let tags = targets.contains { (try? $0.signaturePolicy()) == .tag }
        var gone: Set<String> = []
        // A branch that is gone keeps git from fetching the others.
        while true {
            do throws(Transport.Trouble) {
                try transport.fetch(all.subtracting(gone).sorted(), tags: tags)
                break
            } catch {
                switch error {
                case .isGone(let branch):
                    let name = branch.hasPrefix("refs/heads/") ? branch : "refs/heads/" + branch
                    guard all.contains(name), gone.insert(name).inserted else { return .failed("the remote has no '\(plainLine(branch, limit: 100))'") }
                case .failed(let words): return .failed(words)
                }
            }
        }
        for branch in gone {
            let name = Transport.heads + branch.dropFirst(11)
            if let old = try session.repository.target(of: name) { try session.repository.delete(name, expecting: old) }
        }
        return .pulled(gone: gone)
    }

    /// The environments that are kept from here.
    private func mine() throws -> [Environment] {
        // Where there is no branch yet, nothing is declared.
        guard try session.repository.target(of: session.environments.defaultBranch()) != nil else { return [] }
        return try session.environments.environments().filter { $0.settings.target != nil }
    }

    /// The settings of all that may be deployed from here, whatever the repository declares.
    private var targets: [EnvironmentSettings] {
        session.configuration.subsections(of: "ops").map { EnvironmentSettings(environment: $0, configuration: session.configuration) }
            .filter { $0.target != nil }
    }

    /// What the tip of the default branch must have: `ops.yaml` says there which branch an environment follows and which
    /// folder it is, so that who may write it may redirect each.
    private func signaturePolicy(of branch: String) throws -> SignaturePolicy {
        guard branch == (try session.environments.defaultBranch()) else { return .none }
        let policies = try targets.map { try $0.signaturePolicy() }
        return policies.contains(.head) ? .head : policies.contains(.tag) ? .tag : .none
    }

    private func followed() throws -> Set<String> {
        Set([try session.environments.defaultBranch()] + (try mine().map(\.branch)))
    }

    /// Takes the new tip of a branch, or says why not.
    private func settle(_ branch: String, isGone: Bool) throws {
        let before = board.now.branches[branch]
        let hold: String?
        do {
            hold = isGone ? "the remote has no branch '\(shown(branch))' any more" : try accept(branch, before)
        } catch {
            hold = Failure(error).message
        }
        board.change { $0.branches[branch, default: .init()].hold = hold }
        if let hold, before?.hold != hold { log.error("\(plainLine(hold))", metadata: ["branch": "\(shown(branch))"]) }
        if hold == nil, before?.hold != nil { log.notice("the branch is followed again", metadata: ["branch": "\(shown(branch))"]) }
    }

    private func shown(_ branch: String) -> String { plainLine(branch.dropFirst(11), limit: 200) }

    /// - Returns: why the tip is not taken.
    private func accept(_ branch: String, _ before: Board.Branch?) throws -> String? {
        let repository = session.repository
        let short = String(branch.dropFirst(11))
        let marker = Puller.accepted + short
        let fetched = try repository.target(of: Transport.heads + short)
        let accepted = try repository.target(of: marker)
        let present = try repository.target(of: branch)
        board.change { $0.branches[branch, default: .init()].accepted = accepted }
        // A branch of a clone that follows another remote, or that nobody has pushed yet.
        guard let fetched else { return nil }
        if fetched == accepted, fetched == present { return nil }
        // What went wrong once with a tip does so again, until there is another.
        if fetched != accepted {
            let follows = try rewritePolicy(of: branch) == .follow
            for old in [accepted, present].compactMap({ $0 }) where try !follows && old != fetched && !repository.commit(fetched, contains: old) {
                return "'\(shown(branch))' of the remote was rewritten: \(fetched.short) does not contain \(old.short); what is deployed stays (ops.<env>.nonFastForward = follow follows it)"
            }
            if let refusal = try Signatures(session: session).refusal(of: fetched, signaturePolicy(of: branch)) { return refusal }
            if let refusal = try refusal(of: fetched, on: branch, since: accepted) { return refusal }
        } else if let present, present != accepted, try !repository.commit(fetched, contains: present), try rewritePolicy(of: branch) == .refuse {
            return "'\(shown(branch))' was changed here to \(present.short), which the remote does not have"
        }
        if fetched != present, let checkedOut = checkedOut(branch) {
            return "'\(shown(branch))' is checked out in \(checkedOut); the agent needs a clone of its own: git clone --bare"
        }
        let signature = session.environments.committer(.now())
        // First what is accepted: where this process dies in between, the branch follows next time.
        if fetched != accepted {
            try repository.update(marker, to: fetched, expecting: accepted, by: signature, message: "agent: accept")
        }
        if fetched != present {
            try repository.update(branch, to: fetched, expecting: present, by: signature, message: "agent: fetch")
            log.info("accepted", metadata: ["branch": "\(shown(branch))", "commit": "\(fetched)"])
        }
        board.change { $0.branches[branch, default: .init()].accepted = fetched }
        return nil
    }

    /// Where somebody works on the branch; nil where nobody does.
    private func checkedOut(_ branch: String) -> String? {
        guard let tree = session.repository.workTree, (try? session.repository.headBranch()) == branch else { return nil }
        return "'\(plainLine(tree, limit: 200))'"
    }

    /// The strictest of the environments that follow it.
    private func rewritePolicy(of branch: String) throws -> RewritePolicy {
        let policies = try mine().filter { $0.branch == branch }.map { try $0.settings.rewritePolicy() }
        return !policies.isEmpty && policies.allSatisfy { $0 == .follow } ? .follow : .refuse
    }

    /// What a push of it would have been told.
    private func refusal(of tip: ObjectID, on branch: String, since old: ObjectID?) throws -> String? {
        let zeros = String(repeating: "0", count: 40)
        guard let update = RefUpdate(line: Array("\(old?.description ?? zeros) \(tip) \(branch)".utf8)) else { return "'\(shown(branch))' has a name that cannot be followed" }
        let check = PushCheck(session.repository, configuration: session.configuration, program: Program.identity, trustsDefaultBranch: false)
        guard let verdict = try check.verdicts([update]).first, verdict.isRefused else { return nil }
        let errors = verdict.diagnostics.filter { $0.severity == .error }
        let known = board.now.branches[branch]?.hold
        let reason = verdict.refusal ?? "\(tip.short) is not valid: \(errors.count) \(errors.count == 1 ? "error" : "errors"), first \(errors.first.map { plainLine($0.rendered, limit: 300) } ?? "")"
        // One is told by the reason itself.
        if known != reason, errors.count > 1 {
            for error in errors.prefix(20) { log.error("\(plainLine(error.rendered))", metadata: ["branch": "\(shown(branch))", "commit": "\(tip)"]) }
        }
        return reason
    }
}
