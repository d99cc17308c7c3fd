// Kubeconfig: where a cluster is and with which rights it is spoken to, as kubectl's files say it, or the pod
// that this runs in.
// It knows kubeconfig files and credential plugins; it opens no connection and knows no git.

/// All that is needed to speak with one cluster.
public struct ClusterAccess: Sendable {
    /// `https://10.0.0.7:6443/prefix`, without a slash at its end.
    public var server: String
    /// The name that the server's certificate is checked for, where it is not that of the address.
    public var tlsServerName: String?
    /// Certificates of authorities in PEM; nil for those of the system.
    public var certificateAuthority: [UInt8]?
    /// Whether any certificate is taken: somebody asked for it in so many words.
    public var skipsVerification = false
    /// `http://`, `https://` or `socks5://`; nil for what the variables of the process say.
    public var proxy: String?
    public var impersonation: Impersonation?
    public var credentials: any CredentialSource
    /// What a namespaced object without a namespace is in; `default` where nobody says.
    public var namespace: String
    /// The context that this is of, for people; nil in a pod.
    public var context: String?
    /// What this was read from; nil where that is not known.
    public var origin: Origin?

    public init(server: String, credentials: any CredentialSource, namespace: String = "default") {
        self.server = server
        self.credentials = credentials
        self.namespace = namespace
    }
}

/// What an access was read from: two of one origin lead to the same server, with the same rights.
public struct Origin: Sendable, Hashable {
    /// The files, each with its content, in their order.
    var files: [String]
    var contents: [[UInt8]]
    /// The context that was chosen.
    var context: String?
    /// Those of the process, which credential plugins are run with, too.
    var variables: [String: String]
    /// What may have been read from a file of its own.
    var certificateAuthority: [UInt8]?
}

/// Who is to be taken for the caller (`Impersonate-User` and the like).
public struct Impersonation: Sendable, Hashable {
    public var user: String
    public var uid: String?
    public var groups: [String]
    public var extra: [String: [String]]

    public init(user: String, uid: String? = nil, groups: [String] = [], extra: [String: [String]] = [:]) {
        self.user = user
        self.uid = uid
        self.groups = groups
        self.extra = extra
    }
}

/// What proves who calls. None of it is ever printed.
public struct Credentials: Sendable, Hashable {
    /// Certificate chain and key of a client in PEM.
    public var certificate: [UInt8]?
    public var key: [UInt8]?
    /// The whole value of the header `Authorization`: `Bearer …`, `Basic …`.
    public var authorization: String?

    public init(certificate: [UInt8]? = nil, key: [UInt8]? = nil, authorization: String? = nil) {
        self.certificate = certificate
        self.key = key
        self.authorization = authorization
    }
}

/// Where credentials come from: they may change while a cluster is spoken to.
public protocol CredentialSource: Sendable {
    /// The credentials of now. It may read a file or run a program, once at a time.
    /// - Parameter refused: those that the server just refused with 401, so that others are needed; nil otherwise.
    func credentials(insteadOf refused: Credentials?) async throws(KubeconfigError) -> Credentials
}

/// Why a cluster cannot be spoken to, before it was asked.
public struct KubeconfigError: Error, Sendable, CustomStringConvertible {
    /// What and why, in one line, with the file (and line, where known); no secret.
    public let message: String
    public let hint: String?

    public init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }

    public var description: String { message }
}
