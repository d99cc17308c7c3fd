import Glibc
import Posix
import TestSupport

/// A point that a command of a deployment reaches and waits at until the test opens it: two named pipes,
/// so that neither side has to guess how long the other takes.
final class Gate {
    private let reached: FileDescriptor
    private let opened: FileDescriptor
    /// The command, a line for sh.
    let command: String

    init(in scratch: Scratch) throws {
        let names = [scratch("reached"), scratch("opened")]
        for name in names where mkfifo(name, 0o600) != 0 { throw TestFailure("cannot make '\(name)'") }
        // Open for both, so that neither open nor write ever waits for another process.
        reached = try FileDescriptor(opening: names[0], O_RDWR)
        opened = try FileDescriptor(opening: names[1], O_RDWR)
        command = "echo here >'\(names[0])'; read word <'\(names[1])'"
    }

    /// Waits until a command is at the gate.
    func awaitArrival(seconds: Int32 = 120) throws {
        var polls = [pollfd(fd: reached.number, events: Int16(POLLIN), revents: 0)]
        guard poll(&polls, 1, seconds * 1000) == 1 else { throw TestFailure("nobody came to the gate") }
        var buffer = [UInt8](repeating: 0, count: 5)
        guard Glibc.read(reached.number, &buffer, buffer.count) == 5 else { throw TestFailure("nobody came to the gate") }
    }

    /// Lets as many through.
    func open(times: Int = 1) throws {
        try opened.write(Array(String(repeating: "go\n", count: times).utf8))
    }

    deinit {
        // Whoever still waits where a test failed goes on.
        try? open(times: 10)
    }
}

/// A program that runs beside the test.
final class Background {
    private let folder: Scratch
    private let watch: ProcessWatch
    private var end: Termination?

    var pid: pid_t { watch.pid }

    init(_ program: String, _ arguments: [String], in directory: String? = nil, variables: [String: String]) throws {
        folder = try Scratch("background")
        var command = Command(program, arguments, environment: variables)
        if !program.contains("/"), let found = find(program, variables["PATH"] ?? "") { command.program = found }
        command.directory = directory
        let output = try FileDescriptor(opening: folder("out"), O_RDWR | O_CREAT | O_APPEND)
        let error = try FileDescriptor(opening: folder("err"), O_RDWR | O_CREAT | O_APPEND)
        command.output = .descriptor(output.number)
        command.error = .descriptor(error.number)
        watch = try ProcessWatch(try command.start(ownGroup: true))
    }

    /// Whether it has not ended yet.
    var isRunning: Bool {
        var polls = [pollfd(fd: watch.descriptor, events: Int16(POLLIN), revents: 0)]
        return end == nil && poll(&polls, 1, 0) == 0
    }

    /// What it wrote to standard error so far.
    var error: String { folder.text("err") ?? "" }

    /// Waits for its end; what it wrote, as a push's.
    @discardableResult
    func finished(seconds: Int32 = 120) throws -> Push {
        if end == nil {
            var polls = [pollfd(fd: watch.descriptor, events: Int16(POLLIN), revents: 0)]
            guard poll(&polls, 1, seconds * 1000) == 1 else { throw TestFailure("it did not end: \(error)") }
            end = try watch.reap()
        }
        var code: Int32?
        if case .exited(let number) = end { code = number }
        return Push(code: code, output: folder.text("out") ?? "", error: error)
    }

    /// Kills it, alone: what it started is not told.
    func kill() throws {
        _ = Glibc.kill(pid, SIGKILL)
        try finished()
    }

    /// Kills it and what it started in its group.
    func killGroup() throws {
        _ = Glibc.kill(-pid, SIGKILL)
        try finished()
    }

    deinit {
        guard end == nil else { return }
        // The whole group: a server has children.
        _ = Glibc.kill(-pid, SIGKILL)
        _ = try? watch.reap()
    }
}

