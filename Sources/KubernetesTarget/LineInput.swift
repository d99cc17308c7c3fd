import Glibc
import Posix

/// The lines that git-ops says.
final class LineInput {
    /// The most bytes of a line (git-ops-target(7), MESSAGES).
    static let limit = 64 << 20

    private let number: Int32
    private var buffer: [UInt8] = []
    /// Where the bytes that were not told yet begin.
    private var start = 0
    private var isAtEnd = false

    init(_ number: Int32) { self.number = number }

    /// The next line, without its newline; nil at the end, also where a line has none.
    /// - Throws: where a line is too long or cannot be read.
    func next() throws(TargetFailure) -> [UInt8]? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                return Array(buffer[start..<end])
            }
            if isAtEnd { return nil }
            searched = buffer.count - start
            try read()
        }
    }

    /// Reads on; waits where there is nothing to read.
    private func read() throws(TargetFailure) {
        if start > 0 {
            buffer.removeFirst(start)
            start = 0
        }
        guard buffer.count <= LineInput.limit else { throw TargetFailure("a line of more than 64 MiB was sent") }
        do throws(SystemError) {
            let bytes = try FileDescriptor.read(from: number, 1 << 20)
            isAtEnd = bytes.isEmpty
            buffer += bytes
        } catch {
            throw TargetFailure("cannot read standard input: \(error.reason)")
        }
    }

    /// What is said while a request is answered.
    enum Interruption {
        case cancel
        /// git-ops is gone.
        case end
    }

    /// Looks, without waiting, whether the request that is being answered is to end. Any other line stays for `next`.
    func interruption() throws(TargetFailure) -> Interruption? {
        while !isAtEnd, buffer[start...].firstIndex(of: UInt8(ascii: "\n")) == nil {
            var polls = [pollfd(fd: number, events: Int16(POLLIN), revents: 0)]
            guard poll(&polls, 1, 0) == 1 else { return nil }
            try read()
        }
        guard let end = buffer[start...].firstIndex(of: UInt8(ascii: "\n")) else { return .end }
        guard let message = try? Message(Array(buffer[start..<end])), message.type == "cancel" else { return nil }
        start = end + 1
        return .cancel
    }
}

/// Whether git-ops is gone: the other end of standard input is closed, and nothing is left to read.
struct Presence: Sendable {
    let number: Int32

    /// Does not ask.
    static let certain = Presence(number: -1)

    var isGone: Bool {
        var polls = [pollfd(fd: number, events: Int16(POLLIN), revents: 0)]
        guard poll(&polls, 1, 0) == 1 else { return false }
        let events = Int32(polls[0].revents)
        return events & Int32(POLLIN) == 0 && events & Int32(POLLHUP | POLLERR | POLLNVAL) != 0
    }
}
