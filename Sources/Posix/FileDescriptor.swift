// Posix: what the operating system gives, as Swift: descriptors, locks, processes, time.
// It knows nothing of git and of deployments, and needs no Foundation.

public import Glibc

/// An error number of the system, with what was being done.
public struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
    public let number: Int32
    /// `cannot open '/srv/www'`.
    public let operation: String

    public init(_ number: Int32 = errno, _ operation: String) {
        self.number = number
        self.operation = operation
    }

    /// The system's words for the number: `No space left on device`.
    public var reason: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard strerror_r(number, &buffer, buffer.count) == 0 else { return "error \(number)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    public var description: String { "\(operation): \(reason)" }
}

/// An open file descriptor, closed when it goes.
public struct FileDescriptor: ~Copyable, Sendable {
    public let number: Int32

    /// Takes over a descriptor that is open.
    public init(owning number: Int32) {
        self.number = number
    }

    /// - Parameters:
    ///   - flags: as for open(2); `O_CLOEXEC` is added.
    ///   - mode: permissions of a file that is made.
    public init(opening path: String, _ flags: Int32, mode: mode_t = 0o600) throws(SystemError) {
        let number = open(path, flags | O_CLOEXEC, mode)
        guard number >= 0 else { throw SystemError(errno, "cannot open '\(path)'") }
        self.number = number
    }

    deinit {
        close(number)
    }

    /// Writes all of it.
    public func write(_ bytes: some Collection<UInt8>) throws(SystemError) {
        try FileDescriptor.write(Array(bytes), to: number)
    }

    /// Writes all bytes to a descriptor that somebody else owns.
    public static func write(_ bytes: [UInt8], to number: Int32) throws(SystemError) {
        var offset = 0
        while offset < bytes.count {
            let written = bytes.withUnsafeBytes { Glibc.write(number, $0.baseAddress.map { $0 + offset }, bytes.count - offset) }
            if written < 0 {
                if errno == EINTR { continue }
                throw SystemError(errno, "cannot write")
            }
            offset += written
        }
    }

    /// Reads up to `count` bytes; none at the end.
    public func read(_ count: Int = 65536) throws(SystemError) -> [UInt8] {
        try FileDescriptor.read(from: number, count)
    }

    /// Reads up to `count` bytes from a descriptor that somebody else owns; none at the end.
    public static func read(from number: Int32, _ count: Int = 65536) throws(SystemError) -> [UInt8] {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, length in
            var got: Int
            repeat { got = Glibc.read(number, buffer.baseAddress, count) } while got < 0 && errno == EINTR
            failure = got < 0 ? errno : 0
            length = max(got, 0)
        }
        guard failure == 0 else { throw SystemError(failure, "cannot read") }
        return bytes
    }

    /// Reads to the end.
    /// - Parameter limit: the most that is kept, in bytes; what is longer is an error.
    public static func readAll(from number: Int32, limit: Int = 1 << 30) throws(SystemError) -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let some = try read(from: number)
            if some.isEmpty { return all }
            guard all.count + some.count <= limit else { throw SystemError(EFBIG, "cannot read") }
            all += some
        }
    }
}

/// The content of a file; nil where there is none.
/// - Parameter limit: the most that is read, in bytes; what is longer is an error.
public func contents(ofFile path: String, limit: Int = 1 << 30) throws(SystemError) -> [UInt8]? {
    let number = open(path, O_RDONLY | O_CLOEXEC)
    if number < 0, errno == ENOENT { return nil }
    guard number >= 0 else { throw SystemError(errno, "cannot open '\(path)'") }
    let file = FileDescriptor(owning: number)
    return try FileDescriptor.readAll(from: file.number, limit: limit)
}

/// Makes a file with all its content or not at all: written beside, synced, renamed, and the name synced.
public func write(_ bytes: some Collection<UInt8>, toFile path: String, mode: mode_t = 0o600) throws(SystemError) {
    let beside = "\(path).\(getpid()).tmp"
    do throws(SystemError) {
        let file = try FileDescriptor(opening: beside, O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
        try file.write(bytes)
        guard fsync(file.number) == 0 else { throw SystemError(errno, "cannot sync '\(beside)'") }
        guard rename(beside, path) == 0 else { throw SystemError(errno, "cannot write '\(path)'") }
        let slash = path.lastIndex(of: "/")
        let folder = try FileDescriptor(
            opening: slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? ".", O_RDONLY | O_DIRECTORY)
        fsync(folder.number)
    } catch {
        unlink(beside)
        throw error
    }
}

/// Makes a folder and those above it that are missing.
public func makeFolders(_ path: String, mode: mode_t = 0o777) throws(SystemError) {
    if mkdir(path, mode) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
        throw SystemError(errno, "cannot make folder '\(path)'")
    }
    try makeFolders(String(path[..<slash]), mode: mode)
    guard mkdir(path, mode) == 0 || errno == EEXIST else { throw SystemError(errno, "cannot make folder '\(path)'") }
}

/// The names in a folder, without `.` and `..`, sorted; none where there is no such folder. Bytes that are
/// not UTF-8 are replaced, so only use it where the names are one's own.
public func names(inFolder path: String) -> [String] {
    rawNames(inFolder: path.utf8CString.map { $0 }).map { name in
        String(decoding: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }.sorted()
}

/// The names in a folder as C strings.
private func rawNames(inFolder path: [CChar]) -> [[CChar]] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [[CChar]] = []
    while let entry = readdir(folder) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
            bytes.prefix { $0 != 0 }.map(CChar.init(bitPattern:)) + [0]
        }
        if name != [46, 0], name != [46, 46, 0] { names.append(name) }
    }
    return names
}

/// Removes a file or a folder with all that is in it; following no link, and silent where there is none.
public func removeAll(_ path: String) {
    removeAll(path.utf8CString.map { $0 })
}

private func removeAll(_ path: [CChar]) {
    if unlink(path) == 0 || errno == ENOENT { return }
    for name in rawNames(inFolder: path) {
        let inner = path.dropLast() + [CChar(bitPattern: UInt8(ascii: "/"))] + name
        var status = stat()
        guard lstat(Array(inner), &status) == 0 else { continue }
        if status.st_mode & S_IFMT == S_IFDIR { removeAll(Array(inner)) } else { unlink(Array(inner)) }
    }
    rmdir(path)
}
