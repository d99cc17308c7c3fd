import Git
import Glibc
import Posix
import TestSupport
import Testing

/// What `git ops agent install` prints; that it is valid is tested with the texts.
@Suite struct AgentInstallTests {
    @Test func theUnitIsOfThisRepositoryAndItsDirectories() throws {
        let site = try AgentSite("install", environments: ["production", "staging"])
        func install(_ user: String = "www-data") throws -> Finished {
            try run("git", ["ops", "agent", "install", "--systemd", "--user", user], in: site.agent.path)
        }
        // systemd would start nothing.
        let early = try install()
        #expect(
            early.code == 128
                && early.error.hasPrefix("fatal: ops.production.directory is not there, and what the unit may write has to be: '\(site.scratch("live/production"))'\nhint: mkdir -p "),
            "\(early.all)")
        for name in ["production", "staging"] { try makeFolders(site.scratch("live/\(name)")) }
        let nobody = try install("nosuchuser")
        #expect(nobody.code == 128 && nobody.error == "fatal: no user 'nosuchuser' on this machine\n", "\(nobody.all)")
        let unit = try install()
        #expect(unit.code == 0, "\(unit.all)")
        #expect(unit.output.contains("\nUser=www-data\n"))
        #expect(unit.output.contains("\nWorkingDirectory=\(site.agent.path)\n"))
        for name in ["production", "staging"] { #expect(unit.output.contains(site.scratch("live/\(name)"))) }
        // All of it is below /tmp.
        #expect(unit.output.contains(" /tmp /var/tmp\n") && unit.output.contains("\nPrivateTmp=no\n"))
        #expect(unit.output.contains("\nExecReload=/bin/kill -HUP $MAINPID\n") && unit.output.contains("\nCapabilityBoundingSet=\n"))
        // Only root can give files away.
        try site.agent.git("config", "ops.staging.owner", "www-data:www-data")
        #expect(try install().output.contains("\nCapabilityBoundingSet=\n"))
        let other = try install("daemon")
        #expect(
            other.code == 128 && other.error.hasPrefix("fatal: ops.staging.owner is 'www-data:www-data', and 'daemon' can give files to nobody\nhint: --user root"), "\(other.all)")
        #expect(try install("root").output.contains("\nCapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE\n"))
    }

    @Test func theUnitOfALinkedWorktreeIsOfWhatAllShare() throws {
        let site = try AgentSite("install-worktree", environments: ["production"])
        try makeFolders(site.scratch("live/production"))
        try site.agent.git("worktree", "add", "-q", "-f", site.scratch("worktree"), "main")
        let unit = try run("git", ["ops", "agent", "install", "--systemd", "--user", "www-data"], in: site.scratch("worktree"))
        #expect(unit.output.contains("\nWorkingDirectory=\(site.agent.path)\n"), "\(unit.all)")
        #expect(unit.output.contains("\nReadWritePaths=\(site.agent.path) ") && !unit.output.contains("/worktrees/"), "\(unit.all)")
    }

    @Test func whatTheUnitCannotSignWithIsRefused() throws {
        let site = try AgentSite("install-signing", settings: ["ops.sign": "true"])
        func install() throws -> Finished { try run("git", ["ops", "agent", "install", "--systemd", "--user", "www-data"], in: site.agent.path) }
        for format in [nil, "openpgp", "x509"] {
            if let format { try site.agent.git("config", "gpg.format", format) }
            let made = try install()
            #expect(made.code == 128 && made.output.isEmpty && made.error.hasPrefix("fatal: ops.sign signs with a key of gpg, "), "\(made.all)")
            #expect(made.error.contains("\nhint: git config gpg.format ssh, "), "\(made.all)")
        }
        try site.agent.git("config", "gpg.format", "ssh")
        #expect(try install().code == 0)
    }

    @Test(.enabled(if: geteuid() == 0 && find("setpriv", testVariables()["PATH"] ?? "") != nil))
    func theRightsOfTheUnitAreEnoughToGiveFilesAway() throws {
        let site = try AgentSite("install-owner", settings: ["ops.default.owner": "daemon:daemon", "ops.default.mode": "0640"])
        func once() throws -> Finished {
            let rights = ["--bounding-set=-all,+chown,+dac_override", "--inh-caps=-all", "--no-new-privs"]
            return try run("setpriv", rights + ["\(programFolder)/git-ops-agent", "--once"], in: site.agent.path)
        }
        try site.push("One", ["folder/inner/a": "1\n", "folder/b": "1\n"])
        let first = try once()
        #expect(first.succeeded, "\(first.all)")
        var status = stat()
        #expect(stat(site.scratch("live/folder/inner/a"), &status) == 0 && status.st_uid == 1)
        try site.clone.git("rm", "-q", "folder/b")
        try site.push("Two", ["folder/inner/a": "2\n", "other/c": "1\n"])
        try site.scratch.write("x", to: "live/README")
        let second = try once()
        #expect(second.succeeded, "\(second.all)")
        #expect(site.live("folder/inner/a") == "2\n" && site.live("folder/b") == nil && site.live("README") == "zero\n")
    }

    /// The clone of an agent that is to run in a cluster.
    private func clusterSite(_ name: String, environments: [String] = ["production"]) throws -> AgentSite {
        let site = try AgentSite(name, environments: environments)
        for name in environments {
            try site.agent.git("config", "--unset", "ops.\(name).directory")
            try site.agent.git("config", "ops.\(name).target", "kubernetes")
        }
        try site.agent.git("config", "remote.origin.url", "git@git.example.org:env.git")
        return site
    }

    private func manifests(_ site: AgentSite) throws -> Finished {
        try run("git", ["ops", "agent", "install", "--kubernetes", "--image", "registry.example.org/git-ops:1"], in: site.agent.path)
    }

    /// What git reads in the ConfigMap.
    private func configuration(_ manifests: String, _ site: AgentSite) throws -> [String] {
        let rest = manifests[(manifests.firstRange(of: "  config: |\n")?.upperBound ?? manifests.endIndex)...]
        let lines = rest.split(separator: "\n", omittingEmptySubsequences: false).prefix { $0.hasPrefix("    ") }
        let file = try site.scratch.write(lines.map { $0.dropFirst(4) + "\n" }.joined(), to: "configuration")
        return try run("git", ["config", "--file", file, "--list"]).output.split(separator: "\n").map(String.init)
    }

    @Test func theManifestsAreOfThisRepositoryAndItsEnvironments() throws {
        let site = try clusterSite("install-kubernetes", environments: ["production", "staging", "canary"])
        try site.agent.git("config", "ops.staging.namespace", "stage")
        try site.agent.git("config", "--unset", "ops.canary.target")
        let missing = try run("git", ["ops", "agent", "install", "--kubernetes"], in: site.agent.path)
        #expect(missing.code == 129 && missing.error.hasPrefix("fatal: the image is missing\nhint: --image "), "\(missing.all)")
        let made = try manifests(site)
        #expect(made.code == 0, "\(made.all)")
        #expect(made.output.contains("registry.example.org/git-ops:1") && made.output.contains("git@git.example.org:env.git"))
        #expect(made.output.contains("namespace: production\n") && made.output.contains("namespace: stage\n"))
        #expect(!made.output.contains("namespace: staging\n") && !made.output.contains("namespace: canary\n"))
        #expect(made.output.contains("no target in the clone that this was made in: canary\n"))
        // Two, which agree on one.
        #expect(made.output.contains("replicas: 2\n"))
        #expect(try configuration(made.output, site).contains("ops.agentlease=git-ops/git-ops-agent"))
    }

    @Test func whatIsSetInTheCloneHoldsInThePod() throws {
        let site = try clusterSite("install-settings")
        let carried = [
            ("ops.production.drift", "warn"), ("ops.production.timeout", "90s"), ("ops.production.nonFastForward", "follow"), ("ops.production.wait", "false"),
            ("ops.production.prune", "none"), ("ops.production.fieldManager", "us"), ("ops.production.preApply", "test \"$A\" = \\ # b"),
            ("ops.agentInterval", "5m"), ("ops.agentLogFormat", "json"), ("ops.agentRecords", "push"), ("opsChannel.team.kind", "smtp"),
            ("opsChannel.team.server", "mail.example.org"), ("opsChannel.on", "failed degraded"), ("opsChannel.forge.kind", "github"),
            ("opsChannel.forge.url", "https://github.example.org/api/v3"),
        ]
        for (key, value) in carried { try site.agent.git("config", key, value) }
        for rule in ["env/*", "k8s/*"] { try site.agent.git("config", "--add", "ops.forbidException", rule) }
        let secrets = [("ops.agentPing", "https://hunter2/x"), ("opsChannel.team.password", "hunter2"), ("opsChannel.forge.token", "hunter2")]
        for (key, value) in secrets { try site.agent.git("config", key, value) }
        try site.agent.git("config", "opsChannel.other.kind", "slack")
        try site.agent.git("config", "opsChannel.other.urlFile", "/etc/a b")
        try site.agent.git("config", "opsChannel.other.caFile", try site.scratch.write("-----BEGIN\n", to: "ca.pem"))
        let made = try manifests(site)
        #expect(made.code == 0, "\(made.all)")
        let settings = try configuration(made.output, site)
        for (key, value) in carried {
            let parts = key.split(separator: ".")
            let name = (parts.dropLast().enumerated().map { $0 == 0 ? $1.lowercased() : String($1) } + [parts[parts.count - 1].lowercased()]).joined(separator: ".")
            #expect(settings.contains("\(name)=\(value)"), "\(key): \(settings)")
        }
        #expect(settings.contains("ops.forbidexception=env/*") && settings.contains("ops.forbidexception=k8s/*"))
        // Secrets are in no ConfigMap, and what makes the Secret is said.
        #expect(!made.output.contains("hunter2"))
        for (key, _) in secrets { #expect(made.output.contains("#   git config --file secret-settings \(key) \"$(git config \(key))\"\n"), "\(key)") }
        #expect(settings.contains("include.path=/etc/git-ops/secrets/settings"))
        for key in ["settings", "channel-3-urlfile"] { #expect(made.output.contains("- {key: \(key), path: \(key)}\n"), "\(key)") }
        #expect(made.output.contains("--from-file=channel-3-urlfile='/etc/a b'"))
        #expect(settings.contains("opschannel.other.urlfile=/etc/git-ops/secrets/channel-3-urlfile"))
        #expect(made.output.contains("  channel-3-cafile: |\n    -----BEGIN\n"))
    }

    @Test func whatIsSecretInAnAddressIsNotPrinted() throws {
        let site = try clusterSite("install-addresses")
        func refused(_ key: String, _ value: String, by setting: String, hint: String, _ others: [String: String] = [:]) throws {
            let before = try site.agent.attempt("config", "--get", key)
            for (key, value) in others { try site.agent.git("config", key, value) }
            try site.agent.git("config", key, value)
            let made = try manifests(site)
            #expect(made.code == 128 && made.output.isEmpty && made.error.hasPrefix("fatal: \(setting)") && made.error.contains(hint), "\(key): \(made.all)")
            #expect(made.error.contains("has a name, a password or a query in it") && !made.error.contains("SECRET"), "\(key): \(made.all)")
            if before.succeeded { try site.agent.git("config", key, String(before.output.dropLast())) } else { try site.agent.git("config", "--unset", key) }
        }
        for url in ["https://git.example.org/x.git?private_token=SECRET", "https://u:SECRET@git.example.org/x.git", "ssh://git:SECRET@git.example.org/x.git"] {
            try refused("remote.origin.url", url, by: "remote.origin.url: ", hint: "credential helper")
            try refused("remote.origin.pushurl", url, by: "remote.origin.pushurl: ", hint: "credential helper")
        }
        for kind in ["github", "gitlab", "gitea"] {
            for url in ["https://u:SECRET@h/x", "https://h/x?token=SECRET"] {
                try refused("opsChannel.forge.url", url, by: "opsChannel.forge.url ", hint: "tokenFile", ["opsChannel.forge.kind": kind])
            }
        }
        try refused("opsChannel.mail.server", "u:SECRET@mail.example.org", by: "opsChannel.mail.server ", hint: "passwordFile", ["opsChannel.mail.kind": "smtp"])
        // That of another kind, which knows all by its address, and what nobody knows the meaning of.
        for (key, value) in [
            ("opsChannel.kind", "github"), ("opsChannel.url", "https://hooks.slack.com/SECRET"), ("opsChannel.hook.kind", "webhook"),
            ("opsChannel.hook.url", "https://u:SECRET@h/x"), ("opsChannel.forge.tokn", "SECRET"), ("opsChannel.passwort", "SECRET"),
            ("http.https://u:SECRET@git.example.org/.sslVerify", "false"),
        ] { try site.agent.git("config", key, value) }
        let made = try manifests(site)
        #expect(made.code == 0 && !made.output.contains("SECRET"), "\(made.all)")
        #expect(made.output.contains("# Not kept, since no channel has such settings: opsChannel.passwort, opsChannel.forge.tokn\n"), "\(made.all)")
        for key in ["opsChannel.url", "opsChannel.hook.url"] { #expect(made.output.contains("#   git config --file secret-settings \(key) "), "\(key)") }
    }

    @Test func signaturesAreAskedForInThePod() throws {
        let site = try clusterSite("install-verify")
        try site.agent.git("config", "ops.production.verify", "head")
        func refused(_ words: String) throws {
            let made = try manifests(site)
            #expect(made.code == 128 && made.output.isEmpty && made.error.contains(words), "\(made.all)")
        }
        try refused("ops.production.verify trusts keys of gpg here, which do not come along")
        for name in ["key", "other"] { _ = try run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", site.scratch(name)]) }
        try site.agent.git("config", "gpg.ssh.allowedSignersFile", site.scratch("signers"))
        try refused("gpg.ssh.allowedSignersFile: there is no '")
        let signer = "ann@example.org \(site.scratch.text("key.pub") ?? "")"
        try site.scratch.write(signer, to: "signers")
        try site.scratch.write(site.scratch.text("other.pub") ?? "", to: "revoked")
        try site.agent.git("config", "gpg.ssh.revocationFile", site.scratch("revoked"))
        // A record that nobody signs has to stay where it is.
        let alone = try manifests(site)
        #expect(alone.code == 0, "\(alone.all)")
        #expect(alone.output.contains("replicas: 1\n  strategy: {type: Recreate}\n") && alone.output.contains("kind: PersistentVolumeClaim\n"))
        #expect(alone.output.contains("persistentVolumeClaim:\n          claimName: git-ops-agent\n"))
        #expect(alone.output.contains("-- git fetch origin refs/ops/production:refs/ops/production\n"))
        var settings = try configuration(alone.output, site)
        #expect(settings.contains("ops.production.verify=head") && settings.contains("gpg.ssh.allowedsignersfile=/etc/git-ops/settings/allowed-signers"))
        #expect(settings.contains("gpg.ssh.revocationfile=/etc/git-ops/settings/revoked-keys"))
        #expect(alone.output.contains("  allowed-signers: |\n    \(signer)") && alone.output.contains("  revoked-keys: |\n    ssh-ed25519 "))
        // One that is signed does not.
        try site.agent.git("config", "ops.sign", "true")
        try refused("ops.sign signs with a key of gpg, which does not come along")
        try site.agent.git("config", "gpg.format", "ssh")
        try refused("ops.sign is set, and user.signingKey is not")
        try site.agent.git("config", "user.signingKey", site.scratch("other.pub"))
        try refused("the record would be signed with a key that is not among those of gpg.ssh.allowedSignersFile")
        try site.agent.git("config", "user.signingKey", site.scratch("key"))
        let two = try manifests(site)
        #expect(two.code == 0, "\(two.all)")
        #expect(two.output.contains("replicas: 2\n") && !two.output.contains("PersistentVolumeClaim"))
        #expect(two.output.contains("--from-file=signing-key=\(site.scratch("key"))\n"))
        settings = try configuration(two.output, site)
        #expect(settings.contains("ops.sign=true") && settings.contains("gpg.format=ssh") && settings.contains("user.signingkey=/etc/git-ops/secrets/signing-key"))
    }

    @Test func whatAPodCannotDoIsNoManifest() throws {
        let site = try clusterSite("install-refused")
        func refused(_ key: String, _ value: String, _ words: String) throws {
            let before = try site.agent.attempt("config", "--get", key)
            try site.agent.git("config", key, value)
            let made = try manifests(site)
            #expect(made.code == 128 && made.output.isEmpty && made.error.contains(words), "\(key): \(made.all)")
            if before.succeeded { try site.agent.git("config", key, String(before.output.dropLast())) } else { try site.agent.git("config", "--unset", key) }
        }
        #expect(try manifests(site).code == 0)
        try refused("ops.production.target", "directory", "ops.production.target says that 'production' goes into a directory")
        try refused("ops.other.directory", "/srv/www", "ops.other.directory says that 'other' goes into a directory")
        try refused("ops.production.target", "nomad", "ops.production.target is 'nomad'")
        try refused("ops.production.context", "prod", "ops.production.context says where the cluster is")
        try refused("ops.production.kubeconfig", "/root/.kube/config", "ops.production.kubeconfig says where the cluster is")
        try refused("ops.production.verify", "heads", "ops.production.verify is 'heads'")
        try refused("opsChannel.mail.kind", "sendmail", "opsChannel.mail.kind is sendmail, a program of this machine")
        try refused("remote.origin.url", "/srv/git/site.git", "remote.origin.url: the address of the repository, '/srv/git/site.git', is a path of this machine")
        try refused("remote.origin.pushurl", "file:///srv/git/site.git", "is none of ssh or HTTP")
        // The uid of the cluster keeps it from another one.
        try site.agent.git("config", "ops.production.context", "prod")
        try site.agent.git("config", "ops.production.cluster", "12")
        let made = try manifests(site)
        #expect(made.code == 0 && made.output.contains("cluster = 12\n") && !made.output.contains("context ="), "\(made.all)")
        try site.agent.git("config", "--unset", "ops.production.target")
        #expect(try manifests(site).error.contains("no environment has a target in this clone\nhint: git config ops.production.target kubernetes\n"))
    }

    @Test func whatForIsAsked() throws {
        let site = try AgentSite("install-neither")
        let end = try run("git", ["ops", "agent", "install"], in: site.agent.path)
        #expect(end.code == 129 && end.error == "fatal: what for? --systemd or --kubernetes\n", "\(end.all)")
    }
}
