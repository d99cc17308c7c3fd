public import Git

/// How well the resources are that a plan is about.
public struct HealthReport: Sendable {
    /// Why a resource is not healthy.
    public enum State: String, Sendable, CaseIterable {
        /// It will not become healthy by itself.
        case failed
        /// It is not there.
        case missing
        /// It is being deleted.
        case terminating
        /// It may become healthy.
        case progressing
        /// It cannot be told.
        case unknown
    }

    /// A resource that is not known to be healthy.
    public struct Unhealthy: Sendable {
        public let path: RepositoryPath
        public let state: State
        /// In one line.
        public let reason: String

        public init(_ path: RepositoryPath, _ state: State, _ reason: String) {
            self.path = path
            self.state = state
            self.reason = reason
        }
    }

    /// How many are healthy.
    public let healthy: Int
    /// All that are not, the worst first.
    public let unhealthy: [Unhealthy]

    public init(healthy: Int, unhealthy: [Unhealthy]) {
        self.healthy = healthy
        func rank(_ state: State) -> Int { State.allCases.firstIndex(of: state) ?? 0 }
        self.unhealthy = unhealthy.sorted { (rank($0.state), $0.path) < (rank($1.state), $1.path) }
    }
}
