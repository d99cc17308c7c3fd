import Deployments
import Git
import Operations

extension Session {
    /// Reads arguments of the form `[<env>…] [<rev>]`: names of environments, then perhaps a revision.
    ///
    /// The last argument that names no environment is a revision, as `git diff [<rev>] [<path>]` decides.
    /// - Returns: the environments that were named (none where none was), and the revision.
    func environments(
        in arguments: [String]
    ) throws -> (named: [Environment], all: [Environment], revision: String?) {
        let all = try environments.environments()
        var named: [Environment] = []
        var revision: String?
        for (index, argument) in arguments.enumerated() {
            if let environment = all.first(where: { $0.name == argument }) {
                if !named.contains(where: { $0.name == argument }) { named.append(environment) }
            } else if index == arguments.count - 1, (try? repository.commit(revision: argument)) != nil {
                revision = argument
            } else if index < arguments.count - 1, (try? repository.commit(revision: argument)) != nil {
                throw Failure("the revision '\(plainLine(argument))' must come last", exitCode: 129)
            } else {
                throw Failure(
                    "'\(plainLine(argument))' is neither an environment nor a revision",
                    hint: "environments: \(all.map(\.name).joined(separator: ", "))")
            }
        }
        return (named, all, revision)
    }

    /// The commit to work with: what the revision names, else the tip of the environment's branch.
    func commit(_ revision: String?, of environment: Environment) throws -> ObjectID {
        if let revision { return try repository.commit(revision: revision) }
        return try environments.tip(of: environment)
    }
}
