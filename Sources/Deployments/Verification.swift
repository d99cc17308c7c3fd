public import Git
import Rendering

/// Something wrong with the record.
public struct RecordDefect: Sendable, Hashable {
    /// The deployment that it is about, or the commit.
    public let commit: ObjectID?
    public let message: String
}

extension EnvironmentRepository {
    /// Goes through the whole record of an environment, newest first.
    ///
    /// Every deployment must have the one before it as first parent and its source as last, be numbered
    /// down to 1 without a gap, have a readable tree and inventory, and its event in the notes; and the
    /// chain must end in the commit that began it. Suspensions are a chain of their own, each with its event, and
    /// each event of one has its commit there.
    /// - Returns: how many deployments there are, and what is wrong.
    public func verify(_ environment: String) throws -> (count: Int, defects: [RecordDefect]) {
        var events: [ObjectID: [Event]] = [:]
        let (count, defects) = try verifyDeployments(environment, noting: &events)
        return (count, defects + (try verifySuspensions(environment, noted: events.values.flatMap { $0 })))
    }

    /// - Parameter known: is given the events of each commit that was deployed.
    private func verifyDeployments(
        _ environment: String, noting known: inout [ObjectID: [Event]]
    ) throws -> (count: Int, defects: [RecordDefect]) {
        var defects: [RecordDefect] = []
        var count = 0
        var seen: Set<Identifier> = []
        var expected: Int?
        var next = try repository.target(of: "refs/ops/\(environment)")
        while let id = next {
            let commit: Commit
            do {
                commit = try repository.readCommit(id)
            } catch {
                defects.append(RecordDefect(commit: id, message: "cannot be read: \(error)"))
                break
            }
            if commit.parents.isEmpty {
                if let expected, expected != 0 {
                    defects.append(RecordDefect(commit: id, message: "the chain begins at number \(expected + 1)"))
                }
                let names = commit.trailers.filter { $0.key == "Environment" }.map(\.value)
                if names != [environment] { defects.append(RecordDefect(commit: id, message: "begins another record")) }
                next = nil
                continue
            }
            guard let deployment = Deployment(commit) else {
                defects.append(RecordDefect(commit: id, message: "is not a deployment"))
                break
            }
            count += 1
            func claim(_ holds: Bool, _ message: @autoclosure () -> String) {
                if !holds { defects.append(RecordDefect(commit: id, message: message())) }
            }
            claim(deployment.environment == environment, "is a deployment of '\(deployment.environment)'")
            if let expected { claim(deployment.number == expected, "has number \(deployment.number) in the place of \(expected)") }
            claim(commit.parents.count == 2, "has \(commit.parents.count) parents in the place of two")
            claim(commit.parents.last == deployment.source, "does not have its source as last parent")
            claim(seen.insert(deployment.identifier).inserted, "has the id of another deployment")
            claim(repository.contains(deployment.source), "has lost its source \(deployment.source.short)")
            claim(deployment.result != .started, "never ended")
            // Nothing has superseded what nobody waited for, as git-ops was stopped; that is its reason then.
            claim(
                deployment.result == .superseded ? deployment.supersededBy != nil || deployment.reason != nil : deployment.supersededBy == nil,
                "does not say what superseded it, or should not")
            verifyTree(id, commit, &defects)
            try verifyEvent(id, deployment, &known, &defects)
            expected = deployment.number - 1
            next = commit.parents.first
        }
        return (count, defects)
    }

    private func verifyTree(_ id: ObjectID, _ commit: Commit, _ defects: inout [RecordDefect]) {
        do {
            _ = try recordInventory(try deployment(id))
            try repository.forEachFile(inTree: commit.tree) { file throws(GitError) in
                guard repository.contains(file.id) else { throw GitError(.notFound, "\(file.path) is missing") }
            }
        } catch {
            defects.append(RecordDefect(commit: id, message: "\(error)"))
        }
    }

    private func verifyEvent(
        _ id: ObjectID, _ deployment: Deployment, _ known: inout [ObjectID: [Event]], _ defects: inout [RecordDefect]
    ) throws {
        // A commit that was deployed often has one long note.
        let events =
            try known[deployment.source]
            ?? noteReferences().flatMap { try self.events(of: deployment.source, reference: $0) }
        known[deployment.source] = events
        let isNoted = events.contains {
            $0.identifier == deployment.identifier && $0.kind.rawValue == deployment.result.rawValue
                && $0["deployment"] == id.description
        }
        if !isNoted {
            defects.append(RecordDefect(commit: id, message: "is not in the notes of \(deployment.source.short)"))
        }
    }
}
