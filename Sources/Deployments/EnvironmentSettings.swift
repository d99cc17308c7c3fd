public import Git

/// A setting that cannot be used.
public struct SettingsError: Error, Sendable, CustomStringConvertible {
    public let message: String
    public let hint: String?

    public init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }

    public var description: String { message }
}

/// Where an environment goes and with which rights: `ops.<environment>.*` of the git configuration of
/// the repository that applies. None of it can be pushed.
public struct EnvironmentSettings: Sendable {
    public let environment: String
    /// All values, by name in lower case.
    public let values: [String: String]
    /// `ops.<environment>.recorder`: who may push the record of an environment that is deployed from elsewhere.
    public let recorders: [String]

    public init(environment: String, configuration: Configuration) {
        self.environment = environment
        let prefix = "ops.\(environment)."
        var values: [String: String] = [:]
        for (key, value) in configuration.entries where key.hasPrefix(prefix) {
            values[String(key.dropFirst(prefix.count))] = value ?? "true"
        }
        self.values = values
        recorders = configuration.values(prefix + "recorder").filter { !$0.isEmpty }
    }

    /// `ops.<environment>.target`; `directory` where only a directory is set; nil where nothing is, so that
    /// this repository does not apply the environment.
    public var target: String? {
        values["target"] ?? (values["directory"] == nil ? nil : "directory")
    }

    /// `ops.<environment>.directory`: absolute.
    public func directory() throws -> String {
        guard let directory = values["directory"] else {
            throw SettingsError(
                "environment '\(environment)' has no directory",
                hint: "git config ops.\(environment).directory /path/to/directory")
        }
        guard directory.hasPrefix("/") else {
            throw SettingsError("ops.\(environment).directory is not an absolute path: '\(directory)'")
        }
        return directory
    }

    /// Seconds: `ops.<environment>.timeout`, five minutes where it is not set.
    public func timeout() throws -> Double {
        guard let text = values["timeout"] else { return 300 }
        guard let limit = seconds(duration: text) else {
            throw SettingsError(
                "ops.\(environment).timeout is not a duration: '\(plainLine(text, limit: 40))'",
                hint: "for example 90s, 5m or 1h")
        }
        return limit
    }

    /// `ops.<environment>.adopt`: whether files that were there before are taken over, whatever they hold.
    public func adopts() throws -> Bool {
        guard let text = values["adopt"] else { return false }
        switch text.lowercased() {
        case "true", "yes", "on", "1": return true
        case "false", "no", "off", "0", "": return false
        default: throw SettingsError("ops.\(environment).adopt is not a boolean: '\(plainLine(text, limit: 40))'")
        }
    }

    /// A command of the deployment, as a line for sh; nil where it is not set.
    public func command(_ stage: LifecycleStage) -> String? {
        let command = values[stage.rawValue.lowercased()]
        return command?.isEmpty ?? true ? nil : command
    }

    /// The settings that git-ops itself knows.
    public static let knownNames = [
        "target", "directory", "preApply", "reload", "healthCheck", "timeout", "owner", "mode", "adopt", "recorder",
    ] + agentNames

    /// Those that the agent heeds.
    private static let agentNames = ["drift", "nonFastForward", "verify"]

    /// Those of the target `kubernetes`, beside the ones of every target.
    public static let kubernetesNames = [
        "target", "preApply", "reload", "healthCheck", "timeout", "adopt", "kubeconfig", "context", "cluster", "namespace", "fieldManager", "prune", "wait",
    ] + agentNames
}

/// The points of a deployment at which a command of the configuration runs.
public enum LifecycleStage: String, Sendable, CaseIterable {
    /// Before anything is changed, on a staged copy; it can veto.
    case preApply
    /// After the change; it is told the changed paths.
    case reload
    /// Last; it decides whether the deployment stays.
    case healthCheck
}
