import Manifests

/// Rules for roles and their bindings (kubernetes pkg/apis/rbac/validation/validation.go).
enum AccessRules {
    static let all: [Rule] = [rule, aggregation, roleRef, subject]

    private static let roles = ["Role.rbac.authorization.k8s.io", "ClusterRole.rbac.authorization.k8s.io"]
    private static let bindings = ["RoleBinding.rbac.authorization.k8s.io", "ClusterRoleBinding.rbac.authorization.k8s.io"]

    static let rule = Rule(
        "k8s/role-rule", kinds: roles,
        summary: "a rule of a role names verbs, and resources with their API groups or, in a ClusterRole, URLs",
        reason: "ValidatePolicyRule in pkg/apis/rbac/validation.",
        bad: """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: {name: reader}
            rules:
            - resources: [pods]
              verbs: [get]
            """,
        good: """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: {name: reader}
            rules:
            - apiGroups: [""]
              resources: [pods]
              verbs: [get]
            """,
        check: .object { object, findings in
            for rule in object.root.items("rules") where rule.kind == .mapping {
                if rule.hasNothing("verbs") { findings.add(at: rule.spot("verbs"), "verbs is missing or empty") }
                guard rule.hasNothing("nonResourceURLs") else {
                    if object.kind == "Role" {
                        findings.add(at: rule.place(of: "nonResourceURLs"), "nonResourceURLs is not allowed in a Role, only in a ClusterRole")
                    }
                    for key: StaticString in ["apiGroups", "resources", "resourceNames"] where !rule.hasNothing(key) {
                        findings.add(
                            at: rule.place(of: "nonResourceURLs"), "nonResourceURLs is not allowed beside \(key)", hint: "make two rules of it")
                        break
                    }
                    continue
                }
                if rule.hasNothing("apiGroups") {
                    findings.add(at: rule.spot("apiGroups"), "apiGroups is missing or empty", hint: "the core group is \"\"")
                }
                if rule.hasNothing("resources") { findings.add(at: rule.spot("resources"), "resources is missing or empty") }
            }
        })

    static let aggregation = Rule(
        "k8s/aggregation-rule", kinds: ["ClusterRole.rbac.authorization.k8s.io"],
        summary: "an aggregation rule has a selector",
        reason: "ValidateClusterRole in pkg/apis/rbac/validation.",
        bad: """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata: {name: monitoring}
            aggregationRule: {clusterRoleSelectors: []}
            rules: []
            """,
        good: """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata: {name: monitoring}
            aggregationRule: {clusterRoleSelectors: [{matchLabels: {monitoring: "true"}}]}
            rules: []
            """,
        check: .object { object, findings in
            guard let rule = object.root.mapping("aggregationRule"), rule.hasNothing("clusterRoleSelectors") else { return }
            findings.add(
                at: rule.given("clusterRoleSelectors") ?? object.root.place(of: "aggregationRule"), "clusterRoleSelectors is missing or empty")
        })

    static let roleRef = Rule(
        "k8s/role-ref", kinds: bindings,
        summary: "a binding refers to a ClusterRole, or one in a namespace to a Role",
        reason: "ValidateRoleBinding and ValidateClusterRoleBinding in pkg/apis/rbac/validation.",
        bad: """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata: {name: readers}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
            subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
            """,
        good: """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata: {name: readers}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
            subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
            """,
        check: .object { object, findings in
            guard let reference = object.root.mapping("roleRef") else { return }
            let isInNamespace = object.kind == "RoleBinding"
            if let group = reference.filled("apiGroup"), !group.equals("rbac.authorization.k8s.io") {
                findings.add(at: group, "apiGroup \(group.quoted) has no roles", hint: "use rbac.authorization.k8s.io")
            }
            if let kind = reference.text("kind"), !kind.equals("ClusterRole"), !(isInNamespace && kind.equals("Role")) {
                findings.add(
                    at: kind, "a \(object.kind) can't refer to \(kind.bytes.isEmpty ? "no kind" : "a " + kind.quoted)",
                    hint: isInNamespace ? "use Role or ClusterRole" : "use ClusterRole, or a RoleBinding in the namespace of the Role")
            }
            if let name = reference.text("name") {
                if name.bytes.isEmpty { findings.add(at: name, "name is empty") }
                findings.check(name, Names.pathSegmentFault, as: "name")
            }
        })

    static let subject = Rule(
        "k8s/role-subject", kinds: bindings,
        summary: "a subject of a binding is a User, a Group, or a ServiceAccount with what finds it",
        reason:
            "A ServiceAccount has no apiGroup, and in a ClusterRoleBinding a namespace; User and Group are of rbac.authorization.k8s.io (ValidateRoleBindingSubject in pkg/apis/rbac/validation).",
        bad: """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata: {name: readers}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
            subjects: [{kind: ServiceAccount, name: web}]
            """,
        good: """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata: {name: readers}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
            subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
            """,
        check: .object { object, findings in
            for subject in object.root.items("subjects") where subject.kind == .mapping {
                if subject.has("name", "") { findings.add(at: subject.spot("name"), "name is empty") }
                guard let kind = subject.text("kind") else { continue }
                let group = subject.filled("apiGroup")
                if kind.equals("ServiceAccount") {
                    findings.check(subject.filled("name"), Names.subdomainFault, as: "service account name")
                    if let group {
                        findings.add(at: group, "apiGroup is not allowed for a ServiceAccount", hint: "remove it")
                    }
                    if object.kind == "ClusterRoleBinding", subject.hasNothing("namespace") {
                        findings.add(at: subject.spot("namespace"), "namespace is missing; a ClusterRoleBinding can't know it")
                    }
                } else if kind.equals("User") || kind.equals("Group") {
                    if let group, !group.equals("rbac.authorization.k8s.io") {
                        findings.add(at: group, "apiGroup \(group.quoted) has no \(kind.text)", hint: "use rbac.authorization.k8s.io")
                    }
                } else {
                    findings.add(at: kind, "\(kind.quoted) is no kind of subject", hint: "use ServiceAccount, User or Group")
                }
            }
        })
}
