import NIOCore

/// Where the endpoints are, and who may knock.
public struct EndpointSettings: Sendable, CustomStringConvertible, CustomReflectable {
    /// `127.0.0.1:9419`, `[::1]:9419`, `localhost:9419`; port 0 is any that is free.
    public var listen: String
    /// What hooks are signed with; where there is none, there is no hook.
    public var hookSecrets: [String]

    /// - Parameters:
    ///   - listen: the address and port.
    ///   - hookSecrets: what hooks are signed with, any one of them; an empty one counts as none.
    public init(listen: String, hookSecrets: [String] = []) {
        self.listen = listen
        self.hookSecrets = hookSecrets
    }

    public var description: String { "EndpointSettings(\(listen), \(hookSecrets.count) secrets)" }
    public var customMirror: Mirror { Mirror(self, children: ["listen": listen]) }
}

/// An address to listen on.
struct ListenAddress: Equatable {
    /// A name or an address, without brackets.
    let host: String
    let port: Int

    /// - Parameter text: `host:port`.
    init(_ text: String) throws(ServiceFailure) {
        let hint = "ops.agentListen is like 127.0.0.1:9419 or [::1]:9419; 0.0.0.0:9419 is every address of this machine"
        let wrong = ServiceFailure("'\(oneLine(text, 100))' is no address to listen on", hint: hint)
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), (0...65535).contains(port) else {
            throw wrong
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard (try? SocketAddress(ipAddress: String(host), port: port))?.protocol == .inet6 else { throw wrong }
        } else {
            let isNamed = host.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20) || ".-".utf8.contains(byte)
            }
            guard !host.isEmpty, isNamed else { throw wrong }
        }
        self.host = String(host)
        self.port = port
    }

    /// Whether it is every address of the machine.
    var isWildcard: Bool { (try? SocketAddress(ipAddress: host, port: port)).map { ["0.0.0.0", "::"].contains($0.ipAddress) } ?? false }

    /// `[::1]:9419`
    var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension SocketAddress {
    /// Whether it is of the loopback interface (RFC 6890, 2.2).
    var isLoopback: Bool {
        switch self {
        case .v4: ipAddress?.hasPrefix("127.") ?? false
        case .v6: ipAddress == "::1"
        case .unixDomainSocket: false
        }
    }
}

/// What one client may take of the endpoints.
struct EndpointLimits: Sendable {
    /// Seconds for the headers of the first request.
    var head = 10.0
    /// Seconds for a request and its answer, from the headers on.
    var request = 30.0
    /// Seconds between two requests of a connection, the headers of the second included.
    var idle = 5.0
    /// Seconds that requests have to end when the endpoints close.
    var closing = 5.0
    var connections = 64
    /// Bytes of a hook.
    var body = 4 << 20
    /// Seconds between two lines of the log about hooks that are refused.
    var refusalLines = 60.0
}
