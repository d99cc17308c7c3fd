import Deployments
import DirectoryTarget
import Git
import Glibc
package import PluginTarget
import Posix

/// What a verb works with: the repository it was called in, the process's variables.
package struct Session {
    package let variables: [String: String]
    package let environments: EnvironmentRepository

    package var repository: Repository { environments.repository }
    package var configuration: Configuration { environments.configuration }

    /// Opens the repository that git would use.
    /// - Parameters:
    ///   - start: where the search begins.
    ///   - deploys: whether records are going to be written, which must be on disk when they are named.
    package init(variables: [String: String] = processVariables(), from start: String = ".", deploys: Bool = false) throws {
        // libgit2 cannot be told of a working tree elsewhere; nothing here needs one.
        self.variables = variables
        let repository = try Repository(from: start, environment: variables, syncsWrites: deploys)
        let configuration = try Session.configuration(of: repository, variables)
        environments = EnvironmentRepository(
            repository, configuration: configuration,
            committer: Session.committer(configuration, variables), signer: try Session.signer(configuration, variables, repository))
    }

    /// What signs the record; nil where `ops.sign` does not say so.
    private static func signer(_ configuration: Configuration, _ variables: [String: String], _ repository: Repository) throws -> RecordWriter? {
        guard let word = configuration["ops.sign"] else { return nil }
        guard let isSigned = configuration.boolean("ops.sign") else { throw Failure("ops.sign is not a boolean: '\(plainLine(word, limit: 40))'") }
        guard isSigned else { return nil }
        var variables = variables
        variables["GIT_DIR"] = repository.gitDirectory
        return RecordSigner(variables: variables).write
    }

    /// Asks git where libgit2 would not see all of the configuration.
    private static func configuration(
        of repository: Repository, _ variables: [String: String]
    ) throws -> Configuration {
        guard Repository.configurationVariables.contains(where: { variables[$0] != nil }) else {
            return try repository.configuration()
        }
        var environment = variables
        environment["GIT_DIR"] = repository.gitDirectory
        return Configuration(listing: try GitProcess(environment: environment).output(["config", "-z", "--list"]))
    }

    /// git's rules for the committer (git-commit(1)): variables, then configuration; where neither says,
    /// `git-ops` at this host, since a server often has no identity.
    private static func committer(
        _ configuration: Configuration, _ variables: [String: String]
    ) -> @Sendable (Moment) -> Signature {
        let name = variables["GIT_COMMITTER_NAME"] ?? configuration["committer.name"] ?? configuration["user.name"]
        let email =
            variables["GIT_COMMITTER_EMAIL"] ?? configuration["committer.email"] ?? configuration["user.email"]
        let host = hostName()
        return { moment in
            Signature(
                name: name ?? "git-ops", email: email ?? "git-ops@\(host)", seconds: moment.seconds)
        }
    }

    /// The variables for a git that works on this repository, wherever this process is.
    package var gitVariables: [String: String] {
        var environment = variables
        environment["GIT_DIR"] = repository.gitDirectory
        return environment
    }

    /// Whether a terminal is written to in colour: `color.ops`, `color.ui` and NO_COLOR say, as they say to
    /// `git config --get-colorbool` (upstream `color.c`).
    package var paintsTerminal: Bool {
        if let word = variables["NO_COLOR"], !word.isEmpty { return false }
        switch (configuration["color.ops"] ?? configuration["color.ui"])?.lowercased() {
        case "always": return true
        case "never", "false", "no", "off", "0", "": return false
        default: return variables["TERM"] != nil && variables["TERM"] != "dumb"
        }
    }

    /// git on this repository.
    package var git: GitProcess { GitProcess(environment: gitVariables) }

    /// The target of an environment, as the configuration says.
    /// - Parameters:
    ///   - hosts: where targets are that are no programs of their own, by their names.
    ///   - lock: the descriptor of the environment's lock, where it is held. A target that is a process of
    ///     its own holds it too, so that nobody deploys beside one whose git-ops was killed.
    ///   - patience: seconds after which a target that can reach nothing is to say so.
    ///   - onMessage: told what a target process has to say.
    package func target(
        of environment: Environment, at hosts: [String: TargetHost] = [:], holding lock: Int32? = nil, patience: Double? = nil,
        onMessage: @escaping (String) -> Void
    ) throws -> any Target {
        let settings = environment.settings
        guard let name = settings.target else {
            throw Failure(
                "environment '\(environment.name)' has no target in this repository",
                hint: "git config ops.\(environment.name).directory /path/to/directory")
        }
        if name == "directory" {
            return try DirectoryTarget(
                DirectoryTarget.Settings(
                    directory: try settings.directory(), mode: settings.values["mode"], owner: settings.values["owner"],
                    cachePath: environments.statePath(environment.name) + "/index"),
                repository: repository, onMessage: onMessage)
        }
        return try PluginTarget(
            named: name, at: hosts[name] ?? .program, configuration: settings.values, repository: repository,
            secretKey: { [environments] in try environments.secretKey() }, environment: Session.inherited(variables),
            timeout: try settings.timeout(), patience: patience, lock: lock,
            cachePath: environments.statePath(environment.name) + "/target-cache", onMessage: onMessage)
    }

    /// The tip of an environment's branch, where it is another than the commit that is being deployed and a push waits
    /// for it.
    /// - Parameter known: the requests that are being answered.
    package func newerTip(
        of environment: Environment, than commit: ObjectID, in queue: DeploymentQueue, beside known: [QueuedRequest]
    ) -> ObjectID? {
        // What cannot be read overtakes nothing, nor does what would not be deployed.
        do {
            guard try environments.suspension(of: environment.name) == nil else { return nil }
        } catch {
            return nil
        }
        guard let waiting = try? queue.waiting(), waiting.contains(where: { !known.contains($0) }),
            let tip = try? environments.tip(of: environment), tip != commit
        else { return nil }
        return tip
    }

    /// The variables that a process started from here may see: nothing of the push that set it off.
    ///
    /// Last on its PATH is where this program is: what was installed with it is found by whatever PATH it was started
    /// with, as cron's is.
    package static func inherited(_ variables: [String: String]) -> [String: String] {
        let allowed: Set<String> = [
            "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME",
            "XDG_RUNTIME_DIR", "GIT_EXEC_PATH", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM",
            "SSL_CERT_FILE", "SSL_CERT_DIR", "KUBECONFIG",
        ]
        var inherited = variables.filter { allowed.contains($0.key) || $0.key.hasPrefix("LC_") }
        if let folder = Program.folder() {
            let folders = inherited["PATH"]?.split(separator: ":").map(String.init) ?? ["/usr/local/bin", "/usr/bin", "/bin"]
            if !folders.contains(folder) { inherited["PATH"] = (folders + [folder]).joined(separator: ":") }
        }
        return inherited
    }

    /// Who asks for something on this machine, or over the connection that this process came by.
    package func actor() -> Actor {
        Actor.identified(by: variables, localUser: localUser().name, describeKey: describeSSHKey)
    }

    /// The comment of a key in authorized_keys and its fingerprint, as ssh-keygen(1) prints them.
    private func describeSSHKey(_ key: String) -> (name: String?, fingerprint: String)? {
        let parts = key.split(separator: " ")
        guard parts.count >= 2 else { return nil }
        let process = Command("ssh-keygen", ["-lf", "-"], environment: Session.inherited(variables))
        var output: [UInt8] = []
        let end = try? process.run(standardInput: Array("\(parts[0]) \(parts[1])\n".utf8), timeout: 5) { output += $0 }
        let words = String(decoding: output, as: UTF8.self).split(separator: " ")
        guard end?.succeeded ?? false, words.count > 1 else { return nil }
        return (authorizedComment(of: parts[1]), String(words[1]))
    }

    private func authorizedComment(of key: Substring) -> String? {
        let path = (variables["HOME"] ?? localUser().home) + "/.ssh/authorized_keys"
        guard let content = try? contents(ofFile: path, limit: 1 << 22) else { return nil }
        for line in String(decoding: content, as: UTF8.self).split(separator: "\n") {
            guard let range = line.firstRange(of: key) else { continue }
            let comment = line[range.upperBound...].drop { $0 == " " }
            return comment.isEmpty ? nil : String(comment)
        }
        return nil
    }
}
