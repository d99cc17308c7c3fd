import CPosix
import Glibc

/// Tells when files are written to (inotify(7)).
public final class FileWatch {
    /// Becomes readable when one of the files was written to.
    public let descriptor: Int32

    public init() throws(SystemError) {
        let number = ops_inotify()
        guard number >= 0 else { throw SystemError(errno, "cannot watch files") }
        descriptor = number
    }

    deinit {
        close(descriptor)
    }

    /// Watches one more file, which must exist.
    public func add(_ path: String) throws(SystemError) {
        guard ops_inotify_watch_writes(descriptor, path) >= 0 else { throw SystemError(errno, "cannot watch '\(path)'") }
    }

    /// Forgets what was told so far.
    public func drain() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while Glibc.read(descriptor, &buffer, buffer.count) > 0 {}
    }
}
