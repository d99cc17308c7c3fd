import Deployments
import Environments
import Git
import Glibc
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
        let head = try session.environments.defaultBranch()
        removeStaleLocks()
        // Where what is in force cannot be read, what mends it can still be fetched.
        let readable = try? followed()
        let known = readable ?? [head]
        if let readable { try forget(allBut: readable) }
        let gone: Set<String>
        switch try fetch(known) {
        case .pulled(let missing): gone = missing
        case .failed(let words):
            // What was accepted before this agent began is looked after all the same.
            for branch in known where board.now.branches[branch] == nil {
                let accepted = try session.repository.target(of: Puller.accepted + branch.dropFirst(11))
                if let accepted { board.change { $0.branches[branch] = Board.Branch(accepted: accepted) } }
            }
            return .failed(words)
        }
        // The default branch first: what it declares says which others are followed.
        try settle(head, isGone: gone.contains(head))
        // Nor is what nobody accepted asked which branches to follow.
        guard try session.repository.target(of: Puller.accepted + head.dropFirst(11)) != nil else { return .pulled(gone: gone) }
        let followed = try followed()
        var missing = gone
        let new = followed.subtracting(known)
        if !new.isEmpty {
            try forget(allBut: followed)
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
        let transport = Transport(session: session, remote: remote, board: board)
        let tags = targets.contains { (try? $0.signaturePolicy()) == .tag }
        let names = targets.map(\.environment).filter { EnvironmentName.isValid($0) }
        var gone: Set<String> = []
        // A branch that is gone keeps git from fetching the others.
        while true {
            do throws(Transport.Trouble) {
                try transport.fetch(all.subtracting(gone).sorted(), recordsOf: names, tags: tags)
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
            try remove(Transport.heads + branch.dropFirst(11))
        }
        return .pulled(gone: gone)
    }

    /// Forgets the branches that nobody follows any more: the name of one may be a folder of another's now.
    private func forget(allBut followed: Set<String>) throws {
        for kept in [Transport.heads, Puller.accepted] {
            for reference in try session.repository.references(matching: kept + "*")
            where !followed.contains("refs/heads/" + reference.name.dropFirst(kept.count)) {
                let branch = "refs/heads/" + reference.name.dropFirst(kept.count)
                let isInTheWay = followed.contains { $0.hasPrefix(branch + "/") || branch.hasPrefix($0 + "/") }
                // The branch itself stays, unless it is one that was put here from the remote.
                if isInTheWay, kept == Puller.accepted, try session.repository.target(of: branch) == reference.target { try remove(branch) }
                try remove(reference.name)
            }
        }
    }

    private func remove(_ name: String) throws {
        let repository = session.repository
        try repository.retrying(name) { () throws(GitError) in
            if let old = try repository.target(of: name) { try repository.delete(name, expecting: old) }
        }
    }

    private func move(_ name: String, from old: ObjectID?, to new: ObjectID, _ message: String) throws {
        let repository = session.repository
        let signature = session.environments.committer(.now())
        try repository.retrying(name) { () throws(GitError) in
            do throws(GitError) {
                try repository.update(name, to: new, expecting: old, by: signature, message: message)
            } catch where error.kind == .changedUnderneath {
                throw GitError(.failed, "'\(name)' was changed by someone else meanwhile")
            }
        }
    }

    /// What a git that was killed left locked. There is one agent, and what it alone writes nobody else locks; only a git
    /// that it started may have outlived the last one for a moment.
    private func removeStaleLocks() {
        let folder = session.repository.commonDirectory
        var left = ["refs/notes/\(remote)/ops.lock", "refs/notes/_agent.lock"]
        var folders = [Transport.own]
        while let name = folders.popLast() {
            for entry in names(inFolder: folder + name) {
                if entry.hasSuffix(".lock") { left.append(name + entry) } else { folders.append(name + entry + "/") }
            }
        }
        for name in left {
            var status = stat()
            guard lstat(folder + name, &status) == 0, status.st_mode & S_IFMT == S_IFREG, time(nil) - status.st_mtim.tv_sec > 10 else { continue }
            unlink(folder + name)
        }
    }

    /// Packs what has come, as git does after a fetch by hand: at most once a day, and never beside a deployment.
    func tidy() {
        let stamp = session.repository.commonDirectory + "ops/_agent/tidied"
        var status = stat()
        guard board.now.deploying == 0, !board.isStopping else { return }
        if lstat(stamp, &status) == 0, (0..<86_400).contains(time(nil) - status.st_mtim.tv_sec) { return }
        do {
            try write([], toFile: stamp)
            // It goes on by itself where there is much to do.
            _ = try GitProcess(environment: session.agentVariables).output(["gc", "--auto", "--quiet"])
        } catch {
            log.warning("cannot tidy up the repository: \(plainLine(Failure(error).message))")
        }
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
        Set([try session.environments.defaultBranch()] + (try session.keptEnvironments().map(\.branch)))
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
        let refused = hold == nil || isGone ? nil : try session.repository.target(of: Transport.heads + branch.dropFirst(11))
        board.change { state in
            var place = state.branches[branch] ?? .init()
            (place.hold, place.refused) = (hold, refused)
            place.heldSince = hold == nil ? nil : place.heldSince ?? monotonicSeconds()
            state.branches[branch] = place
        }
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
        // First what is accepted: where this process dies in between, the branch follows next time.
        if fetched != accepted {
            try move(marker, from: accepted, to: fetched, "agent: accept")
        }
        if fetched != present {
            try move(branch, from: present, to: fetched, "agent: fetch")
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
        let isDefault = try branch == session.environments.defaultBranch()
        // One that cannot be read is followed by nobody.
        let environments = isDefault ? (try? session.keptEnvironments()) ?? [] : try session.keptEnvironments()
        var policies = try environments.filter { $0.branch == branch }.map { try $0.settings.rewritePolicy() }
        // It says what the others are, also where none of them follows it.
        if policies.isEmpty, isDefault { policies = try targets.map { try $0.rewritePolicy() } }
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
