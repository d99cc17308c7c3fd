import Deployments
import Glibc

/// The lock on a target's directory itself. That of the environment keeps out others of the same
/// repository and name; this one keeps out whoever else lays files into the same directory.
final class DirectoryLock {
    private let number: Int32

    /// - Throws: where somebody else holds it.
    init(_ directory: String) throws(TargetError) {
        number = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { throw TargetError(errno, "cannot open '\(directory)'") }
        guard flock(number, LOCK_EX | LOCK_NB) == 0 else {
            throw TargetError(
                "another deployment into '\(directory)' is being carried out",
                hint: "two environments or repositories deploy into it: give each a directory of its own")
        }
    }

    deinit {
        // Closing would leave the lock with a process that is just being started and has not let go of it yet.
        flock(number, LOCK_UN)
        close(number)
    }
}
