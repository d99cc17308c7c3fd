import Deployments
import Glibc
import Posix

/// A target that is served by a part of this process, over a socket.
final class HostedPeer: TargetPeer {
    private var socket: Int32
    private let conversation: HostedConversation
    private let onMessage: (String) -> Void

    let termination: Termination? = nil

    /// - Parameters:
    ///   - lock: a descriptor that the conversation holds a copy of until it has ended.
    ///   - serve: given the conversation.
    ///   - onMessage: given what it says to people, line by line.
    init(
        environment: [String: String], lock: Int32?, serve: (HostedConversation) -> Void, onMessage: @escaping (String) -> Void
    ) throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw SystemError(errno, "cannot make a pair of sockets")
        }
        var kept: Int32?
        if let lock {
            let copy = fcntl(lock, F_DUPFD_CLOEXEC, 3)
            guard copy >= 0 else {
                let code = errno
                for end in ends { close(end) }
                throw SystemError(code, "cannot keep the environment's lock")
            }
            kept = copy
        }
        socket = ends[0]
        self.onMessage = onMessage
        conversation = HostedConversation(ends[1], environment: environment, lock: kept)
        serve(conversation)
    }

    deinit {
        end(politely: true)
    }

    func poll(writing: Bool, waking waker: Int32?, until deadline: Double) throws(SystemError) -> (hasEnded: Bool, wasWoken: Bool) {
        var polls = [
            pollfd(fd: socket, events: Int16(POLLIN) | (writing ? Int16(POLLOUT) : 0), revents: 0),
            pollfd(fd: waker ?? -1, events: Int16(POLLIN), revents: 0),
        ]
        let milliseconds = max(0, min((deadline - monotonicSeconds()) * 1000 + 1, 1e6))
        if Glibc.poll(&polls, nfds_t(polls.count), Int32(milliseconds)) < 0, errno != EINTR {
            throw SystemError(errno, "cannot wait for a socket")
        }
        return (socket < 0, polls[1].revents != 0)
    }

    func send(_ bytes: ArraySlice<UInt8>) throws(SystemError) -> Int? {
        let sent = bytes.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)) }
        if sent >= 0 { return sent }
        switch errno {
        case EAGAIN, EINTR: return 0
        case EPIPE, ECONNRESET: return nil
        default: throw SystemError(errno, "cannot write")
        }
    }

    func receive() throws(SystemError) -> Received {
        guard socket >= 0 else { return .end }
        var failure: Int32 = 0
        var count = 0
        let bytes = withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 1) { buffer in
            count = recv(socket, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
            failure = count < 0 ? errno : 0
            return Array(buffer.prefix(max(count, 0)))
        }
        if count > 0 { return .bytes(bytes) }
        switch failure {
        // The second is the end of one who has not read everything.
        case 0, ECONNRESET: return .end
        case EAGAIN, EINTR: return .nothing
        default: throw SystemError(failure, "cannot read")
        }
    }

    func passMessages() {
        for note in conversation.takeNotes() {
            for line in note.utf8.split(separator: UInt8(ascii: "\n")) { onMessage(outputLine(Array(line))) }
        }
    }

    /// What it has begun and has to end it ends, also where nobody waits for that; the lock is held meanwhile.
    func end(politely: Bool) {
        guard socket >= 0 else { return }
        if politely {
            shutdown(socket, Int32(SHUT_WR))
            attend(for: 2)
        }
        if socket >= 0 { close(socket) }
        socket = -1
        passMessages()
    }

    func attend(for seconds: Double) {
        let deadline = monotonicSeconds() + seconds
        while socket >= 0, monotonicSeconds() < deadline {
            // An error of the system here is an end too.
            guard (try? poll(writing: false, waking: nil, until: deadline)) != nil, let received = try? receive() else { return }
            passMessages()
            if case .end = received {
                close(socket)
                socket = -1
            }
        }
    }
}
