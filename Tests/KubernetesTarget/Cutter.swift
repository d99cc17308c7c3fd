import Dispatch
import Glibc
import Posix
import Synchronization
import TestSupport

/// Passes bytes between a client and a server on the loopback interface, and cuts all connections after so many of them.
final class Cutter: Sendable {
    let port: UInt16
    /// Bytes from the client until the next cut, and from there to the one after it; nil where none is to come.
    private let budget: Mutex<(left: Int?, cuts: Int)>
    private let end: FileDescriptor

    private final class Link: Sendable {
        let client: FileDescriptor
        let server: FileDescriptor

        init(_ client: consuming FileDescriptor, _ server: consuming FileDescriptor) {
            self.client = client
            self.server = server
        }

        /// Passes on what there is.
        /// - Returns: how many bytes; nil at the end.
        func pass(toServer: Bool) -> Int? {
            do {
                let bytes = toServer ? try client.read() : try server.read()
                if toServer { try server.write(bytes) } else { try client.write(bytes) }
                return bytes.isEmpty ? nil : bytes.count
            } catch {
                return nil
            }
        }
    }

    /// How often it has cut.
    var cuts: Int { budget.withLock { $0.cuts } }

    init(to server: UInt16) throws {
        port = try freePort()
        budget = Mutex((nil, 0))
        let listener = FileDescriptor(owning: Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        var one: Int32 = 1
        setsockopt(listener.number, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        guard Cutter.withAddress(port, { bind(listener.number, $0, $1) }) == 0, listen(listener.number, 64) == 0 else {
            throw SystemError(errno, "cannot listen")
        }
        let pipe = try Pipe()
        let stop = FileDescriptor(owning: fcntl(pipe.readEnd, F_DUPFD_CLOEXEC, 0))
        end = FileDescriptor(owning: fcntl(pipe.writeEnd, F_DUPFD_CLOEXEC, 0))
        let queue = DispatchQueue(label: "cutter")
        queue.async { [weak self] in
            var links: [Link] = []
            while true {
                var polls = [pollfd(fd: stop.number, events: Int16(POLLIN), revents: 0), pollfd(fd: listener.number, events: Int16(POLLIN), revents: 0)]
                for link in links {
                    polls.append(pollfd(fd: link.client.number, events: Int16(POLLIN), revents: 0))
                    polls.append(pollfd(fd: link.server.number, events: Int16(POLLIN), revents: 0))
                }
                guard poll(&polls, nfds_t(polls.count), -1) >= 0 else { continue }
                if polls[0].revents != 0 { return }
                var dead: Set<Int> = []
                var isCut = false
                for index in links.indices where !isCut {
                    if polls[3 + 2 * index].revents != 0, links[index].pass(toServer: false) == nil { dead.insert(index) }
                    guard polls[2 + 2 * index].revents != 0 else { continue }
                    guard let count = links[index].pass(toServer: true) else {
                        dead.insert(index)
                        continue
                    }
                    isCut = self?.spend(count) ?? false
                }
                links = isCut ? [] : links.enumerated().filter { !dead.contains($0.offset) }.map(\.element)
                if polls[1].revents != 0 {
                    let client = FileDescriptor(owning: accept(listener.number, nil, nil))
                    let other = FileDescriptor(owning: Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
                    if Cutter.withAddress(server, { connect(other.number, $0, $1) }) == 0 { links.append(Link(client, other)) }
                }
            }
        }
    }

    deinit { _ = try? end.write([0]) }

    /// Cuts once after so many bytes of the client, which the server gets.
    func cut(after bytes: Int?) { budget.withLock { $0.left = bytes } }

    private func spend(_ bytes: Int) -> Bool {
        budget.withLock { budget in
            guard let left = budget.left else { return false }
            budget.left = left > bytes ? left - bytes : nil
            if budget.left == nil { budget.cuts += 1 }
            return budget.left == nil
        }
    }

    private static func withAddress(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        address.sin_port = in_port_t(port).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }
}
