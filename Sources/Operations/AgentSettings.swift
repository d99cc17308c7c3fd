import Deployments
import Git
import Posix

/// How the agent works: settings that belong to no environment. They are read once, when it starts.
package struct AgentSettings: Sendable {
    /// `ops.agentRemote`: where the repository is pulled from; `origin`, or else the only remote.
    package let remote: String
    /// `ops.agentInterval`: seconds between two fetches, before jitter; a minute where it is not set.
    package let interval: Double
    /// `ops.agentListen`: `host:port` of the endpoints; nil for none.
    package let listen: String?
    /// `ops.agentHookSecretFile`, each holding a secret in its first line.
    package let hookSecretFiles: [String]
    /// `ops.agentPing`: the address that is asked for after each round that went well.
    package let ping: String?
    /// `ops.agentLease`: namespace and name of the Lease that says which of several agents acts; nil for one alone.
    package let lease: (namespace: String, name: String)?
    /// `ops.agentRecords`: whether records are pushed to the remote.
    package let pushesRecords: Bool
    /// `ops.agentLogFormat`: `logfmt` or `json`.
    package let logsJSON: Bool
    /// `ops.agentLogLevel`, a name of swift-log's levels.
    package let logLevel: String

    /// - Throws: `SettingsError` where one makes no sense.
    package init(_ configuration: Configuration) throws {
        let remotes = configuration.subsections(of: "remote")
        if let named = configuration["ops.agentRemote"] {
            guard remotes.contains(named) else {
                throw SettingsError("ops.agentRemote names no remote: '\(plainLine(named, limit: 80))'", hint: "git remote add \(plainLine(named, limit: 80)) <url>")
            }
            remote = named
        } else if remotes.contains("origin") || remotes.count == 1 {
            remote = remotes.contains("origin") ? "origin" : remotes[0]
        } else {
            throw SettingsError(
                remotes.isEmpty ? "there is no remote to pull from" : "there are several remotes and none is 'origin'",
                hint: remotes.isEmpty ? "git remote add origin <url>" : "git config ops.agentRemote <name>")
        }
        try AgentSettings.refuseMirror(configuration, remote)
        interval = try AgentSettings.duration(configuration, "agentInterval", 60, least: 1)
        let address = configuration["ops.agentListen"] ?? "127.0.0.1:9419"
        listen = address.isEmpty || address == "none" ? nil : address
        hookSecretFiles = configuration.values("ops.agentHookSecretFile")
        ping = configuration["ops.agentPing"].flatMap { $0.isEmpty ? nil : $0 }
        if let text = configuration["ops.agentLease"], !text.isEmpty {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
                throw SettingsError("ops.agentLease is not a namespace and a name: '\(plainLine(text, limit: 80))'", hint: "for example git-ops/agent")
            }
            lease = (String(parts[0]), String(parts[1]))
        } else {
            lease = nil
        }
        if lease != nil, configuration.boolean("ops.sign") != true {
            for environment in configuration.subsections(of: "ops") {
                let settings = EnvironmentSettings(environment: environment, configuration: configuration)
                // What makes no sense is said where it is used.
                guard settings.target != nil, let policy = try? settings.signaturePolicy(), policy != .none else { continue }
                let name = plainLine(environment, limit: 80)
                throw SettingsError(
                    AgentSettings.unsharedReason(of: name), hint: "git config ops.sign true, or let one agent alone keep it (git config --unset ops.agentLease)")
            }
        }
        pushesRecords = try AgentSettings.choice(configuration, "agentRecords", ["push", "keep"]) == "push"
        logsJSON = try AgentSettings.choice(configuration, "agentLogFormat", ["logfmt", "json"]) == "json"
        logLevel = try AgentSettings.choice(configuration, "agentLogLevel", ["info", "trace", "debug", "notice", "warning", "error"])
    }

    /// Why several agents cannot take turns with what has to be signed, where they sign nothing.
    package static func unsharedReason(of environment: String) -> String {
        "ops.agentLease and ops.\(environment).verify need ops.sign: agents know by the record at the remote what another has deployed, and believe it only if it is signed"
    }

    /// A clone that takes whatever the remote has cannot tell what was accepted from what was only fetched.
    private static func refuseMirror(_ configuration: Configuration, _ remote: String) throws {
        let key = "remote.\(remote)."
        let shown = plainLine(remote, limit: 80)
        guard configuration.boolean(key + "mirror") != true else {
            throw SettingsError(
                "this clone is a mirror of '\(shown)': every fetch by hand would overwrite what was accepted and recorded",
                hint: "git clone --bare, or git config --unset remote.\(shown).mirror and remote.\(shown).fetch")
        }
        for specification in configuration.values(key + "fetch") {
            let parts = specification.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let destination = parts.last else { continue }
            // `git ops init` has records fetched where they go forward.
            guard specification != "refs/ops/*:refs/ops/*" else { continue }
            guard ["refs/heads/", "refs/ops/"].contains(where: { destination.hasPrefix($0) || $0.hasPrefix(destination.prefix { $0 != "*" }) }) else { continue }
            throw SettingsError(
                "remote.\(shown).fetch writes branches or records of this repository: '\(plainLine(specification, limit: 80))'",
                hint: "git config --unset-all remote.\(shown).fetch; the agent says itself what it fetches")
        }
    }

    /// The secrets that hooks are signed with.
    /// - Throws: `SettingsError` where a file cannot be read, or has none.
    package func hookSecrets() throws -> [String] {
        try hookSecretFiles.map { path in
            guard path.hasPrefix("/") else { throw SettingsError("ops.agentHookSecretFile is not an absolute path: '\(plainLine(path, limit: 200))'") }
            guard let bytes = try contents(ofFile: path, limit: 1 << 16) else {
                throw SettingsError("ops.agentHookSecretFile: there is no '\(plainLine(path, limit: 200))'")
            }
            let secret = String(decoding: bytes.prefix { $0 != 10 && $0 != 13 }, as: UTF8.self)
            guard secret.utf8.count >= 8 else {
                throw SettingsError("'\(plainLine(path, limit: 200))' holds no secret of 8 characters or more in its first line", hint: "openssl rand -hex 32")
            }
            return secret
        }
    }

    private static func duration(_ configuration: Configuration, _ name: String, _ fallback: Double, least: Double) throws -> Double {
        guard let text = configuration["ops." + name] else { return fallback }
        guard let value = seconds(duration: text), value >= least else {
            throw SettingsError("ops.\(name) is not a duration of \(Int(least))s or more: '\(plainLine(text, limit: 40))'", hint: "for example 30s, 5m or 1h")
        }
        return value
    }

    /// - Parameter words: the first is what holds where nothing is set.
    private static func choice(_ configuration: Configuration, _ name: String, _ words: [String]) throws -> String {
        guard let word = configuration["ops." + name] else { return words[0] }
        guard words.contains(word) else {
            throw SettingsError("ops.\(name) is '\(plainLine(word, limit: 40))'", hint: "it is one of \(words.sorted().joined(separator: ", "))")
        }
        return word
    }
}
