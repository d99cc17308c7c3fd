import Posix

/// Credentials that never change.
public struct FixedCredentials: CredentialSource {
    private let fixed: Credentials

    /// - Parameter credentials: what every call gives, also one that says that they were refused: there are no others.
    public init(_ credentials: Credentials) {
        fixed = credentials
    }

    public func credentials(insteadOf refused: Credentials?) async throws(KubeconfigError) -> Credentials { fixed }
}

/// Credentials in files, which are read again every minute, and when they are refused (client-go,
/// transport/token_source.go). A file that cannot be read for a while leaves what was read before.
actor FileCredentialSource: CredentialSource {
    /// Seconds after which the files are read again.
    static let period = 60.0

    private let files: CredentialFiles
    private let clock: @Sendable () -> Double
    private var current: Credentials?
    private var readAt = 0.0

    /// - Parameter clock: seconds that never jump.
    init(_ files: CredentialFiles, clock: @escaping @Sendable () -> Double = monotonicSeconds) {
        self.files = files
        self.clock = clock
    }

    func credentials(insteadOf refused: Credentials?) throws(KubeconfigError) -> Credentials {
        let now = clock()
        if let current, current != refused, now - readAt < FileCredentialSource.period { return current }
        do throws(KubeconfigError) {
            let read = try files.read(isFirst: current == nil)
            current = read
            readAt = now
            return read
        } catch {
            guard let current else { throw error }
            return current
        }
    }
}
