import Glibc

/// A file whose bytes are looked at where they lie; only pages that are looked at are read.
public final class MappedFile: @unchecked Sendable {
    // The mapping is private and read-only, and lives as long as this.

    /// The bytes of the file, valid as long as this object.
    public let bytes: UnsafeRawBufferPointer

    /// Maps a file. One that is replaced by renaming another over it stays as it was for who has mapped it.
    /// - Returns: nil where there is none, or it is empty or cannot be mapped.
    public init?(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size > 0, status.st_mode & S_IFMT == S_IFREG,
            let start = mmap(nil, Int(status.st_size), PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED
        else { return nil }
        bytes = UnsafeRawBufferPointer(start: start, count: Int(status.st_size))
    }

    deinit {
        munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
    }
}
