import CPosix
import Glibc

/// How a process ended.
public enum Termination: Hashable, Sendable, CustomStringConvertible {
    case exited(Int32)
    case signalled(Int32)
    /// It was killed because its time was over.
    case timedOut

    public var succeeded: Bool { self == .exited(0) }

    public var description: String {
        switch self {
        case .exited(let code): "exit code \(code)"
        case .signalled(let signal): "killed by signal \(signal)"
        case .timedOut: "timed out"
        }
    }

    /// - Parameter status: as waitpid(2) gives it.
    init(status: Int32) {
        self = status & 0x7f == 0 ? .exited(status >> 8 & 0xff) : .signalled(status & 0x7f)
    }
}

/// What to run, and how.
public struct Command: Sendable {
    public enum Stream: Sendable {
        /// The caller's own.
        case inherited
        /// `/dev/null`.
        case none
        /// A descriptor of the caller's, which stays open there.
        case descriptor(Int32)
    }

    /// The program: looked for in `path` unless it holds a slash.
    public var program: String
    public var arguments: [String]
    /// The whole environment of the process.
    public var environment: [String: String]
    /// The working directory; nil for the caller's.
    public var directory: String?
    public var input: Stream = .none
    public var output: Stream = .inherited
    public var error: Stream = .inherited
    /// A descriptor that it gets as number 3, so that a lock on it lives as long as it does.
    public var keeps: Int32?
    /// Whether it leads a session of its own, so that it outlives the caller's terminal and connection.
    public var startsSession = false

    public init(_ program: String, _ arguments: [String], environment: [String: String]) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
    }

    /// Starts it. Every descriptor but its standard ones is closed in it.
    /// - Returns: its process id, which the caller waits for; it leads a process group of its own
    ///   unless it shares the caller's terminal.
    public func start(ownGroup: Bool = false) throws(SystemError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, stream) in [(Int32(0), input), (1, output), (2, error)] {
            switch stream {
            case .inherited: break
            case .none: posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_RDWR, 0)
            case .descriptor(let source): posix_spawn_file_actions_adddup2(&actions, source, number)
            }
        }
        if let keeps { posix_spawn_file_actions_adddup2(&actions, keeps, 3) }
        ops_spawn_closefrom(&actions, keeps == nil ? 3 : 4)
        if let directory { ops_spawn_chdir(&actions, directory) }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigemptyset(&all)
        for signal in [SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGCHLD] { sigaddset(&all, signal) }
        posix_spawnattr_setsigdefault(&attributes, &all)
        var flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        if startsSession { flags |= 0x80 /* POSIX_SPAWN_SETSID, which Swift does not import */ }
        if ownGroup { flags |= POSIX_SPAWN_SETPGROUP }
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var argv: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, program, &actions, &attributes, &argv, &envp)
        guard code == 0 else { throw SystemError(code, "cannot run '\(program)'") }
        return pid
    }

    /// Runs it to its end; its output goes where `output` and `error` say.
    /// - Parameters:
    ///   - standardInput: what it reads; it sees the end of input after that. Where nil, `input` says.
    ///   - timeout: seconds after which its whole process group is told to end, and 5 seconds later killed.
    public func run(standardInput: [UInt8]? = nil, timeout: Double? = nil) throws(SystemError) -> Termination {
        try run(standardInput, timeout, capturing: nil, { _ in }, { _ in })
    }

    /// Runs it to its end.
    /// - Parameters:
    ///   - standardInput: what it reads; it sees the end of input after that. Where nil, `input` says.
    ///   - timeout: seconds after which its whole process group is told to end, and 5 seconds later killed.
    ///   - onStart: given its process id.
    ///   - onOutput: given what it writes to standard output and standard error as it comes. What others
    ///     that it started write after its end is not waited for.
    public func run(
        standardInput: [UInt8]? = nil, timeout: Double? = nil, onStart: (pid_t) -> Void = { _ in },
        onOutput: ([UInt8]) -> Void
    ) throws(SystemError) -> Termination {
        try run(standardInput, timeout, capturing: try Pipe(), onStart, onOutput)
    }

    private func run(
        _ standardInput: [UInt8]?, _ timeout: Double?, capturing output: Pipe?, _ onStart: (pid_t) -> Void,
        _ onOutput: ([UInt8]) -> Void
    ) throws(SystemError) -> Termination {
        var command = self
        var inputPipe: Pipe?
        if standardInput != nil {
            let pipe = try Pipe()
            command.input = .descriptor(pipe.readEnd)
            inputPipe = pipe
        }
        if let output {
            command.output = .descriptor(output.writeEnd)
            command.error = .descriptor(output.writeEnd)
        }
        let pid = try command.start(ownGroup: timeout != nil)
        inputPipe?.closeReadEnd()
        output?.closeWriteEnd()
        let watch = try ProcessWatch(pid)
        onStart(pid)
        return try Command.attend(
            watch, input: inputPipe, standardInput ?? [], output: output, timeout: timeout, onOutput)
    }

    /// Feeds, listens and waits at once, so that neither side can block the other.
    private static func attend(
        _ watch: ProcessWatch, input: Pipe?, _ bytes: [UInt8], output: Pipe?, timeout: Double?, _ onOutput: ([UInt8]) -> Void
    ) throws(SystemError) -> Termination {
        var fed = 0
        if let input {
            _ = fcntl(input.writeEnd, F_SETFL, O_NONBLOCK)
            if bytes.isEmpty { input.closeWriteEnd() }
        }
        var deadline = timeout.map { monotonicSeconds() + $0 }
        var isTimedOut = false
        var ended: Termination?
        // What it wrote before its end is in the pipe, which holds this much (pipe(7)).
        var rest = 1 << 16
        while true {
            var polls: [pollfd] = []
            let wantsInput = input.map { $0.writeEnd >= 0 } ?? false
            let wantsOutput = output.map { $0.readEnd >= 0 } ?? false
            polls.append(pollfd(fd: ended == nil ? watch.descriptor : -1, events: Int16(POLLIN), revents: 0))
            polls.append(pollfd(fd: wantsInput ? input?.writeEnd ?? -1 : -1, events: Int16(POLLOUT), revents: 0))
            polls.append(pollfd(fd: wantsOutput ? output?.readEnd ?? -1 : -1, events: Int16(POLLIN), revents: 0))
            // What it left running may hold the pipe: once it has ended, only what is there is taken.
            let patience: Int32 =
                ended != nil ? 0 : deadline.map { Int32(max(0, min(($0 - monotonicSeconds()) * 1000 + 1, 1e6))) } ?? -1
            let ready = poll(&polls, 3, patience)
            if ready < 0 {
                if errno == EINTR { continue }
                throw SystemError(errno, "cannot wait for process \(watch.pid)")
            }
            if polls[1].revents != 0, let input {
                let written = bytes.withUnsafeBytes { Glibc.write(input.writeEnd, $0.baseAddress.map { $0 + fed }, bytes.count - fed) }
                if written > 0 { fed += written }
                if fed == bytes.count || (written < 0 && errno != EAGAIN && errno != EINTR) { input.closeWriteEnd() }
            }
            if polls[2].revents != 0, let output, rest > 0 {
                let some = try FileDescriptor.read(from: output.readEnd)
                if some.isEmpty { output.closeReadEnd() } else { onOutput(some) }
                if ended != nil { rest -= some.count }
            } else if let ended {
                guard isTimedOut else { return ended }
                // Whatever it started and that did not listen goes as well.
                kill(-watch.pid, SIGKILL)
                return .timedOut
            }
            if polls[0].revents != 0 { ended = try watch.reap() }
            if ended == nil, let limit = deadline, monotonicSeconds() >= limit {
                kill(-watch.pid, isTimedOut ? SIGKILL : SIGTERM)
                isTimedOut = true
                deadline = monotonicSeconds() + 5
            }
        }
    }
}

/// The two ends of a pipe, each closed when it is no longer needed. Writing to one that nobody reads
/// must not end the process: the caller ignores SIGPIPE.
public final class Pipe {
    public private(set) var readEnd: Int32
    public private(set) var writeEnd: Int32

    public init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        guard ops_pipe2(&ends, O_CLOEXEC) == 0 else { throw SystemError(errno, "cannot make a pipe") }
        readEnd = ends[0]
        writeEnd = ends[1]
    }

    public func closeReadEnd() {
        if readEnd >= 0 { close(readEnd) }
        readEnd = -1
    }

    public func closeWriteEnd() {
        if writeEnd >= 0 { close(writeEnd) }
        writeEnd = -1
    }

    deinit {
        closeReadEnd()
        closeWriteEnd()
    }
}

/// A child process whose end can be polled for (pidfd_open(2)).
public final class ProcessWatch {
    public let pid: pid_t
    /// Becomes readable when the process has ended.
    public let descriptor: Int32

    /// - Parameter pid: a child of this process that was not waited for yet.
    public init(_ pid: pid_t) throws(SystemError) {
        let number = Int32(ops_pidfd_open(pid))
        guard number >= 0 else { throw SystemError(errno, "cannot watch process \(pid)") }
        self.pid = pid
        descriptor = number
    }

    deinit {
        close(descriptor)
    }

    /// Waits for the end.
    public func reap() throws(SystemError) -> Termination {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 {
            guard errno == EINTR else { throw SystemError(errno, "cannot wait for process \(pid)") }
        }
        return Termination(status: status)
    }
}

/// The name of this machine.
public func hostName() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
