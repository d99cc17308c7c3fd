import Git
import Glibc
import Posix

/// Runs git itself, for what git does best: its configuration, its identity, transport, diff and log.
package struct GitProcess {
    /// The variables that git sees.
    package var environment: [String: String]
    package var directory: String?

    package init(environment: [String: String], directory: String? = nil) {
        self.environment = environment
        self.directory = directory
    }

    /// Runs git and takes what it writes to standard output.
    /// - Throws: `Failure` where git ends with an error, in git's own words.
    package func output(_ arguments: [String], input: [UInt8]? = nil) throws -> [UInt8] {
        let (end, output, error) = try run(arguments, input: input)
        guard end.succeeded else {
            let lines = GitProcess.lines(error)
            let words = lines.first { $0.hasPrefix("fatal: ") } ?? lines.first ?? "git \(arguments.first ?? "") failed"
            throw Failure(words.hasPrefix("fatal: ") ? String(words.dropFirst(7)) : words)
        }
        return output
    }

    /// Runs git and takes the first line of what it writes; nil where it ends with an error.
    package func line(_ arguments: [String]) -> String? {
        guard let (end, output, _) = try? run(arguments, input: nil), end.succeeded else { return nil }
        return String(decoding: output.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    /// The lines of what git and its helpers say. ssh ends its own in CR LF, which to Swift is one character, and progress
    /// has only CR: so bytes are split.
    package static func lines(_ output: [UInt8]) -> [String] {
        output.split { $0 == 10 || $0 == 13 }.map { String(decoding: $0, as: UTF8.self) }
    }

    private func run(_ arguments: [String], input: [UInt8]?) throws -> (Termination, [UInt8], [UInt8]) {
        // Errors go to a file that is already removed, so that one pipe is enough.
        let errors = try FileDescriptor(owning: temporaryFile())
        var command = Command("git", arguments, environment: environment)
        command.directory = directory
        let pipe = try Pipe()
        command.output = .descriptor(pipe.writeEnd)
        command.error = .descriptor(errors.number)
        var inputPipe: Pipe?
        if input != nil {
            let pipe = try Pipe()
            command.input = .descriptor(pipe.readEnd)
            inputPipe = pipe
        }
        let pid = try command.start()
        pipe.closeWriteEnd()
        if let inputPipe, let input {
            inputPipe.closeReadEnd()
            try? FileDescriptor.write(input, to: inputPipe.writeEnd)
            inputPipe.closeWriteEnd()
        }
        let output = try FileDescriptor.readAll(from: pipe.readEnd)
        let end = try ProcessWatch(pid).reap()
        lseek(errors.number, 0, SEEK_SET)
        return (end, output, try FileDescriptor.readAll(from: errors.number))
    }

    private func temporaryFile() throws -> Int32 {
        var name = Array("/tmp/git-ops.XXXXXX".utf8CString)
        let number = mkstemp(&name)
        guard number >= 0 else { throw SystemError(errno, "cannot make a temporary file") }
        unlink(name)
        return number
    }

    /// Becomes git: replaces this process.
    package func become(_ arguments: [String]) throws -> Never {
        try replaceProcess(by: "git", arguments, environment: environment)
    }
}

/// Replaces this process by another program.
package func replaceProcess(by program: String, _ arguments: [String], environment: [String: String]) throws -> Never {
    var argv: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    for (name, value) in environment { setenv(name, value, 1) }
    for name in processVariables().keys where environment[name] == nil { unsetenv(name) }
    signal(SIGPIPE, SIG_DFL)
    execvp(program, &argv)
    throw SystemError(errno, "cannot run '\(program)'")
}
