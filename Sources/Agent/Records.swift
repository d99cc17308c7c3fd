import Deployments
import Git
import Logging
import Operations
import Posix

/// Keeps the record here and at the remote the same, where each only goes forward.
struct Records {
    let session: Session
    let remote: String
    let pushes: Bool
    /// Whether this agent is the one that acts; what is suspended in the clone of another is suspended all the same.
    let deploys: Bool
    let board: Board
    let log: Logger

    /// As many references are offered one by one in a round, where all at once are not taken.
    private static let mostAlone = 8

    /// What is the same in both, where nobody interferes: chains that only grow.
    private static func chains(of environment: String) -> [String] { ["refs/ops/\(environment)", "refs/ops/_suspended/\(environment)"] }

    /// Takes what the remote has and this repository has not; fetched it is already.
    func take() {
        for environment in mine() {
            for reference in Records.chains(of: environment.name) {
                do {
                    try take(reference, environment)
                } catch {
                    log.warning("cannot take the record of the remote: \(plainLine(Failure(error).message))", metadata: ["reference": "\(reference)"])
                }
            }
        }
        do { try takeNotes() } catch { log.warning("cannot take the notes of the remote: \(plainLine(Failure(error).message))") }
    }

    private func mine() -> [Environment] { (try? session.keptEnvironments()) ?? [] }

    private func theirs(_ reference: String) throws -> ObjectID? {
        try session.repository.target(of: Transport.records + reference.dropFirst("refs/ops/".count))
    }

    private func take(_ reference: String, _ environment: Environment) throws {
        let repository = session.repository
        guard let theirs = try theirs(reference) else { return refuse(nil, reference) }
        let own = try repository.target(of: reference)
        if let own, try own == theirs || repository.commit(own, contains: theirs) {
            return refuse(nil, reference)
        }
        if let own, try !repository.commit(theirs, contains: own) {
            return refuse("the remote has a record of '\(environment.name)' that goes another way: somebody else deploys it", reference)
        }
        if let reason = try objection(to: theirs, after: own, reference, environment) {
            // Where there is one here, it is the one that is believed.
            let way = own == nil && !reason.contains("git fetch") ? "; \(byHand(reference))" : ""
            return refuse("the record of '\(environment.name)' at the remote is not taken: \(reason)\(way)", reference)
        }
        refuse(nil, reference)
        if reference == environment.reference {
            // Nobody deploys meanwhile by what is no longer the record. Where somebody does, the next round takes it.
            guard let lock = try session.environments.lockIfFree(environment.name) else { return }
            defer { _ = lock.descriptor }
            guard try repository.target(of: environment.pendingReference) == nil else { return }
            try move(reference, from: own, to: theirs)
        } else {
            try move(reference, from: own, to: theirs)
        }
    }

    private func byHand(_ reference: String) -> String { "who trusts it: git fetch \(plainLine(remote, limit: 80)) \(reference):\(reference)" }

    /// Why the record of the remote is no record for here.
    private func objection(to theirs: ObjectID, after own: ObjectID?, _ reference: String, _ environment: Environment) throws -> String? {
        // What nobody signs is not what decides over what was signed.
        if try environment.settings.signaturePolicy() != .none, let reason = try Signatures(session: session).refusal(of: theirs, .head) {
            return "ops.\(environment.name).verify is set, and \(reason); \(byHand(reference))"
        }
        guard reference == environment.reference else {
            return try session.environments.objection(toSuspensions: theirs, after: own, of: environment.name)
        }
        var heads: [ObjectID]?
        if try environment.settings.rewritePolicy() == .refuse {
            // An environment may have followed the default branch before.
            heads = try [environment.branch, session.environments.defaultBranch()].compactMap {
                try session.repository.target(of: Transport.heads + $0.dropFirst(11))
            }
        }
        return try session.environments.objection(toDeployments: theirs, after: own, of: environment.name, on: heads)
    }

    /// Says once why something is not taken; nil where it is, or may be.
    private func refuse(_ reason: String?, _ reference: String) {
        let reason = reason.map { plainLine($0) }
        if let reason, board.now.diverged[reference] != reason { log.error("\(reason)", metadata: ["reference": "\(reference)"]) }
        board.change { $0.diverged[reference] = reason }
    }

    private func move(_ reference: String, from own: ObjectID?, to theirs: ObjectID) throws {
        let repository = session.repository
        let signature = session.environments.committer(.now())
        let isMoved = try repository.retrying(reference) { () throws(GitError) in
            // Where somebody came first, the next round sees to it.
            guard try repository.target(of: reference) == own else { return false }
            try repository.update(reference, to: theirs, expecting: own, by: signature, message: "agent: fetch")
            return true
        }
        if isMoved { log.info("took the record of the remote", metadata: ["reference": "\(reference)", "commit": "\(theirs)"]) }
    }

    /// Lines of both, each once.
    private func takeNotes() throws {
        let repository = session.repository
        let theirs = "refs/notes/\(remote)/ops"
        guard let new = try repository.target(of: theirs) else { return }
        let own = try repository.target(of: EnvironmentRepository.notesReference)
        if let own, try own == new || repository.commit(own, contains: new) { return }
        if let own, try repository.commit(new, contains: own), try RecordCheck.losesNotes(repository, from: own, to: new) {
            return refuse("the notes of the remote lack some that were made here, and are not taken", EnvironmentRepository.notesReference)
        }
        refuse(nil, EnvironmentRepository.notesReference)
        let signature = session.environments.committer(.now())
        // git merges notes without comparing what it replaces; it is given a reference of its own to do that on.
        var merged = new
        if let own, try !repository.commit(new, contains: own) {
            let scratch = "refs/notes/_agent"
            try repository.retrying(scratch) { () throws(GitError) in
                try repository.update(scratch, to: own, expecting: try repository.target(of: scratch), by: signature, message: "agent: merge")
            }
            _ = try GitProcess(environment: session.agentVariables).output(
                ["notes", "--ref", scratch, "merge", "--quiet", "--strategy", "cat_sort_uniq", theirs])
            guard let result = try repository.target(of: scratch) else { return }
            merged = result
            try repository.retrying(scratch) { () throws(GitError) in try repository.delete(scratch, expecting: result) }
        }
        do {
            try repository.update(EnvironmentRepository.notesReference, to: merged, expecting: own, by: signature, message: "agent: merge")
        } catch {
            // Where a deployment was noted meanwhile, the next round has both.
            guard error.kind == .changedUnderneath || error.kind == .locked else { throw error }
        }
    }

    /// Gives the remote what it does not have.
    func give() {
        guard pushes else { return }
        var chains: [(reference: String, own: ObjectID)] = []
        for environment in mine() {
            for reference in Records.chains(of: environment.name) where deploys || reference != environment.reference {
                guard let own = try? session.repository.target(of: reference) else { continue }
                if let theirs = try? theirs(reference) {
                    // What it has beside ours is told by `take`.
                    guard theirs != own, (try? session.repository.commit(own, contains: theirs)) ?? false else { continue }
                }
                chains.append((reference, own))
            }
        }
        if let own = try? session.repository.target(of: EnvironmentRepository.notesReference),
            (try? session.repository.target(of: "refs/notes/\(remote)/ops")) != own,
            // What is not taken of the remote is said, and cannot go there.
            board.now.diverged[EnvironmentRepository.notesReference] == nil
        {
            chains.append((EnvironmentRepository.notesReference, own))
        }
        let leases = deploys ? mine().compactMap { try? lease(on: $0.name) } : []
        guard !chains.isEmpty || !leases.isEmpty else {
            board.change { $0.unpushed = [:] }
            return
        }
        let refused = push(chains, leases)
        let known = board.now.unpushed
        for (reference, own) in chains.map({ ($0.reference, Optional($0.own)) }) + leases.map({ ($0.reference, $0.own) }) {
            if let reason = refused[reference] {
                if known[reference] != reason { log.warning("the remote does not take the record: \(reason)", metadata: ["reference": "\(reference)"]) }
                continue
            }
            note(reference, own)
        }
        board.change { $0.unpushed = refused }
    }

    /// - Returns: why the remote did not take some.
    private func push(_ chains: [(reference: String, own: ObjectID)], _ leases: [Transport.Lease]) -> [String: String] {
        let transport = Transport(session: session, remote: remote, board: board)
        var refused = transport.push(chains, leases)
        guard !refused.isEmpty, chains.count + leases.count > 1 else { return refused }
        // A hook declines all of a push for one that it does not take. Some of them, as the next round has its turn too.
        for reference in refused.keys.shuffled().prefix(Records.mostAlone) where !board.isStopping {
            refused[reference] = transport.push(chains.filter { $0.reference == reference }, leases.filter { $0.reference == reference })[reference]
        }
        return refused
    }

    /// What is kept of drift is ours alone: what the remote has of it is replaced, unless somebody else has since.
    private func lease(on environment: String) throws -> Transport.Lease? {
        let reference = DriftCommit.reference(of: environment)
        let (own, theirs) = (try session.repository.target(of: reference), try theirs(reference))
        guard own != theirs else { return nil }
        // Before anybody has looked, nobody knows that there is none.
        guard own != nil || board.place(environment).knowsDrift else { return nil }
        return Transport.Lease(reference: reference, own: own, theirs: theirs)
    }

    /// What was pushed is what the remote has, until the next fetch says otherwise; what came meanwhile it has not.
    private func note(_ reference: String, _ own: ObjectID?) {
        let kept =
            reference == EnvironmentRepository.notesReference
            ? "refs/notes/\(remote)/ops" : Transport.records + reference.dropFirst("refs/ops/".count)
        let repository = session.repository
        let signature = session.environments.committer(.now())
        try? repository.retrying(kept) { () throws(GitError) in
            let old = try repository.target(of: kept)
            if let own {
                try repository.update(kept, to: own, expecting: old, by: signature, message: "agent: push")
            } else if let old {
                try repository.delete(kept, expecting: old)
            }
        }
    }
}
