import Glibc
import Posix
import Synchronization

/// Wakes the one thread that waits for it, from any other.
final class Bell: Sendable {
    private let pipe: Mutex<Pipe>
    /// Readable when it was rung and not waited for since.
    let readEnd: Int32

    init() throws(SystemError) {
        let made = try Pipe()
        _ = fcntl(made.readEnd, F_SETFL, O_NONBLOCK)
        _ = fcntl(made.writeEnd, F_SETFL, O_NONBLOCK)
        readEnd = made.readEnd
        pipe = Mutex(made)
    }

    func ring() {
        // A pipe that is full rings already.
        pipe.withLock { _ = Glibc.write($0.writeEnd, [0], 1) }
    }

    /// Waits until it is rung, at most so many seconds.
    /// - Returns: whether it was rung since the last wait.
    @discardableResult func wait(_ seconds: Double) -> Bool {
        let end = monotonicSeconds() + seconds
        while true {
            let rest = end - monotonicSeconds()
            var polls = [pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)]
            let ready = poll(&polls, 1, Int32(max(0, min(rest * 1000 + 1, 1e9))))
            if ready > 0 {
                var bytes = [UInt8](repeating: 0, count: 64)
                while Glibc.read(readEnd, &bytes, bytes.count) > 0 {}
                return true
            }
            if ready == 0, rest <= 0 { return false }
        }
    }
}

/// That something is due, until somebody takes it.
final class Flag: Sendable {
    private let value = Mutex(false)

    func set() { value.withLock { $0 = true } }

    /// Whether it was set since it was taken last.
    func take() -> Bool {
        value.withLock { value in
            defer { value = false }
            return value
        }
    }
}

/// Words that several threads have in common.
final class SharedSet: Sendable {
    private let words = Mutex<Set<String>>([])

    func contains(_ word: String) -> Bool { words.withLock { $0.contains(word) } }

    func insert(_ word: String) { words.withLock { _ = $0.insert(word) } }
}
