@testable import Agent
@testable import Deployments
import Git
import Operations
import Posix
import Rendering
import TestSupport
import Testing

/// What of a drift a commit can keep.
@Suite struct DriftCommitTests {
    /// A target of files that cannot say what is in some of them.
    private final class Speechless: Target {
        func plan(_ desired: DesiredState, inventory: Inventory, adopting: Bool) throws(TargetError) -> Plan { Plan() }
        func liveContent(of change: Change) throws(TargetError) -> [UInt8]? { change.path.description == "a" ? nil : Array("by hand\n".utf8) }
        func apply(_ plan: Plan, progress: (Change) -> Void) throws(TargetError) {}
        func wait(timeout: Double, unless isOvertaken: @escaping () -> Bool, progress: (String) -> Void) throws(TargetError) -> WaitOutcome { .healthy }
        var foundFolders: [RepositoryPath] { [] }
        func commit() throws(TargetError) {}
        func rollBack() throws(TargetError) {}
    }

    @Test func whatCannotBeReadIsListedAsNotKept() throws {
        let scratch = try Scratch("drift-commit")
        let repository = try TestRepository(at: scratch("repository"))
        try repository.commit("First", ["a": "one\n", "b": "one\n"])
        let head = try repository.id("HEAD")
        let session = try Session(from: repository.path)
        let deployment = Deployment(
            environment: "default", identifier: Identifier(at: .now()), number: 1, source: head, sourceSubject: "First", result: .deployed, trigger: .agent,
            actor: Actor(name: "ann", source: "test"), started: .now())
        let environment = try #require(try session.environments.environments().first)
        let drift = DriftCommit(
            session: session, environment: environment,
            running: RecordedDeployment(id: head, commit: try session.repository.readCommit(head), deployment: deployment))
        let live = try session.repository.write(Array("by hand\n".utf8), as: .blob)
        let changes = ["a", "b"].map { Change(.change, RepositoryPath($0), live: (.file, live), isDrift: true) }
        let kept = try drift.write(Plan(changes: changes), Speechless())
        #expect(kept.left == ["a: what is live of it cannot be written into a file"])
        let commit = try #require(kept.commit)
        #expect(try repository.git("diff", "--name-status", "HEAD", commit.description) == "M\tb")
        #expect(try repository.git("log", "-1", "--format=%B", commit.description).contains("not kept:\n\n    a: what is live of it"))
    }
}
