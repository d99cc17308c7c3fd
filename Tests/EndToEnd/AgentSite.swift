import Git
import Glibc
import Posix
import TestSupport

/// A repository that people push to and that knows nothing of git-ops, a person's clone of it, and the clone of an agent
/// that deploys into a folder.
final class AgentSite: Sendable {
    let scratch: Scratch
    let remote: TestRepository
    let clone: TestRepository
    let agent: TestRepository

    /// - Parameter settings: of the agent's git configuration.
    init(_ name: String, environments: [String] = [], settings: [String: String] = [:]) throws {
        scratch = try Scratch("agent-\(name)")
        remote = try TestRepository(at: scratch("remote.git"), bare: true)
        clone = try TestRepository(at: scratch("clone"))
        try clone.git("remote", "add", "origin", remote.path)
        if !environments.isEmpty { try clone.write(opsFile(environments), to: "ops.yaml") }
        agent = TestRepository(existing: scratch("agent.git"))
        try push("Zero", ["README": "zero\n"])
        try cloneForAgent(environments, settings)
    }

    /// Makes the agent's clone, where there may have been one before.
    func cloneForAgent(_ environments: [String] = [], _ settings: [String: String] = [:]) throws {
        _ = try run("rm", ["-rf", agent.path])
        let made = try run("git", ["clone", "-q", "--bare", remote.path, agent.path])
        guard made.succeeded else { throw TestFailure(made.all) }
        try makeFolders(scratch("live"))
        for environment in environments.isEmpty ? ["default"] : environments {
            try agent.git("config", "ops.\(environment).directory", scratch("live" + (environments.isEmpty ? "" : "/\(environment)")))
        }
        try agent.git("config", "ops.agentListen", "none")
        // What is to come sooner is asked for.
        try agent.git("config", "ops.agentInterval", "1h")
        for (key, value) in settings { try agent.git("config", key, value) }
    }

    /// Commits files of the clone and pushes them.
    @discardableResult
    func push(_ message: String, _ files: [String: String] = [:], to branch: String = "main", force: Bool = false) throws -> ObjectID {
        let commit = try clone.commit(message, files)
        try clone.git("push", "-q", force ? "--force" : "--no-force", "origin", "HEAD:refs/heads/\(branch)")
        return commit
    }

    /// `git ops agent --once`.
    func once() throws -> Finished {
        try run("git", ["ops", "agent", "--once"], in: agent.path)
    }

    /// `git ops …` in the agent's clone.
    @discardableResult
    func ops(_ arguments: String...) throws -> Finished {
        try run("git", ["ops"] + arguments, in: agent.path)
    }

    func live(_ name: String) -> String? { scratch.text("live/" + name) }

    /// The value of a trailer of the newest deployment.
    func trailer(_ key: String, of environment: String = "default", in repository: TestRepository? = nil) throws -> String {
        try (repository ?? agent).git("log", "-1", "--format=%(trailers:key=\(key),valueonly,separator=%x2C)", "refs/ops/\(environment)")
    }

    /// An agent that runs.
    struct Running {
        let process: ProcessWatch
        let log: String

        /// What it has said so far.
        var said: String { ((try? contents(ofFile: log)) ?? nil).map { String(decoding: $0, as: UTF8.self) } ?? "" }

        /// How often it has said something.
        func count(_ words: String) -> Int { said.split(separator: "\n").count { $0.contains(words) } }

        func await(_ words: String) throws {
            try eventually("it says '\(words)': \(said)") { said.contains(words) }
        }

        /// Has it fetch.
        func nudge() { kill(process.pid, SIGHUP) }
    }

    /// - Parameters:
    ///   - clone: another agent's.
    ///   - variables: beside those of all tests.
    func start(in clone: TestRepository? = nil, _ variables: [String: String] = [:]) throws -> Running {
        let path = scratch("log-\(UInt32.random(in: 0...UInt32.max))")
        let file = try FileDescriptor(opening: path, O_WRONLY | O_CREAT | O_APPEND)
        var command = Command("\(programFolder)/git-ops-agent", [], environment: testVariables(variables))
        command.directory = (clone ?? agent).path
        command.output = .descriptor(file.number)
        command.error = .descriptor(file.number)
        return Running(process: try ProcessWatch(try command.start(ownGroup: true)), log: path)
    }

    /// Runs the agent until the body is done, and ends it then as a service is ended.
    /// - Returns: all that it said.
    @discardableResult
    func whileRunning(_ variables: [String: String] = [:], _ body: (Running) throws -> Void) throws -> String {
        let running = try start(variables)
        do {
            try running.await("msg=\"started\"")
            try body(running)
        } catch {
            kill(-running.process.pid, SIGKILL)
            _ = try? running.process.reap()
            throw error
        }
        kill(running.process.pid, SIGTERM)
        let end = try running.process.reap()
        guard end.succeeded else { throw TestFailure("the agent ended with \(end): \(running.said)") }
        return running.said
    }
}

private func opsFile(_ environments: [String]) -> String {
    "environments:\n" + environments.map { "  \($0):\n    path: \($0)\n" }.joined()
}
