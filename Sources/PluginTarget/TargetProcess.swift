import Deployments
import Glibc
import Posix

/// The running program of a target, and the pipes to it.
final class TargetProcess: TargetPeer {
    /// The longest line of standard error that is passed on as one, in bytes.
    private static let longestMessage = 2000

    private let watch: ProcessWatch
    private let input: Pipe
    private let output: Pipe
    private let errors: Pipe
    private let onMessage: (String) -> Void
    private var messages = LineBuffer()
    /// How it ended, once it is known.
    private(set) var termination: Termination?

    /// - Parameters:
    ///   - lock: a descriptor that it inherits as number 3.
    ///   - onMessage: given its standard error, line by line.
    init(
        program: String, environment: [String: String], lock: Int32?, onMessage: @escaping (String) -> Void
    ) throws(SystemError) {
        input = try Pipe()
        output = try Pipe()
        errors = try Pipe()
        self.onMessage = onMessage
        var command = Command(program, [], environment: environment)
        command.input = .descriptor(input.readEnd)
        command.output = .descriptor(output.writeEnd)
        command.error = .descriptor(errors.writeEnd)
        // It must not keep the caller's folder busy, nor depend on it.
        command.directory = "/"
        command.keeps = lock
        let pid = try command.start(ownGroup: true)
        do {
            watch = try ProcessWatch(pid)
        } catch {
            kill(-pid, SIGKILL)
            waitpid(pid, nil, 0)
            throw error
        }
        input.closeReadEnd()
        output.closeWriteEnd()
        errors.closeWriteEnd()
        for end in [input.writeEnd, output.readEnd, errors.readEnd] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
    }

    deinit {
        end(politely: true)
    }

    func poll(writing: Bool, waking waker: Int32?, until deadline: Double) throws(SystemError) -> (hasEnded: Bool, wasWoken: Bool) {
        var polls = [
            pollfd(fd: watch.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: writing ? input.writeEnd : -1, events: Int16(POLLOUT), revents: 0),
            pollfd(fd: output.readEnd, events: Int16(POLLIN), revents: 0),
            pollfd(fd: errors.readEnd, events: Int16(POLLIN), revents: 0),
            pollfd(fd: waker ?? -1, events: Int16(POLLIN), revents: 0),
        ]
        if termination != nil { polls[0].fd = -1 }
        let milliseconds = max(0, min((deadline - monotonicSeconds()) * 1000 + 1, 1e6))
        if Glibc.poll(&polls, nfds_t(polls.count), Int32(milliseconds)) < 0, errno != EINTR {
            throw SystemError(errno, "cannot wait for process \(watch.pid)")
        }
        return (polls[0].revents != 0 || termination != nil, polls[4].revents != 0)
    }

    func send(_ bytes: ArraySlice<UInt8>) throws(SystemError) -> Int? {
        guard input.writeEnd >= 0 else { return nil }
        let (written, code) = bytes.withUnsafeBytes { writeWithoutSignal($0, to: input.writeEnd) }
        if written >= 0 { return written }
        switch code {
        case EAGAIN, EINTR: return 0
        case EPIPE:
            input.closeWriteEnd()
            return nil
        default: throw SystemError(code, "cannot write")
        }
    }

    func receive() throws(SystemError) -> Received {
        try TargetProcess.receive(from: output)
    }

    /// Passes on what it said on standard error.
    func passMessages() throws(SystemError) {
        while true {
            switch try TargetProcess.receive(from: errors) {
            case .nothing: return
            case .end:
                errors.closeReadEnd()
                if messages.pending > 0 { onMessage(outputLine(messages.takePending())) }
                return
            case .bytes(let bytes):
                messages.append(bytes)
                while let line = messages.next() {
                    onMessage(outputLine(line.last == UInt8(ascii: "\r") ? line.dropLast() : line[...]))
                }
                if messages.pending > TargetProcess.longestMessage { onMessage(outputLine(messages.takePending())) }
            }
        }
    }

    private static func receive(from pipe: Pipe) throws(SystemError) -> Received {
        guard pipe.readEnd >= 0 else { return .end }
        do throws(SystemError) {
            let bytes = try FileDescriptor.read(from: pipe.readEnd)
            return bytes.isEmpty ? .end : .bytes(bytes)
        } catch {
            guard error.number == EAGAIN else { throw error }
            return .nothing
        }
    }

    /// Ends it, and all of its process group.
    func end(politely: Bool) {
        input.closeWriteEnd()
        if politely { attend(for: 2) }
        for signal in [SIGTERM, SIGKILL] where termination == nil {
            kill(-watch.pid, signal)
            attend(for: 2)
        }
    }

    /// Waits for its end, and listens meanwhile, so that it is not held up by a full pipe.
    func attend(for seconds: Double) {
        let deadline = monotonicSeconds() + seconds
        while termination == nil, monotonicSeconds() < deadline {
            // An error of the system here leaves the process to the next, harder step.
            guard let hasEnded = try? poll(writing: false, waking: nil, until: deadline).hasEnded else { return }
            if case .end? = try? receive() { output.closeReadEnd() }
            try? passMessages()
            if hasEnded {
                // While it is not waited for, its number, which is its group's too, is nobody else's.
                kill(-watch.pid, SIGKILL)
                termination = try? watch.reap()
                try? passMessages()
                if messages.pending > 0 { onMessage(outputLine(messages.takePending())) }
            }
        }
    }
}

/// Writes to a pipe; that nobody reads it is an error (EPIPE), not a signal that ends this process.
private func writeWithoutSignal(_ bytes: UnsafeRawBufferPointer, to number: Int32) -> (Int, Int32) {
    var pipe = sigset_t()
    sigemptyset(&pipe)
    sigaddset(&pipe, SIGPIPE)
    var pending = sigset_t()
    sigpending(&pending)
    let wasPending = sigismember(&pending, SIGPIPE) == 1
    var before = sigset_t()
    pthread_sigmask(SIG_BLOCK, &pipe, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    let written = write(number, bytes.baseAddress, bytes.count)
    let code = written < 0 ? errno : 0
    if code == EPIPE, !wasPending {
        var now = timespec()
        _ = sigtimedwait(&pipe, nil, &now)
    }
    return (written, code)
}
