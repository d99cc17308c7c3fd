import KubernetesModel

extension InstallTexts {
    /// Manifests that run the agent in the cluster that it deploys to: two, of which one leads, or one where its clone has
    /// to stay.
    /// - Parameters:
    ///   - namespace: that of the agent itself.
    ///   - image: one that has git, ssh, git-ops, git-ops-agent and git-ops-target-kubernetes on its PATH.
    ///   - repositoryURL: where the environment repository is cloned from, without a password.
    ///   - environments: what is deployed, and where.
    ///   - port: what the endpoints listen on.
    ///   - luggage: what else the agent is given.
    /// - Throws: where something cannot be a name, or has a secret in it.
    public static func kubernetes(
        namespace: String, image: String, repositoryURL: String, environments: [Environment], port: Int = 9419, luggage: Luggage = Luggage()
    ) throws(ServiceFailure) -> String {
        let lease = luggage.lease ?? Luggage.Lease(namespace: namespace, name: "git-ops-agent")
        for name in [namespace, lease.namespace] + environments.map(\.namespace) where !isLabel(name) {
            throw ServiceFailure("'\(oneLine(name))' is no name of a namespace")
        }
        guard lease.name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy({ isLabel(String($0)) }) else {
            throw ServiceFailure("'\(oneLine(lease.name))' is no name of a Lease")
        }
        for environment in environments where !isLabel(environment.name) {
            throw ServiceFailure("'\(oneLine(environment.name))' is no name of an environment")
        }
        for text in [image, repositoryURL] where text.isEmpty || !isPlain(text) || text.contains(" ") || text.hasPrefix("-") {
            throw ServiceFailure("'\(oneLine(text))' is neither an image nor an address")
        }
        let remote = try InstallTexts.remote(repositoryURL, "the address of the repository")
        for section in luggage.sections where section.name == "remote" {
            for setting in section.settings { _ = try InstallTexts.remote(setting.value, "the address that is pushed to") }
        }
        let secrets = (remote == .ssh ? sshSecrets : [credential]) + [hookSecret] + luggage.secrets
        let parts = [
            namespaceText(namespace), accountText(namespace), leaseText(namespace, lease), clusterText(namespace),
            environments.map { bindingText(namespace, $0) }.uniqued.joined(separator: "---\n"),
            try settingsText(namespace, environments, port, lease, remote, luggage), luggage.keepsRepository == nil ? "" : volumeText(namespace),
            deploymentText(namespace, image, repositoryURL, port, remote, secrets, luggage), serviceText(namespace, port, luggage),
        ]
        return try header(namespace, secrets, remote, luggage) + parts.filter { !$0.isEmpty }.joined(separator: "---\n")
    }

    private static let sshSecrets = [Luggage.Secret(key: "ssh-key", from: "id_ed25519"), Luggage.Secret(key: "known_hosts", from: "known_hosts")]
    private static let credential = Luggage.Secret(key: "credential", from: "credential")
    private static let hookSecret = Luggage.Secret(key: "hook-secret", from: "hook-secret")

    /// How a remote is spoken to.
    private enum Remote: Equatable {
        case ssh
        /// With the address of the server.
        case http(String)
    }

    /// - Parameter subject: what the address is, for people.
    private static func remote(_ url: String, _ subject: String) throws(ServiceFailure) -> Remote {
        guard !carriesSecret(url, namesAccount: true) else {
            throw ServiceFailure(
                "\(subject) has a name, a password or a query in it, and the manifests would show it",
                hint: "give the address without it, and the name and token to a credential helper (gitcredentials(7)); the manifests have a Secret for these")
        }
        let hint = "one that a pod can reach begins with ssh:// or https://, or is like git@git.example.org:site.git"
        guard let end = url.firstRange(of: "://") else {
            // As git tells a host from a path (upstream connect.c, url_is_local_not_ssh).
            let host = url.prefix { $0 != ":" }
            guard host.utf8.count < url.utf8.count, !host.isEmpty, !host.contains("/"), !url.contains("::") else {
                throw ServiceFailure("\(subject), '\(oneLine(url))', is a path of this machine", hint: hint)
            }
            return .ssh
        }
        let rest = url[end.upperBound...]
        let host = rest.prefix { $0 != "/" }
        switch url[..<end.lowerBound] {
        case "ssh", "git+ssh", "ssh+git": return .ssh
        case "http", "https": return .http(String(url[..<host.endIndex]))
        default: throw ServiceFailure("\(subject), '\(oneLine(url))', is none of ssh or HTTP", hint: hint)
        }
    }

    /// Whether an address has a place in which people put passwords and tokens.
    /// - Parameter namesAccount: whether the account of ssh may be in it, which is no secret.
    public static func carriesSecret(_ url: String, namesAccount: Bool = false) -> Bool {
        guard !url.contains("?") && !url.contains("#") else { return true }
        guard let end = url.firstRange(of: "://") else { return !namesAccount && url.contains("@") }
        let rest = url[end.upperBound...]
        guard namesAccount, ["ssh", "git+ssh", "ssh+git"].contains(url[..<end.lowerBound]) else { return rest.contains("@") }
        let authority = rest.prefix { $0 != "/" }
        return authority.lastIndex(of: "@").map { authority[..<$0].contains(":") } ?? false
    }

    /// A label of DNS (apimachinery, util/validation IsDNS1123Label).
    private static func isLabel(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        return (1...63).contains(bytes.count) && bytes.first != UInt8(ascii: "-") && bytes.last != UInt8(ascii: "-")
            && bytes.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) || $0 == UInt8(ascii: "-") }
    }

    /// A text as YAML has it, whatever is in it.
    private static func yaml(_ text: String) -> String { JSON.string(text).text }

    private static func header(_ namespace: String, _ secrets: [Luggage.Secret], _ remote: Remote, _ luggage: Luggage) throws(ServiceFailure) -> String {
        var lines = [
            "Made by git ops agent install --kubernetes. Look at it, and then: kubectl apply -f <this file>", "",
            "The secrets are not in here, so that applying it again leaves them as they are. As long as one is missing the pods",
            "do not start. In the following, what is after the second = is a file:", "",
        ]
        switch remote {
        case .ssh:
            lines += [
                "  ssh-key       a key that may read and write the repository, because deployments are recorded there",
                "  known_hosts   what ssh-keyscan says of its host, when you have looked whether that is true",
            ]
        case .http:
            lines += [
                "  credential    two lines, username=... and password=..., the latter a token that may read and write the repository,",
                "                because deployments are recorded there; to \(oneLine(server(remote))) alone it is shown",
            ]
        }
        lines.append("  hook-secret   what the forge signs its hooks with, a line of at least 8 characters")
        for secret in luggage.secrets { lines.append("  \(secret.key)   \(secret.meaning)") }
        lines.append("")
        if !luggage.secretSettings.isEmpty {
            lines += ["Settings that are secrets are in the file secret-settings:", ""]
            for key in luggage.secretSettings {
                lines.append("  git config --file secret-settings \(shell(key)) \"$(git config \(shell(key)))\"")
            }
            lines.append("")
        }
        lines.append("  kubectl -n \(namespace) create secret generic git-ops-agent \\")
        for (index, secret) in secrets.enumerated() {
            lines.append("    --from-file=\(secret.key)=\(shell(secret.from))\(index + 1 < secrets.count ? " \\" : "")")
        }
        for remark in luggage.remarks + (luggage.keepsRepository.map { [$0] } ?? []) { lines += [""] + remark }
        for line in lines where !isPlain(line) { throw ServiceFailure("'\(oneLine(line))' cannot be written in a comment") }
        return lines.map { $0.isEmpty ? "#\n" : "# \($0)\n" }.joined()
    }

    private static func server(_ remote: Remote) -> String { if case .http(let server) = remote { server } else { "" } }

    /// One word of a shell.
    private static func shell(_ text: String) -> String {
        let isWord = !text.isEmpty && text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20) || "/._-@:+=,%".utf8.contains(byte)
        }
        return isWord ? text : "'" + text.replacing("'", with: "'\\''") + "'"
    }

    private static func namespaceText(_ namespace: String) -> String {
        """
        apiVersion: v1
        kind: Namespace
        metadata:
          name: \(namespace)
          labels:
            app.kubernetes.io/name: git-ops-agent
            pod-security.kubernetes.io/enforce: restricted

        """
    }

    private static func accountText(_ namespace: String) -> String {
        """
        apiVersion: v1
        kind: ServiceAccount
        metadata:
          name: git-ops-agent
          namespace: \(namespace)
          labels:
            app.kubernetes.io/name: git-ops-agent

        """
    }

    private static func leaseText(_ namespace: String, _ lease: Luggage.Lease) -> String {
        """
        # By the Lease the agents agree on who leads (ops.agentLease). A right to create cannot be limited to a name.
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata:
          name: git-ops-agent
          namespace: \(lease.namespace)
          labels:
            app.kubernetes.io/name: git-ops-agent
        rules:
        - apiGroups: [coordination.k8s.io]
          resources: [leases]
          verbs: [create]
        - apiGroups: [coordination.k8s.io]
          resources: [leases]
          resourceNames: [\(yaml(lease.name))]
          verbs: [get, patch]
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata:
          name: git-ops-agent
          namespace: \(lease.namespace)
          labels:
            app.kubernetes.io/name: git-ops-agent
        roleRef:
          apiGroup: rbac.authorization.k8s.io
          kind: Role
          name: git-ops-agent
        subjects:
        - kind: ServiceAccount
          name: git-ops-agent
          namespace: \(namespace)

        """
    }

    private static func clusterText(_ namespace: String) -> String {
        """
        # Of the cluster as a whole it may read which cluster it is (the uid of kube-system), so that nothing is deployed to
        # the wrong one, and which kinds are defined. An environment that has objects without a namespace (Namespace,
        # CustomResourceDefinition, ClusterRole and the like) needs a rule for each of these kinds here, with the verbs
        # get, list, watch, create, patch and delete.
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata:
          name: git-ops-agent
          labels:
            app.kubernetes.io/name: git-ops-agent
        rules:
        - apiGroups: [""]
          resources: [namespaces]
          resourceNames: [kube-system]
          verbs: [get]
        - apiGroups: [apiextensions.k8s.io]
          resources: [customresourcedefinitions]
          verbs: [get, list, watch]
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata:
          name: git-ops-agent
          labels:
            app.kubernetes.io/name: git-ops-agent
        roleRef:
          apiGroup: rbac.authorization.k8s.io
          kind: ClusterRole
          name: git-ops-agent
        subjects:
        - kind: ServiceAccount
          name: git-ops-agent
          namespace: \(namespace)

        """
    }

    private static func bindingText(_ namespace: String, _ environment: Environment) -> String {
        let missing = environment.namespace == namespace
            ? "" : "\n# The namespace itself is not made here: kubectl create namespace \(environment.namespace)"
        return """
        # What is deployed to \(environment.namespace). `admin` may change all usual kinds of this namespace, Secrets and Roles
        # included, and nothing outside it; a Role of yours that names the kinds of the environment is narrower.\(missing)
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata:
          name: git-ops-agent-deploys
          namespace: \(environment.namespace)
          labels:
            app.kubernetes.io/name: git-ops-agent
        roleRef:
          apiGroup: rbac.authorization.k8s.io
          kind: ClusterRole
          name: admin
        subjects:
        - kind: ServiceAccount
          name: git-ops-agent
          namespace: \(namespace)

        """
    }

    private static func settingsText(
        _ namespace: String, _ environments: [Environment], _ port: Int, _ lease: Luggage.Lease, _ remote: Remote, _ luggage: Luggage
    ) throws(ServiceFailure) -> String {
        var sections = [
            Section(
                "ops",
                settings: [
                    Setting("agentListen", "0.0.0.0:\(port)"), Setting("agentHookSecretFile", Luggage.secretPath(hookSecret.key)),
                    Setting("agentLease", "\(lease.namespace)/\(lease.name)"),
                ])
        ]
        for environment in environments {
            sections.append(
                Section("ops", environment.name, settings: [Setting("target", "kubernetes"), Setting("namespace", environment.namespace)] + environment.settings))
        }
        sections += luggage.sections
        if case .http(let server) = remote {
            let helper = "!f() { if test \"$1\" = get; then cat \(Luggage.secretPath(credential.key)); fi; }; f"
            sections.append(Section("credential", server, settings: [Setting("helper", helper)]))
        }
        if !luggage.secretSettings.isEmpty {
            sections.append(Section("include", settings: [Setting("path", Luggage.secretPath(Luggage.secretSettingsKey))]))
        }
        var settings = ""
        for section in sections { settings += try section.text() }
        var data = "  config: \(block(settings))"
        for file in luggage.files { data += "  \(file.name): \(block(file.text))" }
        return """
            # What is deployed where: git's configuration of the clone, see git-ops-config(5). The agents have to be started
            # anew to see a change: kubectl -n \(namespace) rollout restart deployment/git-ops-agent
            # Commands in it are run in the pod, and the image has to have what they call.
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: git-ops-agent
              namespace: \(namespace)
              labels:
                app.kubernetes.io/name: git-ops-agent
            data:
            \(data)
            """
    }

    /// A text below a key of two spaces: as it is where YAML keeps it so, else in quotes.
    private static func block(_ text: String) -> String {
        let isKept = text.hasSuffix("\n") && !text.hasSuffix("\n\n") && !text.hasPrefix(" ") && !text.hasPrefix("\n")
            && text.unicodeScalars.allSatisfy { $0 == "\n" || (0x20...0x7e).contains($0.value) || (0xa0...0xd7ff).contains($0.value) && ![0x2028, 0x2029].contains($0.value) }
        guard isKept else { return yaml(text) + "\n" }
        return "|\n" + text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { $0.isEmpty ? "\n" : "    \($0)\n" }.joined()
    }

    private static func volumeText(_ namespace: String) -> String {
        """
        # The clone with the record of what is deployed.
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata:
          name: git-ops-agent
          namespace: \(namespace)
          labels:
            app.kubernetes.io/name: git-ops-agent
        spec:
          accessModes: [ReadWriteOnce]
          resources:
            requests: {storage: 2Gi}

        """
    }

    private static func deploymentText(
        _ namespace: String, _ image: String, _ repositoryURL: String, _ port: Int, _ remote: Remote, _ secrets: [Luggage.Secret], _ luggage: Luggage
    ) -> String {
        let isAlone = luggage.keepsRepository != nil
        let number = isAlone
            ? "# One alone has the clone; the next one begins when it has ended.\n  replicas: 1\n  strategy: {type: Recreate}"
            : "# One leads; the other takes over within seconds.\n  replicas: 2"
        let ssh = remote == .ssh ? "\n        - name: GIT_SSH_COMMAND\n          value: \(sshCommand)" : ""
        let volume = isAlone ? "persistentVolumeClaim:\n          claimName: git-ops-agent" : "emptyDir: {}"
        let items = secrets.map { "          - {key: \($0.key), path: \($0.key)}" }.joined(separator: "\n")
        return """
        # The image has git, git-ops, git-ops-agent and git-ops-target-kubernetes on its PATH, git-ops-notify where there are
        # channels, ssh and ssh-keygen for remotes and signatures of ssh, and, since ssh asks for it, a user of the number below
        # in /etc/passwd. git-ops-agent(1) makes one in a few lines.
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: git-ops-agent
          namespace: \(namespace)
          labels:
            app.kubernetes.io/name: git-ops-agent
        spec:
          \(number)
          selector:
            matchLabels:
              app.kubernetes.io/name: git-ops-agent
          template:
            metadata:
              labels:
                app.kubernetes.io/name: git-ops-agent
              annotations:
                prometheus.io/scrape: "true"
                prometheus.io/port: "\(port)"
            spec:
              serviceAccountName: git-ops-agent
              # A deployment that has begun is finished.
              terminationGracePeriodSeconds: 300
              topologySpreadConstraints:
              - maxSkew: 1
                topologyKey: kubernetes.io/hostname
                whenUnsatisfiable: ScheduleAnyway
                labelSelector:
                  matchLabels:
                    app.kubernetes.io/name: git-ops-agent
              securityContext:
                runAsNonRoot: true
                runAsUser: 65532
                runAsGroup: 65532
                # So that it can read the key, which nobody else can.
                fsGroup: 65532
                seccompProfile:
                  type: RuntimeDefault
              initContainers:
              - name: clone
                image: \(yaml(image))
                command: [/bin/sh, -euc]
                # A clone is whole or not there; it stays when only the container is started anew.
                args:
                - |
                  if [ ! -d repository.git ]; then
                    rm -rf incoming.git
                    git -c include.path=/etc/git-ops/settings/config clone --quiet --bare -- "$REPOSITORY" incoming.git
                    git -C incoming.git config include.path /etc/git-ops/settings/config
                    mv incoming.git repository.git
                  fi
                workingDir: /var/lib/git-ops
                env:
                - name: REPOSITORY
                  value: \(yaml(repositoryURL))
                - name: HOME
                  value: /tmp\(ssh)
                resources: &resources
                  requests: {cpu: 50m, memory: 64Mi}
                  limits: {memory: 512Mi}
                securityContext: &confined
                  allowPrivilegeEscalation: false
                  readOnlyRootFilesystem: true
                  capabilities:
                    drop: [ALL]
                volumeMounts: &mounts
                - {name: repository, mountPath: /var/lib/git-ops}
                - {name: settings, mountPath: /etc/git-ops/settings, readOnly: true}
                - {name: secrets, mountPath: /etc/git-ops/secrets, readOnly: true}
                - {name: tmp, mountPath: /tmp}
              containers:
              - name: agent
                image: \(yaml(image))
                command: [git-ops-agent]
                workingDir: /var/lib/git-ops/repository.git
                env:
                - name: HOME
                  value: /tmp\(ssh)
                - name: POD_NAME
                  valueFrom:
                    fieldRef:
                      fieldPath: metadata.name
                ports:
                - name: http
                  containerPort: \(port)
                livenessProbe:
                  httpGet: {path: /healthz, port: http}
                  periodSeconds: 20
                  timeoutSeconds: 5
                  failureThreshold: 6
                # Not /readyz, which tells whether what runs is what the repository says: where a commit is refused the
                # Service would send no hook of the one that mends it, and a rollout that mends it would wait for ever.
                # What /readyz says is in /metrics as well, for an alert.
                readinessProbe:
                  httpGet: {path: /healthz, port: http}
                  periodSeconds: 10
                  timeoutSeconds: 5
                resources: *resources
                securityContext: *confined
                volumeMounts: *mounts
              volumes:
              - name: repository
                \(volume)
              - name: settings
                configMap:
                  name: git-ops-agent
              - name: secrets
                secret:
                  secretName: git-ops-agent
                  defaultMode: 0440
                  # All of them have to be there.
                  items:
        \(items)
              - name: tmp
                emptyDir: {}

        """
    }

    private static let sshCommand = "ssh -i /etc/git-ops/secrets/ssh-key -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes"
        + " -o UserKnownHostsFile=/etc/git-ops/secrets/known_hosts"

    private static func serviceText(_ namespace: String, _ port: Int, _ luggage: Luggage) -> String {
        let remark = luggage.keepsRepository == nil ? "\n# One of the two gets a hook; if that is not the one that leads, it passes it on." : ""
        return """
        # Where the forge sends its hooks to, by an Ingress of yours that ends TLS and lets /hook through only.\(remark)
        apiVersion: v1
        kind: Service
        metadata:
          name: git-ops-agent
          namespace: \(namespace)
          labels:
            app.kubernetes.io/name: git-ops-agent
        spec:
          selector:
            app.kubernetes.io/name: git-ops-agent
          ports:
          - name: http
            port: 80
            targetPort: http

        """
    }
}

extension [String] {
    /// Each once, in the order of their first.
    fileprivate var uniqued: [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
