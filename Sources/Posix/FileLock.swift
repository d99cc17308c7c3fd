import Glibc

/// A lock on a file that dies with the process that holds it, however that ends (flock(2)).
///
/// The file stays: removing it would let two hold "the" lock.
public struct FileLock: ~Copyable, Sendable {
    private let file: FileDescriptor

    /// Waits for the lock.
    /// - Parameter path: the lock's file, made where it is missing.
    public init(waitingFor path: String) throws(SystemError) {
        let file = try FileDescriptor(opening: path, O_RDWR | O_CREAT, mode: 0o600)
        while flock(file.number, LOCK_EX) != 0 {
            guard errno == EINTR else { throw SystemError(errno, "cannot lock '\(path)'") }
        }
        self.file = file
    }

    /// Takes the lock if nobody holds it; nil where somebody does.
    public init?(taking path: String) throws(SystemError) {
        let file = try FileDescriptor(opening: path, O_RDWR | O_CREAT, mode: 0o600)
        guard flock(file.number, LOCK_EX | LOCK_NB) == 0 else {
            guard errno == EWOULDBLOCK else { throw SystemError(errno, "cannot lock '\(path)'") }
            return nil
        }
        self.file = file
    }

    /// Does something while holding the lock, for which it waits.
    public static func holding(_ path: String, _ body: () throws -> Void) throws {
        let lock = try FileLock(waitingFor: path)
        do {
            try body()
        } catch {
            lock.release()
            throw error
        }
        lock.release()
    }

    /// Gives the lock back.
    public consuming func release() {}

    /// The open file on which the lock is held. A process that inherits it holds the lock as well.
    public var descriptor: Int32 { file.number }

    /// Leaves word in the lock's file of who holds it.
    public func note(_ text: String) {
        ftruncate(file.number, 0)
        let bytes = Array(text.utf8)
        pwrite(file.number, bytes, bytes.count, 0)
    }

    /// Whether somebody holds the lock now. A file that cannot be opened is held by nobody.
    public static func isHeld(_ path: String) -> Bool {
        guard let file = try? FileDescriptor(opening: path, O_RDONLY) else { return false }
        // A shared lock that is given back at once; it disturbs nobody but another that asks.
        return flock(file.number, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }
}
