import Glibc
import Posix
import Synchronization

/// Passes on what comes to a port of its own to a server on this machine, until it is cut.
public final class Relay: Sendable {
    public let port: UInt16
    private let listener: Int32
    private let target: UInt16
    private struct State {
        var ends: Set<Int32> = []
        var isCut = false
        /// Bytes of clients until the next cut; nil where none is to come.
        var budget: Int?
        var cuts = 0
    }

    private let state = Mutex(State())

    /// How often it has cut after a number of bytes.
    public var cuts: Int { state.withLock { $0.cuts } }

    public init(to target: UInt16) throws {
        self.target = target
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Relay.address(0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, size) == 0 && getsockname(listener, $0, &size) == 0 }
        }
        guard bound, listen(listener, 64) == 0 else { throw TestFailure("no port: \(errno)") }
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        inThread { [self] in self.accept() }
    }

    deinit { cut() }

    /// Ends all connections, and from now on every new one.
    public func cut() {
        state.withLock { state in
            state.isCut = true
            for end in state.ends { shutdown(end, Int32(SHUT_RDWR)) }
        }
    }

    /// Ends all connections once, after so many bytes of clients, which the server gets; others can be made then.
    public func cut(after bytes: Int?) { state.withLock { $0.budget = bytes } }

    private func spend(_ bytes: Int) {
        state.withLock { state in
            guard let budget = state.budget else { return }
            state.budget = budget > bytes ? budget - bytes : nil
            guard state.budget == nil else { return }
            state.cuts += 1
            for end in state.ends { shutdown(end, Int32(SHUT_RDWR)) }
        }
    }

    /// Lets connections pass again.
    public func mend() { state.withLock { $0.isCut = false } }

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { return }
            let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = Relay.address(target)
            let isCut = state.withLock { $0.isCut }
            let isConnected = !isCut && withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
            }
            guard isConnected else {
                close(client)
                close(server)
                continue
            }
            state.withLock { $0.ends.formUnion([client, server]) }
            let open = Mutex(2)
            for (from, to) in [(client, server), (server, client)] {
                inThread { [self] in
                    pass(from, to, isFromClient: from == client)
                    let rest = open.withLock { count in
                        count -= 1
                        return count
                    }
                    guard rest == 0 else { return }
                    state.withLock { $0.ends.subtract([client, server]) }
                    close(client)
                    close(server)
                }
            }
        }
    }

    private func pass(_ from: Int32, _ to: Int32, isFromClient: Bool) {
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(from, &buffer, buffer.count)
            guard count > 0 else { break }
            var sent = 0
            while sent < count {
                let now = buffer.withUnsafeBytes { send(to, $0.baseAddress! + sent, count - sent, Int32(MSG_NOSIGNAL)) }
                guard now > 0 else { break }
                sent += now
            }
            guard sent == count else { break }
            if isFromClient { spend(count) }
        }
        shutdown(from, Int32(SHUT_RDWR))
        shutdown(to, Int32(SHUT_RDWR))
    }

    private static func address(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}
