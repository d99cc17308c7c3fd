// EndToEnd: real git, real hooks, real servers. Nothing here looks into a room: what is tested is what a
// person at a terminal sees, what is in the repository, and what lies in the directory.

import Git
import Glibc
import Posix
import TestSupport

/// A server's repository that deploys into a folder, and a person's clone of it.
final class Site: Sendable {
    let scratch: Scratch
    let server: TestRepository
    let clone: TestRepository
    let variables: [String: String]

    /// Makes the repository with `git ops init` and clones it; nothing is committed yet.
    /// - Parameters:
    ///   - environments: each is deployed into `live/<environment>`; where there is none, `default` is
    ///     deployed into `live`.
    ///   - repository: the folder of the server's repository.
    ///   - settings: of the server's git configuration.
    init(
        _ name: String, environments: [String] = [], repository: String = "server.git", settings: [String: String] = [:],
        variables: [String: String] = [:]
    ) throws {
        scratch = try Scratch(name)
        self.variables = testVariables(variables)
        try makeFolders(scratch("live"))
        // With one environment, the folder that is named is the environment's own.
        let directory = environments.count == 1 ? scratch("live/\(environments[0])") : scratch("live")
        let arguments =
            ["ops", "init", "-q", "--bare", "--branch", "main", "--directory", directory] + environments.flatMap { ["-e", $0] }
        let made = try run("git", arguments + [scratch(repository)], variables: self.variables)
        guard made.succeeded else { throw TestFailure("git ops init: \(made.all)") }
        server = TestRepository(existing: scratch(repository), variables: self.variables)
        for (key, value) in settings { try server.git("config", key, value) }
        clone = try TestRepository(at: scratch("clone"), variables: self.variables)
        try clone.git("remote", "add", "origin", server.path)
    }

    /// Another person's clone.
    func anotherClone(_ name: String) throws -> TestRepository {
        _ = try run("git", ["clone", "-q", server.path, scratch(name)], variables: variables)
        return TestRepository(existing: scratch(name), variables: variables)
    }

    /// Commits files of the clone and pushes them to `main`.
    @discardableResult
    func deploy(_ message: String, _ files: [String: String]) throws -> ObjectID {
        let commit = try clone.commit(message, files)
        let push = try push("HEAD:main")
        guard push.succeeded else { throw TestFailure("the push of '\(message)' was refused: \(push.all)") }
        return commit
    }

    /// `git push origin …` from the clone.
    func push(_ arguments: String...) throws -> Push {
        Push(try run("git", ["push", "origin"] + arguments, in: clone.path, variables: variables))
    }

    /// Runs `git ops` on the server until the body is done, which is given what it has said so far.
    func whileRunning(_ arguments: String..., do body: (() -> String) throws -> Void) throws {
        let output = scratch("said-\(UInt32.random(in: 0...UInt32.max))")
        let file = try FileDescriptor(opening: output, O_WRONLY | O_CREAT | O_APPEND)
        var command = Command("git", ["ops"] + arguments, environment: variables)
        command.directory = server.path
        command.input = .none
        command.output = .descriptor(file.number)
        command.error = .descriptor(file.number)
        let process = try ProcessWatch(try command.start(ownGroup: true))
        defer {
            kill(-process.pid, SIGTERM)
            _ = try? process.reap()
        }
        try body { (try? contents(ofFile: output)).flatMap { $0 }.map { String(decoding: $0, as: UTF8.self) } ?? "" }
    }

    /// `git ops …` in the server's repository.
    @discardableResult
    func ops(_ arguments: String...) throws -> Finished {
        try run("git", ["ops"] + arguments, in: server.path, variables: variables)
    }

    /// What a file below `live` holds; nil where it is not there.
    func live(_ name: String) -> String? {
        scratch.text("live/" + name)
    }

    /// Waits until a commit is deployed, and until whoever deployed it has put everything down: the note
    /// comes after the chain.
    func awaitDeployment(of commit: ObjectID, to environment: String = "default") throws {
        let end = try ops("wait", "-q", "-e", environment, "--timeout", "120s", commit.description)
        guard end.succeeded else { throw TestFailure("\(commit) was not deployed: \(end.all)") }
        try FileLock(waitingFor: "\(server.path)/ops/\(environment)/lock").release()
    }

    /// The kinds of the events that are noted on a commit, in order.
    func events(of commit: ObjectID) throws -> [String] {
        let note = try server.attempt("notes", "--ref=ops", "show", commit.description)
        return note.output.split(separator: "\n").compactMap { line in
            line.split(separator: " ").first { $0.hasPrefix("event=") }.map { String($0.dropFirst(6)) }
        }
    }

    /// The value of a trailer of the newest deployment.
    func trailer(_ key: String, of environment: String = "default") throws -> String {
        try server.git("log", "-1", "--format=%(trailers:key=\(key),valueonly,separator=%x2C)", "refs/ops/\(environment)")
    }
}

/// A push as the pusher sees it.
struct Push {
    /// nil where it was killed.
    let code: Int32?
    let output: String
    let error: String

    init(_ finished: Finished) {
        code = finished.code
        output = finished.output
        error = finished.error
    }

    init(code: Int32?, output: String, error: String) {
        self.code = code
        self.output = output
        self.error = error
    }

    var succeeded: Bool { code == 0 }
    var all: String { output + error }

    /// What the server said, without git's `remote: ` and the spaces that git adds.
    var lines: [String] {
        Push.lines(of: error)
    }

    /// The same, with ids and durations made equal.
    var plainLines: [String] { lines.map(normalised) }

    func says(_ text: String) -> Bool {
        lines.contains { $0.contains(text) }
    }

    static func lines(of text: String) -> [String] {
        text.split(separator: "\n").filter { $0.hasPrefix("remote: ") }.map { line in
            var line = line.dropFirst("remote: ".count)
            while line.last == " " { line = line.dropLast() }
            return String(line)
        }
    }
}

/// Text with ids and durations made equal, so that it can be compared.
func normalised(_ text: String) -> String {
    text.replacing(/\b[0-9a-f]{7,40}\b/, with: "<id>").replacing(/\b\d+\.\d{3}s/, with: "<time>")
}

/// Asks jq.
/// - Returns: what the filter gives, as raw text.
func jq(_ filter: String, _ document: String) throws -> String {
    let answer = try run("jq", ["-r", filter], input: document)
    guard answer.succeeded else { throw TestFailure("jq '\(filter)': \(answer.error) of \(document)") }
    return answer.output.hasSuffix("\n") ? String(answer.output.dropLast()) : answer.output
}

/// A declaration of environments, each in the folder of its name.
func opsFile(_ environments: String...) -> String {
    "environments:\n" + environments.map { "  \($0):\n    path: \($0)\n" }.joined()
}

extension TestRepository {
    /// Runs a line of sh in the repository, for what needs pipes or bytes that are no text.
    @discardableResult
    func shell(_ script: String) throws -> String {
        let finished = try run("sh", ["-euc", script], in: path, variables: variables)
        guard finished.succeeded else { throw TestFailure("\(script): \(finished.all)") }
        return finished.output.hasSuffix("\n") ? String(finished.output.dropLast()) : finished.output
    }
}
