import Glibc

/// Tells what happens in folders (inotify(7)).
public final class FolderWatch {
    /// Becomes readable when something has happened.
    public let descriptor: Int32

    /// Something that has happened.
    public struct Event: Sendable {
        /// The watch that tells of it.
        public let watch: Int32
        /// The name in the folder; empty where it is about the folder itself.
        public let name: [UInt8]
        private let mask: UInt32

        fileprivate init(watch: Int32, name: [UInt8], mask: UInt32) {
            self.watch = watch
            self.name = name
            self.mask = mask
        }

        /// Some of what has happened was lost.
        public var isOverflow: Bool { has(IN_Q_OVERFLOW) }
        /// The watch has ended.
        public var isEnd: Bool { has(IN_IGNORED) }
        /// The folder is no longer where it was.
        public var isDeparture: Bool { has(IN_DELETE_SELF) || has(IN_MOVE_SELF) || has(IN_UNMOUNT) }

        private func has<Flag: BinaryInteger>(_ flag: Flag) -> Bool { mask & UInt32(truncatingIfNeeded: flag) != 0 }
    }

    private static let mask: UInt32 = [
        IN_MODIFY, IN_CLOSE_WRITE, IN_ATTRIB, IN_CREATE, IN_DELETE, IN_MOVED_FROM, IN_MOVED_TO, IN_DELETE_SELF, IN_MOVE_SELF, IN_ONLYDIR,
    ].reduce(0) { $0 | UInt32(truncatingIfNeeded: $1) }

    /// - Throws: where the user has too many already (fs.inotify.max_user_instances).
    public init() throws(SystemError) {
        let number = inotify_init1(Int32(O_CLOEXEC | O_NONBLOCK))
        guard number >= 0 else { throw SystemError(errno, "cannot watch folders") }
        descriptor = number
    }

    deinit {
        close(descriptor)
    }

    /// Watches one more folder, by its descriptor: a path could lead through links, or elsewhere by now.
    /// - Returns: its watch; one that there is for the same folder.
    /// - Throws: ENOSPC, where the user has too many already (fs.inotify.max_user_watches).
    public func add(folder: Int32) throws(SystemError) -> Int32 {
        let watch = inotify_add_watch(descriptor, "/proc/self/fd/\(folder)", FolderWatch.mask)
        guard watch >= 0 else { throw SystemError(errno, "cannot watch a folder") }
        return watch
    }

    /// Ends a watch, which may have ended by itself.
    public func remove(_ watch: Int32) {
        inotify_rm_watch(descriptor, watch)
    }

    /// What has happened since it was asked last; it does not wait.
    public func events() throws(SystemError) -> [Event] {
        var events: [Event] = []
        while true {
            var failure: Int32 = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: 65536) { buffer, length in
                var got: Int
                repeat { got = Glibc.read(descriptor, buffer.baseAddress, 65536) } while got < 0 && errno == EINTR
                failure = got < 0 ? errno : 0
                length = max(got, 0)
            }
            if failure == EAGAIN || failure == 0 && bytes.isEmpty { return events }
            guard failure == 0 else { throw SystemError(failure, "cannot read what happened in folders") }
            bytes.withUnsafeBytes { FolderWatch.read($0, into: &events) }
        }
    }

    /// Each is a header and a name that is filled up with NUL (inotify(7), struct inotify_event).
    private static func read(_ bytes: UnsafeRawBufferPointer, into events: inout [Event]) {
        let header = MemoryLayout<inotify_event>.size
        var offset = 0
        while offset + header <= bytes.count {
            let watch = bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self)
            let mask = bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
            let length = Int(bytes.loadUnaligned(fromByteOffset: offset + 12, as: UInt32.self))
            let name = bytes[min(offset + header, bytes.count)..<min(offset + header + length, bytes.count)].prefix { $0 != 0 }
            events.append(Event(watch: watch, name: Array(name), mask: mask))
            offset += header + length
        }
    }
}
