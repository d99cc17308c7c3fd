import KubernetesModel

extension InstallTexts {
    /// An environment of the repository, and where it goes.
    public struct Environment: Sendable, Equatable {
        public var name: String
        /// The namespace that it is deployed to, in which the agent gets rights.
        public var namespace: String

        /// - Parameters:
        ///   - name: as in `ops.yaml`.
        ///   - namespace: one that is there, or is made before.
        public init(name: String, namespace: String) {
            self.name = name
            self.namespace = namespace
        }
    }

    /// Manifests that run two agents, of which one leads, in the cluster that they deploy to.
    /// - Parameters:
    ///   - namespace: that of the agent itself.
    ///   - image: one that has git, ssh, git-ops, git-ops-agent and git-ops-target-kubernetes on its PATH.
    ///   - repositoryURL: where the environment repository is cloned from, without a password.
    ///   - environments: what is deployed, and where.
    ///   - port: what the endpoints listen on.
    /// - Throws: where something cannot be a name, or has a secret in it.
    public static func kubernetes(
        namespace: String, image: String, repositoryURL: String, environments: [Environment], port: Int = 9419
    ) throws(ServiceFailure) -> String {
        for name in [namespace] + environments.map(\.namespace) where !isLabel(name) {
            throw ServiceFailure("'\(oneLine(name))' is no name of a namespace")
        }
        for environment in environments where !isLabel(environment.name) {
            throw ServiceFailure("'\(oneLine(environment.name))' is no name of an environment")
        }
        for text in [image, repositoryURL] where text.isEmpty || !isPlain(text) || text.contains(" ") || text.hasPrefix("-") {
            throw ServiceFailure("'\(oneLine(text))' is neither an image nor an address")
        }
        if let scheme = repositoryURL.split(separator: ":").first, scheme.hasPrefix("http"), repositoryURL.contains("@") {
            throw ServiceFailure("the address of the repository has a name or password in it", hint: "give the agent a key of ssh")
        }
        let parts = [
            namespaceText(namespace), accountText(namespace), leaseText(namespace), clusterText(namespace),
            environments.map { bindingText(namespace, $0) }.uniqued.joined(separator: "---\n"), settingsText(namespace, environments, port),
            deploymentText(namespace, image, repositoryURL, port), serviceText(namespace, port),
        ]
        return header(namespace) + parts.filter { !$0.isEmpty }.joined(separator: "---\n")
    }

    /// A label of DNS (apimachinery, util/validation IsDNS1123Label).
    private static func isLabel(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        return (1...63).contains(bytes.count) && bytes.first != UInt8(ascii: "-") && bytes.last != UInt8(ascii: "-")
            && bytes.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) || $0 == UInt8(ascii: "-") }
    }

    /// A text as YAML has it, whatever is in it.
    private static func yaml(_ text: String) -> String { JSON.string(text).text }

    private static func header(_ namespace: String) -> String {
        """
        # Made by git ops agent install --kubernetes. Look at it, and then: kubectl apply -f <this file>
        #
        # The secrets are not in here, so that applying it again leaves them as they are. The key is one that may read
        # and write the repository, because deployments are recorded there; the hook is what the forge signs with:
        #
        #   kubectl -n \(namespace) create secret generic git-ops-agent \\
        #     --from-file=ssh-key=id_ed25519 --from-file=known_hosts=known_hosts --from-file=hook-secret=hook-secret

        """
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

    private static func leaseText(_ namespace: String) -> String {
        """
        # By the Lease the agents agree on who leads. A right to create cannot be limited to a name.
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata:
          name: git-ops-agent
          namespace: \(namespace)
          labels:
            app.kubernetes.io/name: git-ops-agent
        rules:
        - apiGroups: [coordination.k8s.io]
          resources: [leases]
          verbs: [create]
        - apiGroups: [coordination.k8s.io]
          resources: [leases]
          resourceNames: [git-ops-agent]
          verbs: [get, patch]
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata:
          name: git-ops-agent
          namespace: \(namespace)
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
        """
        # What is deployed to \(environment.namespace). `admin` may change all usual kinds of this namespace, Secrets and Roles
        # included, and nothing outside it; a Role of yours that names the kinds of the environment is narrower.
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

    private static func settingsText(_ namespace: String, _ environments: [Environment], _ port: Int) -> String {
        var settings = """
            [ops]
                agentListen = 0.0.0.0:\(port)
                agentHookSecretFile = /etc/git-ops/secrets/hook-secret

            """
        for environment in environments {
            settings += """
                [ops "\(environment.name)"]
                    target = kubernetes
                    namespace = \(environment.namespace)

                """
        }
        let indented = settings.split(separator: "\n").map { "    \($0)\n" }.joined()
        return """
            # What is deployed where: git's configuration of the clone, see git-ops-config(5). The agents have to be started
            # anew to see a change: kubectl -n \(namespace) rollout restart deployment/git-ops-agent
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: git-ops-agent
              namespace: \(namespace)
              labels:
                app.kubernetes.io/name: git-ops-agent
            data:
              config: |
            \(indented)
            """
    }

    private static func deploymentText(_ namespace: String, _ image: String, _ repositoryURL: String, _ port: Int) -> String {
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: git-ops-agent
          namespace: \(namespace)
          labels:
            app.kubernetes.io/name: git-ops-agent
        spec:
          # One leads; the other takes over within seconds.
          replicas: 2
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
                # ssh wants the image to have a user of this number.
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
                    git clone --quiet --bare -- "$REPOSITORY" incoming.git
                    git -C incoming.git config include.path /etc/git-ops/settings/config
                    mv incoming.git repository.git
                  fi
                workingDir: /var/lib/git-ops
                env:
                - name: REPOSITORY
                  value: \(yaml(repositoryURL))
                - name: HOME
                  value: /tmp
                - name: GIT_SSH_COMMAND
                  value: \(sshCommand)
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
                  value: /tmp
                - name: GIT_SSH_COMMAND
                  value: \(sshCommand)
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
                readinessProbe:
                  httpGet: {path: /readyz, port: http}
                  periodSeconds: 10
                  timeoutSeconds: 5
                resources: *resources
                securityContext: *confined
                volumeMounts: *mounts
              volumes:
              - name: repository
                emptyDir: {}
              - name: settings
                configMap:
                  name: git-ops-agent
              - name: secrets
                secret:
                  secretName: git-ops-agent
                  defaultMode: 0440
              - name: tmp
                emptyDir: {}

        """
    }

    private static let sshCommand = "ssh -i /etc/git-ops/secrets/ssh-key -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes"
        + " -o UserKnownHostsFile=/etc/git-ops/secrets/known_hosts"

    private static func serviceText(_ namespace: String, _ port: Int) -> String {
        """
        # Where the forge sends its hooks to, by an Ingress of yours that ends TLS and lets /hook through only.
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
