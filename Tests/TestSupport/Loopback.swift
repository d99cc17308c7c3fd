import Glibc
import Posix

/// The folder of the checkout.
public let topFolder = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()

/// Asks again and again until something holds, for what tells nobody when it happens.
public func eventually(_ what: @autoclosure () -> String, seconds: Double = 120, _ holds: () throws -> Bool) throws {
    let deadline = monotonicSeconds() + seconds
    while try !holds() {
        guard monotonicSeconds() < deadline else { throw TestFailure("never: \(what())") }
        _ = poll(nil, 0, 20)
    }
}

/// A port of the loopback interface that nobody listens on.
public func freePort() throws -> UInt16 {
    let socket = FileDescriptor(owning: Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isKnown = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
            bind(socket.number, generic, length) == 0 && getsockname(socket.number, generic, &length) == 0
        }
    }
    guard isKnown else { throw TestFailure("no free port") }
    return UInt16(bigEndian: address.sin_port)
}
