import Glibc
import Manifests
import Posix

/// One run of a credential plugin: standard output is kept, of standard error the end.
enum PluginRun {
    /// How it ended.
    enum End {
        /// What it wrote.
        case answered([UInt8])
        /// With the last line of its standard error, fit for people.
        case failed(Termination, lastLine: String)
        case tookTooLong(lastLine: String)
        case saidTooMuch
    }

    /// Seconds between being told to end and being killed.
    private static let grace = 2.0
    /// The most of standard error that is kept, in bytes.
    private static let mostErrors = 8192

    /// Runs a program that leads a session to its end.
    /// - Parameters:
    ///   - timeLimit: seconds after which it is ended, with all that it started.
    ///   - outputLimit: the most that it may write, in bytes.
    static func run(_ command: Command, timeLimit: Double, outputLimit: Int) throws(SystemError) -> End {
        var command = command
        let output = try Pipe()
        let errors = try Pipe()
        command.output = .descriptor(output.writeEnd)
        command.error = .descriptor(errors.writeEnd)
        let pid = try start(command)
        let watch: ProcessWatch
        do throws(SystemError) {
            watch = try ProcessWatch(pid)
        } catch {
            kill(-pid, SIGKILL)
            waitpid(pid, nil, 0)
            throw error
        }
        for pipe in [output, errors] {
            pipe.closeWriteEnd()
            _ = fcntl(pipe.readEnd, F_SETFL, O_NONBLOCK)
        }
        var run = Run(watch: watch, output: output, errors: errors, outputLimit: outputLimit)
        do throws(SystemError) {
            return try run.attend(until: monotonicSeconds() + timeLimit)
        } catch {
            // Nothing that was started is left behind.
            if !run.isReaped {
                kill(-pid, SIGKILL)
                _ = try? watch.reap()
            }
            throw error
        }
    }

    /// Starts a program. One that is just being written, or whose writer another thread's child has inherited for
    /// a moment (ETXTBSY), is tried again for a while.
    private static func start(_ command: Command) throws(SystemError) -> pid_t {
        for _ in 0..<20 {
            do throws(SystemError) {
                return try command.start()
            } catch {
                guard error.number == ETXTBSY else { throw error }
            }
            usleep(25_000)
        }
        return try command.start()
    }

    private struct Run {
        let watch: ProcessWatch
        let output: Pipe
        let errors: Pipe
        let outputLimit: Int
        var said: [UInt8] = []
        var complaint: [UInt8] = []
        var isReaped = false

        mutating func attend(until end: Double) throws(SystemError) -> End {
            var deadline = end
            var isLate = false
            while true {
                let hasEnded = try wait(until: deadline)
                // What it wrote before its end is in the pipes; what others write after that is not waited for.
                try listen()
                if said.count > outputLimit {
                    kill(-watch.pid, SIGKILL)
                    _ = try reap()
                    return .saidTooMuch
                }
                if hasEnded {
                    if isLate { kill(-watch.pid, SIGKILL) }
                    let termination = try reap()
                    if isLate { return .tookTooLong(lastLine: lastLine) }
                    return termination.succeeded ? .answered(said) : .failed(termination, lastLine: lastLine)
                }
                if monotonicSeconds() >= deadline {
                    kill(-watch.pid, isLate ? SIGKILL : SIGTERM)
                    isLate = true
                    deadline = monotonicSeconds() + grace
                }
            }
        }

        /// - Returns: whether the process has ended.
        private func wait(until deadline: Double) throws(SystemError) -> Bool {
            var polls = [watch.descriptor, output.readEnd, errors.readEnd].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            let milliseconds = max(0, min((deadline - monotonicSeconds()) * 1000 + 1, 1e6))
            if poll(&polls, nfds_t(polls.count), Int32(milliseconds)) < 0, errno != EINTR {
                throw SystemError(errno, "cannot wait for process \(watch.pid)")
            }
            return polls[0].revents != 0
        }

        private mutating func listen() throws(SystemError) {
            // Bounded, or one that writes without end would keep this from seeing the time.
            for _ in 0..<32 where said.count <= outputLimit {
                guard let some = try PluginRun.read(output) else { break }
                said += some
            }
            for _ in 0..<32 {
                guard let some = try PluginRun.read(errors) else { break }
                complaint += some
                if complaint.count > mostErrors { complaint.removeFirst(complaint.count - mostErrors) }
            }
        }

        private mutating func reap() throws(SystemError) -> Termination {
            isReaped = true
            return try watch.reap()
        }

        /// The last line that is not empty.
        private var lastLine: String {
            let lines = complaint.split { $0 == 0x0A || $0 == 0x0D }.map { String(decoding: trimmed(Array($0)), as: UTF8.self) }
            guard let line = lines.last(where: { !$0.isEmpty }) else { return "" }
            return line.unicodeScalars.count > 300 ? String(line.unicodeScalars.prefix(300)) + "…" : line
        }
    }

    /// What there is to read now; nil for nothing.
    private static func read(_ pipe: Pipe) throws(SystemError) -> [UInt8]? {
        guard pipe.readEnd >= 0 else { return nil }
        do throws(SystemError) {
            let bytes = try FileDescriptor.read(from: pipe.readEnd)
            if bytes.isEmpty { pipe.closeReadEnd() }
            return bytes.isEmpty ? nil : bytes
        } catch {
            guard error.number == EAGAIN else { throw error }
            return nil
        }
    }
}
