import AsyncHTTPClient
import Kubeconfig

/// The connections of a client: made when they are needed, and made anew when the client certificate changes.
actor Transports {
    /// What connections are for. Watches have their own: a server allows 100 streams on one connection of HTTP/2
    /// (`http2-max-streams-per-connection` of kube-apiserver), and watches would leave none to requests.
    enum Use: Hashable, Sendable {
        case requests
        /// The number says which dozens of watches share one.
        case watches(Int)
    }

    private struct Key: Hashable {
        var certificate: [UInt8]?
        var key: [UInt8]?
        /// What is refused without TLS depends on it.
        var hasAuthorization: Bool

        init(_ credentials: Credentials) {
            certificate = credentials.certificate
            key = credentials.key
            hasAuthorization = credentials.authorization != nil
        }
    }

    static let watchesPerConnection = 80

    private let access: ClusterAccess
    private let options: APIClient.Options
    private var made: [Use: (key: Key, transport: Transport)] = [:]
    private var watches: [Int: Int] = [:]
    private var isShut = false
    /// Whether the server ever answered.
    private(set) var hasAnswered = false

    init(_ access: ClusterAccess, _ options: APIClient.Options) {
        self.access = access
        self.options = options
    }

    func transport(for credentials: Credentials, _ use: Use) throws(ClusterError) -> Transport {
        guard !isShut else { throw .shutDown }
        let key = Key(credentials)
        if let (known, transport) = made[use], known == key { return transport }
        let transport = try Transport(access, credentials, options)
        // The one before is closed when the requests that hold it are done.
        made[use] = (key, transport)
        return transport
    }

    /// A place for one more watch; to be given back by `leave`.
    func enterWatch() -> Use {
        let group = (0...).first { watches[$0, default: 0] < Transports.watchesPerConnection }!
        watches[group, default: 0] += 1
        return .watches(group)
    }

    func leave(_ use: Use) {
        guard case .watches(let group) = use, let count = watches[group] else { return }
        watches[group] = count - 1
        if count == 1 { made[use] = nil }
    }

    /// Forgets connections that seem dead, so that the next request makes others.
    func retire(_ transport: Transport) {
        for (use, entry) in made where entry.transport === transport { made[use] = nil }
    }

    func noteAnswer() {
        hasAnswered = true
    }

    func shutdown() async {
        isShut = true
        let all = made.values.map(\.transport)
        made = [:]
        for transport in all { try? await transport.http.shutdown() }
    }
}
