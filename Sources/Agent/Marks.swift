import Deployments
import Posix

/// What this machine alone remembers of what the agent has done for an environment.
struct Marks {
    private let environments: EnvironmentRepository
    private let environment: Environment

    init(_ environments: EnvironmentRepository, _ environment: Environment) {
        self.environments = environments
        self.environment = environment
    }

    private var placePath: String { environments.statePath(environment.name) + "/agent-place" }
    private var toldPath: String { environments.statePath(environment.name) + "/agent-told" }

    /// Where it goes, as the configuration says.
    private var place: String {
        ["target", "directory", "kubeconfig", "context", "cluster", "namespace"]
            .compactMap { name in environment.settings.values[name].map { "\(name)=\($0)\n" } }.joined()
    }

    private func read(_ path: String) -> String? {
        (try? contents(ofFile: path, limit: 1 << 16)).flatMap { $0 }.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether the last deployment went to where the next one would go: another place has yet to get anything.
    var isPlaceOfLast: Bool { read(placePath) == place }

    /// Whether nobody was told yet of a deployment; not where nothing is known of those before.
    func isNew(_ last: RecordedDeployment) -> Bool {
        guard let told = read(toldPath) else { return false }
        return told != last.deployment.identifier.description
    }

    func noteTold(_ last: RecordedDeployment) {
        try? write(Array(last.deployment.identifier.description.utf8), toFile: toldPath)
    }

    /// That a deployment ended so, and was told.
    func note(_ outcome: Outcome) {
        switch outcome {
        case .deployed(let last), .superseded(let last):
            noteTold(last)
            try? write(Array(place.utf8), toFile: placePath)
        case .unchanged: try? write(Array(place.utf8), toFile: placePath)
        case .failed(let last, _): noteTold(last)
        case .suspended: break
        }
    }
}
