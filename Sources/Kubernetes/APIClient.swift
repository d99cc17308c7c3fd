public import Kubeconfig
import KubernetesModel
import Posix

/// Speaks with one API server over HTTP/2 or HTTP/1.1. It opens no connection before the first request.
///
/// The methods of `Cluster` are in files of their own: `APIClient+Objects.swift`, `APIClient+List.swift`,
/// `APIClient+Discovery.swift`, `APIClient+Watch.swift`; how a request is sent is in `APIClient+Sending.swift`.
public final class APIClient: Cluster {
    /// How the server is spoken to.
    public struct Options: Sendable {
        /// Seconds for all tries of one request, waits included.
        public var deadline: Double
        /// The most requests at once; watches do not count.
        public var concurrency: Int
        /// `git-ops/1.2.3`.
        public var userAgent: String
        /// Seconds for one connection to be made, TLS included.
        public var connectTimeout: Double
        /// Seconds without a byte beyond which a connection counts as lost. A server tells a watch every minute
        /// that nothing happened (`bookmarkFrequency` of k8s.io/apiserver's cacher).
        public var idleTimeout: Double
        /// Seconds without a byte after which a connection of HTTP/2 is asked for a sign of life; where none comes
        /// within half of that, it is lost.
        public var pingInterval: Double
        /// Seconds for which a server that never answered is tried again; a wrong address is to be told soon,
        /// and a server that did answer is worth waiting for until the deadline.
        public var firstContact: Double
        /// The variables that `HTTPS_PROXY` and its like are looked for in.
        public var variables: [String: String]
        /// Is told of waits: `the server asks to wait 5 s`. No secret is in there.
        public var tellsWait: @Sendable (String) -> Void

        /// - Parameters:
        ///   - deadline: seconds for all tries of one request.
        ///   - concurrency: the most requests at once, 1 to 64.
        ///   - userAgent: who is asking: `git-ops/1.2.3`.
        ///   - variables: those of the process, where no others are given.
        ///   - tellsWait: is told, in one line, of each wait before a further try.
        public init(
            deadline: Double = 60, concurrency: Int = 64, userAgent: String = "git-ops", connectTimeout: Double = 10,
            idleTimeout: Double = 90, pingInterval: Double = 30, firstContact: Double = 5,
            variables: [String: String] = processVariables(), tellsWait: @escaping @Sendable (String) -> Void = { _ in }
        ) {
            self.deadline = deadline
            self.concurrency = concurrency
            self.userAgent = userAgent
            self.connectTimeout = connectTimeout
            self.idleTimeout = idleTimeout
            self.pingInterval = pingInterval
            self.firstContact = firstContact
            self.variables = variables
            self.tellsWait = tellsWait
        }
    }

    let access: ClusterAccess
    let options: Options
    let limit: ConcurrencyLimit
    let transports: Transports
    let discovered = DiscoveryMemory()

    /// - Parameters:
    ///   - access: which server, and with which rights. What is wrong in it is thrown by the first request.
    ///   - options: how it is spoken to.
    public init(_ access: ClusterAccess, options: Options = Options()) {
        self.access = access
        self.options = options
        limit = ConcurrencyLimit(most: options.concurrency)
        transports = Transports(access, options)
    }

    /// Closes all connections; requests under way fail, and so does whatever is asked later.
    public func shutdown() async {
        await transports.shutdown()
    }
}
