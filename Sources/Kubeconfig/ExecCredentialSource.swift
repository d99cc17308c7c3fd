import Posix

/// Credentials that a plugin gives. They are asked for when they are first needed, shortly before they expire,
/// and when they are refused (`plugin/pkg/client/auth/exec/exec.go`, getCreds and maybeRefreshCreds, which waits
/// for the expiry itself); however many ask, it runs once at a time.
actor ExecCredentialSource: CredentialSource {
    /// The most seconds before the expiry that new ones are asked for.
    static let lead = 10.0

    private let run: @Sendable () throws(KubeconfigError) -> ExecAnswer
    private let clock: @Sendable () -> Double
    private var answer: ExecAnswer?
    /// When new ones are asked for, in seconds since 1970.
    private var refreshAt = Double.infinity
    private var flight: Task<Result<Credentials, KubeconfigError>, Never>?

    /// - Parameter clock: seconds since 1970: an expiry is a moment of the wall clock.
    init(_ plugin: ExecPlugin, clock: @escaping @Sendable () -> Double = { Double(Moment.now().milliseconds) / 1000 }) {
        self.init(clock: clock) { () throws(KubeconfigError) in try plugin.run() }
    }

    /// - Parameter run: asks for credentials; it may block.
    init(clock: @escaping @Sendable () -> Double, run: @escaping @Sendable () throws(KubeconfigError) -> ExecAnswer) {
        self.run = run
        self.clock = clock
    }

    func credentials(insteadOf refused: Credentials?) async throws(KubeconfigError) -> Credentials {
        if let answer, answer.credentials != refused, clock() < refreshAt { return answer.credentials }
        return try await refresh(isRefused: answer != nil && answer?.credentials == refused).get()
    }

    /// Joins the run that is under way, or begins one.
    private func refresh(isRefused: Bool) async -> Result<Credentials, KubeconfigError> {
        if let flight { return await flight.value }
        // A caller that is cancelled cancels nothing for the others.
        let task = Task { () -> Result<Credentials, KubeconfigError> in
            let result = await inOwnThread(run)
            flight = nil
            return take(result, isRefused: isRefused)
        }
        flight = task
        return await task.value
    }

    private func take(_ result: Result<ExecAnswer, KubeconfigError>, isRefused: Bool) -> Result<Credentials, KubeconfigError> {
        let now = clock()
        switch result {
        case .success(let new):
            answer = new
            // Those that live for seconds are not asked for anew at every call.
            refreshAt = new.expiry.map { $0 - min(ExecCredentialSource.lead, max(0, $0 - now) / 10) } ?? .infinity
            return .success(new.credentials)
        case .failure(let error):
            // They are good until they expire, unless the server said otherwise.
            guard !isRefused, let answer, let expiry = answer.expiry, now < expiry else { return .failure(error) }
            refreshAt = expiry
            return .success(answer.credentials)
        }
    }
}

/// Runs what blocks where it blocks nobody.
private func inOwnThread(
    _ body: @escaping @Sendable () throws(KubeconfigError) -> ExecAnswer
) async -> Result<ExecAnswer, KubeconfigError> {
    await withCheckedContinuation { continuation in
        inThread {
            continuation.resume(returning: Result { () throws(KubeconfigError) in try body() })
        }
    }
}
