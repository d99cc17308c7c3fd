// TestSupport: what the tests of several rooms need: a scratch folder, git with a fixed identity, and
// running programs. It knows no room but Posix and Git.

import Git
public import Glibc
public import Posix

/// A folder of its own for a test, removed with everything in it when the test is over.
public final class Scratch: Sendable {
    public let path: String

    /// - Parameter name: part of the folder's name.
    public init(_ name: String = "test") throws {
        var template = Array("/tmp/git-ops-\(name).XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError(errno, "cannot make a scratch folder") }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        removeAll(path)
    }

    /// The path of something in the folder.
    public func callAsFunction(_ name: String) -> String {
        path + "/" + name
    }

    /// Makes a file, with the folders above it.
    @discardableResult
    public func write(_ text: String, to name: String, mode: mode_t = 0o644) throws -> String {
        let file = self(name)
        if let slash = file.lastIndex(of: "/") { try makeFolders(String(file[..<slash])) }
        try Posix.write(Array(text.utf8), toFile: file, mode: mode)
        chmod(file, mode)
        return file
    }

    /// The text of a file; nil where there is none.
    public func text(_ name: String) -> String? {
        (try? contents(ofFile: self(name))).flatMap { $0 }.map { String(decoding: $0, as: UTF8.self) }
    }
}

/// What a program that was run to its end left.
public struct Finished: Sendable {
    public let termination: Termination
    public let output: String
    public let error: String

    /// The exit code; nil where it was killed.
    public var code: Int32? {
        if case .exited(let code) = termination { code } else { nil }
    }
    public var succeeded: Bool { termination.succeeded }
    /// Standard output and standard error, one after the other.
    public var all: String { output + error }
}

/// The variables that tests run programs with: nothing of the machine's configuration of git, a fixed
/// identity, and git-ops as it was just built in front of PATH.
public func testVariables(_ more: [String: String] = [:]) -> [String: String] {
    let path = processVariables()["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    var variables = [
        "PATH": "\(programFolder):\(path):/usr/sbin:/sbin", "HOME": "/nonexistent", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "Ann Author", "GIT_AUTHOR_EMAIL": "ann@example.org",
        "GIT_COMMITTER_NAME": "Cam Committer", "GIT_COMMITTER_EMAIL": "cam@example.org", "GIT_TERMINAL_PROMPT": "0",
        "GIT_PAGER": "cat",
    ]
    for (name, value) in more { variables[name] = value }
    return variables
}

/// Where the programs of this package were built: beside the tests that run.
public let programFolder: String = {
    var buffer = [CChar](repeating: 0, count: 4096)
    let length = readlink("/proc/self/exe", &buffer, buffer.count)
    let path = String(decoding: buffer.prefix(max(0, length)).map(UInt8.init(bitPattern:)), as: UTF8.self)
    return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
}()

/// Runs a program to its end.
/// - Parameters:
///   - directory: its working directory.
///   - input: what it reads.
///   - timeout: seconds; a test that hangs is a test that fails.
@discardableResult
public func run(
    _ program: String, _ arguments: [String], in directory: String? = nil, variables: [String: String] = testVariables(),
    input: String = "", timeout: Double = 120
) throws -> Finished {
    // Two files take what it says, so that neither stream can block the other.
    let folder = try Scratch("run")
    var command = Command(program, arguments, environment: variables)
    if !program.contains("/"), let found = find(program, variables["PATH"] ?? "") { command.program = found }
    command.directory = directory
    let output = try FileDescriptor(opening: folder("out"), O_RDWR | O_CREAT)
    let error = try FileDescriptor(opening: folder("err"), O_RDWR | O_CREAT)
    command.output = .descriptor(output.number)
    command.error = .descriptor(error.number)
    let end = try command.run(standardInput: Array(input.utf8), timeout: timeout)
    return Finished(termination: end, output: folder.text("out") ?? "", error: folder.text("err") ?? "")
}

/// Where a program is on a PATH; posix_spawnp would look on that of the tests.
public func find(_ program: String, _ path: String) -> String? {
    path.split(separator: ":").map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
}
