public import Git
import Glibc
import Posix

/// A repository that a test works in, through git itself.
public final class TestRepository: Sendable {
    public let path: String
    public let variables: [String: String]

    /// Makes a repository.
    /// - Parameters:
    ///   - path: where; it is made.
    public init(at path: String, bare: Bool = false, variables: [String: String] = testVariables()) throws {
        self.path = path
        self.variables = variables
        try makeFolders(path)
        try git("init", "-q", "-b", "main", bare ? "--bare" : "--quiet", ".")
    }

    /// Takes a repository that is there, or that a test is about to make.
    public init(existing path: String, variables: [String: String] = testVariables()) {
        self.path = path
        self.variables = variables
    }

    /// Runs git; what it prints, without the last newline.
    @discardableResult
    public func git(_ arguments: String...) throws -> String {
        let finished = try run("git", arguments, in: path, variables: variables)
        guard finished.succeeded else { throw TestFailure("git \(arguments.joined(separator: " ")): \(finished.all)") }
        return finished.output.hasSuffix("\n") ? String(finished.output.dropLast()) : finished.output
    }

    /// Runs git, whatever it answers.
    @discardableResult
    public func attempt(_ arguments: String..., input: String = "") throws -> Finished {
        try run("git", arguments, in: path, variables: variables, input: input)
    }

    /// Writes a file of the working tree.
    public func write(_ text: String, to name: String, mode: mode_t = 0o644) throws {
        let file = "\(path)/\(name)"
        if let slash = file.lastIndex(of: "/") { try makeFolders(String(file[..<slash])) }
        try Posix.write(Array(text.utf8), toFile: file, mode: mode)
        chmod(file, mode)
    }

    /// Commits everything in the working tree.
    /// - Returns: the commit.
    @discardableResult
    public func commit(_ message: String, _ files: [String: String] = [:]) throws -> ObjectID {
        for (name, text) in files { try write(text, to: name) }
        try git("add", "-A")
        try git("commit", "-q", "--allow-empty", "--no-verify", "-m", message)
        return try id("HEAD")
    }

    /// What a revision names.
    public func id(_ revision: String) throws -> ObjectID {
        guard let id = ObjectID(hex: try git("rev-parse", revision)) else { throw TestFailure("no id for \(revision)") }
        return id
    }

    /// Opens it through the room Git.
    public func open() throws -> Repository {
        try Repository(from: path, environment: [:])
    }
}

/// A test could not be set up.
public struct TestFailure: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
