import Deployments
import Git
import Operations

extension Session {
    /// The environments that are kept from here: those that are declared and have a target. None where there is no
    /// branch yet that could declare any.
    /// - Throws: where what is declared cannot be read.
    func keptEnvironments() throws -> [Environment] {
        guard try repository.target(of: environments.defaultBranch()) != nil else { return [] }
        return try environments.environments().filter { $0.settings.target != nil }
    }
}
