import Agent
import AgentService
import Deployments
import Git
import Operations
import Posix

/// What of a clone's configuration an agent in a cluster is given. What would be lost on the way, and with it perhaps
/// what keeps somebody out, is an error.
struct Packing {
    let session: Session
    /// That of the agent.
    let namespace: String

    private var configuration: Configuration { session.configuration }

    /// What is set for an environment and means nothing in a pod.
    private static let foreign: Set<String> = ["target", "namespace", "directory", "owner", "mode", "recorder", "kubeconfig", "context"]
    /// What the manifests say themselves.
    private static let own: Set<String> = ["agentremote", "agentlisten", "agenthooksecretfile", "agentlease", "agentping"]
    private static let names =
        EnvironmentSettings.kubernetesNames + [
            "agentInterval", "agentRecords", "agentLogFormat", "agentLogLevel", "forbidException", "urlFile", "secretFile", "caFile", "passwordFile",
            "tokenFile",
        ]

    /// What of a channel is printed as it is; what is secret, or a file, is told apart before.
    private static let shownOfChannel: Set<String> = ["kind", "on", "environments", "url", "repository", "server", "tls", "user", "from", "to", "command"]

    /// A key as the manual spells it.
    private static func spelled(_ key: String) -> String { names.first { $0.lowercased() == key } ?? key }

    /// The settings of all that is deployed from here.
    private var kept: [EnvironmentSettings] {
        configuration.subsections(of: "ops").map { EnvironmentSettings(environment: $0, configuration: configuration) }.filter { $0.target != nil }
    }

    // MARK: the remote

    /// What the remote is cloned from, as git rewrites it.
    func address(_ remote: String) throws -> String {
        let shown = plainLine(remote, limit: 80)
        guard let url = session.git.line(["remote", "get-url", remote]), !url.isEmpty else { throw Failure("remote '\(shown)' has no address") }
        return url
    }

    // MARK: environments

    /// - Parameter declared: the names in `ops.yaml`.
    func environments(_ declared: [String]) throws -> [InstallTexts.Environment] {
        let kept = kept
        guard !kept.isEmpty else {
            let name = declared.first ?? "default"
            throw Failure("no environment has a target in this clone", hint: "git config ops.\(name).target kubernetes")
        }
        return try kept.map(environment)
    }

    private func environment(_ settings: EnvironmentSettings) throws -> InstallTexts.Environment {
        let name = settings.environment
        let shown = plainLine(name, limit: 80)
        guard settings.target == "kubernetes" else {
            let target = settings.target ?? "directory"
            throw Failure(
                target == "directory"
                    ? "ops.\(shown).\(settings.values["target"] == nil ? "directory" : "target") says that '\(shown)' goes into a directory, and a pod has none"
                    : "ops.\(shown).target is '\(plainLine(target, limit: 80))', and the manifests know 'kubernetes' alone",
                hint: "git config ops.\(shown).target kubernetes, or a clone for the cluster that has no target for '\(shown)'")
        }
        // What makes no sense here makes none there.
        _ = (try settings.timeout(), try settings.adopts(), try settings.driftPolicy(), try settings.rewritePolicy(), try settings.signaturePolicy())
        for key in ["kubeconfig", "context"] where !(settings.values[key] ?? "").isEmpty {
            let cluster = settings.values["cluster"] ?? ""
            guard cluster.isEmpty || cluster == "*" else { continue }
            throw Failure(
                "ops.\(shown).\(key) says where the cluster is, and in a pod it is the one that the pod runs in",
                hint: "git config ops.\(shown).cluster <uid of its namespace kube-system>, so that it goes to no other")
        }
        let settings = settings.values.filter { !Packing.foreign.contains($0.key) }.sorted { $0.key < $1.key }
        return .init(name: name, namespace: self.settings(of: name, "namespace") ?? name, settings: settings.map { .init(Packing.spelled($0.key), $0.value) })
    }

    private func settings(of environment: String, _ key: String) -> String? {
        configuration["ops.\(environment).\(key)"].flatMap { $0.isEmpty ? nil : $0 }
    }

    // MARK: everything else

    /// - Parameter declared: the names in `ops.yaml`.
    func luggage(_ settings: AgentSettings, _ declared: [String]) throws -> InstallTexts.Luggage {
        var luggage = InstallTexts.Luggage()
        luggage.lease = settings.lease.map { .init(namespace: $0.namespace, name: $0.name) }
        packAgent(&luggage, settings)
        try packChannels(&luggage)
        try packTrust(&luggage)
        try packSigning(&luggage)
        if !luggage.secretSettings.isEmpty {
            luggage.secrets.append(.init(key: InstallTexts.Luggage.secretSettingsKey, from: "secret-settings", meaning: "settings that are secrets, see below"))
        }
        keep(&luggage, settings)
        remark(&luggage, settings, declared)
        return luggage
    }

    private func packAgent(_ luggage: inout InstallTexts.Luggage, _ settings: AgentSettings) {
        var packed: [InstallTexts.Setting] = []
        var seen: Set<String> = []
        for (entry, _) in configuration.entries where entry.hasPrefix("ops.") && seen.insert(entry).inserted {
            let key = String(entry.dropFirst(4))
            guard !key.contains("."), !Packing.own.contains(key) else { continue }
            let values = configuration.values(entry)
            // Of what may be given once, the last counts.
            for value in key == "forbidexception" ? values : values.suffix(1) { packed.append(.init(Packing.spelled(key), value)) }
        }
        // The first is the one that the manifests always have.
        for (index, path) in settings.hookSecretFiles.enumerated().dropFirst() {
            let key = "hook-secret-\(index + 1)"
            luggage.secrets.append(.init(key: key, from: path, meaning: "another one"))
            packed.append(.init("agentHookSecretFile", InstallTexts.Luggage.secretPath(key)))
        }
        if !packed.isEmpty { luggage.sections.append(.init("ops", settings: packed)) }
        if settings.ping != nil { luggage.secretSettings.append("ops.agentPing") }
        // Where it is pushed to may be another address.
        let (url, push) = (session.git.line(["remote", "get-url", settings.remote]), session.git.line(["remote", "get-url", "--push", settings.remote]))
        if let push, push != url { luggage.sections.append(.init("remote", "origin", settings: [.init("pushurl", push)])) }
    }

    private func packChannels(_ luggage: inout InstallTexts.Luggage) throws {
        // What is set without a name holds for all.
        let prefix = "opschannel."
        var count = 0
        var unknown: [String] = []
        for name in [nil] + configuration.subsections(of: "opsChannel").map(Optional.some) {
            let start = prefix + (name.map { $0 + "." } ?? "")
            var packed: [InstallTexts.Setting] = []
            var seen: Set<String> = []
            count += 1
            for (entry, _) in configuration.entries where entry.hasPrefix(start) && seen.insert(entry).inserted {
                let key = String(entry.dropFirst(start.count))
                guard !key.contains("."), let value = configuration[entry] else { continue }
                let shown = "opsChannel.\(name.map { $0 + "." } ?? "")\(Packing.spelled(key))"
                let file = name == nil ? "channels-\(key)" : "channel-\(count - 1)-\(key)"
                let kind = key == "kind" ? value : configuration["opsChannel.\(name ?? "").kind"] ?? configuration["opsChannel.kind"] ?? ""
                switch key {
                case "kind" where value == "sendmail":
                    throw Failure("\(plainLine(shown, limit: 120)) is sendmail, a program of this machine", hint: "smtp sends mail by a server")
                case "urlfile", "secretfile", "tokenfile", "passwordfile":
                    luggage.secrets.append(.init(key: file, from: value, meaning: "that of \(shown)"))
                    packed.append(.init(Packing.spelled(key), InstallTexts.Luggage.secretPath(file)))
                case "cafile":
                    luggage.files.append(.init(name: file, text: try text(value, shown)))
                    packed.append(.init(Packing.spelled(key), InstallTexts.Luggage.path(file)))
                case "secret", "token", "password": luggage.secretSettings.append(shown)
                // That of a forge is known to everybody; what holds for all may be that of another kind.
                case "url" where name == nil || !["github", "gitlab", "gitea"].contains(kind): luggage.secretSettings.append(shown)
                case "url", "server", "repository":
                    guard !InstallTexts.carriesSecret(value) else {
                        throw Failure(
                            "\(plainLine(shown, limit: 120)) has a name, a password or a query in it, and the manifests would show it",
                            hint: key == "server"
                                ? "opsChannel.<name>.user and .passwordFile say who sends" : "the address alone, and the token in a file that opsChannel.<name>.tokenFile names")
                    }
                    packed.append(.init(Packing.spelled(key), value))
                case let key where Packing.shownOfChannel.contains(key): packed.append(.init(Packing.spelled(key), value))
                // It may be anything, a misspelt password as well.
                default: unknown.append(plainLine(shown, limit: 120))
                }
            }
            if !packed.isEmpty { luggage.sections.append(.init("opsChannel", name, settings: packed)) }
        }
        if !unknown.isEmpty { luggage.remarks.append(["Not kept, since no channel has such settings: \(unknown.joined(separator: ", "))"]) }
    }

    // MARK: signatures

    private var verified: [String] { kept.filter { (try? $0.signaturePolicy()) != SignaturePolicy.none }.map(\.environment) }

    /// Whom the agent trusts, and whom not any more.
    private func packTrust(_ luggage: inout InstallTexts.Luggage) throws {
        guard let name = verified.first.map({ plainLine($0, limit: 80) }) else { return }
        guard let signers = path("gpg.ssh.allowedSignersFile") else {
            throw Failure(
                "ops.\(name).verify trusts keys of gpg here, which do not come along",
                hint: "git config gpg.ssh.allowedSignersFile /etc/git-ops/signers, with keys of ssh")
        }
        var packed = [InstallTexts.Setting("allowedSignersFile", InstallTexts.Luggage.path("allowed-signers"))]
        luggage.files.append(.init(name: "allowed-signers", text: try text(signers, "gpg.ssh.allowedSignersFile")))
        if let revoked = path("gpg.ssh.revocationFile") {
            luggage.files.append(.init(name: "revoked-keys", text: try text(revoked, "gpg.ssh.revocationFile")))
            packed.append(.init("revocationFile", InstallTexts.Luggage.path("revoked-keys")))
        }
        if let level = configuration["gpg.minTrustLevel"] { luggage.sections.append(.init("gpg", settings: [.init("minTrustLevel", level)])) }
        luggage.sections.append(.init("gpg", "ssh", settings: packed))
    }

    private var signs: Bool { configuration.boolean("ops.sign") == true }

    /// What the record is signed with.
    private func packSigning(_ luggage: inout InstallTexts.Luggage) throws {
        guard signs else { return }
        let hint = "git config gpg.format ssh, and git config user.signingKey <file of a private key that has no passphrase>"
        guard configuration["gpg.format"] == "ssh" else { throw Failure("ops.sign signs with a key of gpg, which does not come along", hint: hint) }
        guard let key = path("user.signingKey") else { throw Failure("ops.sign is set, and user.signingKey is not", hint: hint) }
        let isLiteral = key.hasPrefix("key::") || key.hasPrefix("ssh-")
        let file = isLiteral ? "signing-key" : key.hasSuffix(".pub") ? String(key.dropLast(4)) : key
        // Agents that do not believe each other deploy nothing.
        if let signers = luggage.files.first(where: { $0.name == "allowed-signers" })?.text, !signers.contains("cert-authority") {
            let published = isLiteral ? key : (try? contents(ofFile: file + ".pub", limit: 1 << 16)).flatMap { $0 }.map { String(decoding: $0, as: UTF8.self) }
            if let body = published?.split(separator: " ").dropFirst().first, !signers.contains(body) {
                throw Failure(
                    "the record would be signed with a key that is not among those of gpg.ssh.allowedSignersFile, and not be believed",
                    hint: "add the public key of user.signingKey to it")
            }
        }
        luggage.secrets.append(.init(key: "signing-key", from: file, meaning: "the private key of user.signingKey, which has no passphrase"))
        luggage.sections.append(.init("gpg", settings: [.init("format", "ssh")]))
        luggage.sections.append(.init("user", settings: [.init("signingKey", InstallTexts.Luggage.secretPath("signing-key"))]))
    }

    /// Where what the remote has does not make up for a clone that is lost.
    private func keep(_ luggage: inout InstallTexts.Luggage, _ settings: AgentSettings) {
        let verified = verified
        if !settings.pushesRecords {
            luggage.keepsRepository = ["The record is not pushed (ops.agentRecords), so that one agent keeps it on a volume."]
        } else if let first = verified.first, !signs {
            luggage.keepsRepository = [
                "With ops.\(first).verify, and without ops.sign, the record at the remote is not believed, so that one agent keeps its own on a",
                "volume. If the remote has one already, and you trust it, tell the agent so:", "",
            ] + verified.map { "  kubectl -n \(namespace) exec deployment/git-ops-agent -- git fetch origin refs/ops/\($0):refs/ops/\($0)" }
        }
    }

    private func remark(_ luggage: inout InstallTexts.Luggage, _ settings: AgentSettings, _ declared: [String]) {
        let kept = Set(kept.map(\.environment))
        let others = declared.filter { !kept.contains($0) }
        if !others.isEmpty { luggage.remarks.append(["Not kept, since they have no target in the clone that this was made in: \(others.joined(separator: ", "))"]) }
        // The middle of such a name is an address.
        let alone = Set(configuration.entries.map(\.key).filter { $0.hasPrefix("http.") || $0 == "core.sshcommand" }.map { key in
            guard InstallTexts.carriesSecret(key) else { return key }
            return "http.<address>." + (key.split(separator: ".").last ?? "")
        }).sorted()
        if !alone.isEmpty { luggage.remarks.append(["What the clone says of how to reach the remote does not come along: \(alone.joined(separator: ", "))"]) }
    }

    // MARK: files

    /// A file's name as git reads it, with `~` as somebody's home; nil where it is not set.
    private func path(_ key: String) -> String? {
        session.git.line(["config", "--type=path", "--get", key]).flatMap { $0.isEmpty ? nil : $0 }
    }

    private func text(_ path: String, _ key: String) throws -> String {
        let shown = plainLine(key, limit: 120)
        guard path.hasPrefix("/") else { throw Failure("\(shown) is not an absolute path: '\(plainLine(path, limit: 200))'") }
        guard let bytes = try contents(ofFile: path, limit: 512 << 10) else { throw Failure("\(shown): there is no '\(plainLine(path, limit: 200))'") }
        let text = String(decoding: bytes, as: UTF8.self)
        guard Array(text.utf8) == bytes, !bytes.contains(0) else {
            throw Failure("\(shown): '\(plainLine(path, limit: 200))' is no text", hint: "a list of public keys, one a line, does as well")
        }
        return text
    }
}
