import Manifests

/// The rules that are checked by the readers of YAML, JSON and `ops.yaml`, by the walk through a tree, by
/// the schemas and by the index of an environment: what is said of them.
enum FormRules {
    private static func configMap(holding data: String) -> String {
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\ndata:\n  \(data)\n"
    }

    /// All of them.
    static let all: [Rule] = settable + fixed

    /// Those whose level `ops.yaml` can set.
    static let settable: [Rule] = [identity] + surprises + schemas + definitions + environments

    /// What an API server demands of a CustomResourceDefinition when it is created.
    private static let definitions: [Rule] = [
        ("crd/name", "a definition is called <plural>.<group>"),
        ("crd/names", "the names of a kind have their forms: kind, plural, singular, list and short names"),
        ("crd/group", "the group of a definition is a DNS name"),
        ("crd/scope", "a definition is Namespaced or Cluster"),
        ("crd/versions", "a definition has versions, each once, and one of them is stored"),
        ("crd/structural", "a schema is structural: it says the type of everything, once"),
        ("crd/schema", "a schema uses what structural schemas know, in its form"),
        ("crd/default", "a default is right for its schema"),
        ("crd/list-type", "a list of a type has what that type needs"),
        ("crd/pattern", "a pattern is a regular expression of RE2"),
        ("crd/cel", "a rule of a schema is an expression in CEL that compiles"),
        ("crd/approval", "a group of k8s.io names its approval"),
        ("crd/conversion", "a conversion by webhook says where, and in which versions"),
        ("crd/columns", "a printer column has a name, a type and a path"),
        ("crd/subresources", "subresources name paths of the schema"),
        ("crd/preserve-unknown-fields", "a definition of v1 prunes unknown fields"),
    ].map { id, summary in
        Rule(
            id, kinds: ["CustomResourceDefinition.apiextensions.k8s.io"], summary: summary,
            reason: "An API server refuses the definition otherwise (pkg/apis/apiextensions/validation and pkg/apiserver/schema of apiextensions-apiserver).",
            bad: "", good: "")
    }

    /// Those that always hold: without them a file could not be read, or not be laid anywhere.
    static let fixed: [Rule] = yaml + json + opsFile + paths + files

    static let identity = Rule(
        "k8s/identity", summary: "a manifest names its apiVersion and kind",
        reason: """
            apiVersion and kind say what an object is; without them an API server cannot even look for the
            schema (apimachinery, pkg/runtime/serializer/json, SimpleMetaFactory.Interpret).
            """,
        bad: """
            kind: ConfigMap
            metadata:
              name: web
            data: {}

            """,
        good: """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: web
            data: {}

            """)

    // MARK: what surprises in YAML

    private static let surprises: [Rule] = [
        Rule(
            "yaml/duplicate-key", summary: "a mapping has each key once",
            reason: """
                Which of two values counts depends on the reader; an API server refuses both when it is asked to be
                strict, as kubectl asks it to (sigs.k8s.io/yaml, UnmarshalStrict). Keys that only become equal in
                JSON, such as 1 and "1", are warned of.
                """,
            bad: """
                apiVersion: v1
                kind: ConfigMap
                metadata:
                  name: web
                data:
                  color: red
                  color: blue

                """,
            good: """
                apiVersion: v1
                kind: ConfigMap
                metadata:
                  name: web
                data:
                  color: blue

                """),
        Rule(
            "yaml/merge-overlap", summary: "a merge key brings no key that the mapping has itself",
            reason: """
                In Kubernetes' reading of YAML a "<<" that follows a key overrides it, in YAML 1.1 it does not; an API
                server that is asked to be strict refuses it (sigs.k8s.io/yaml with go-yaml v2, decode.go, merge).
                """,
            bad: """
                apiVersion: v1
                kind: ConfigMap
                metadata:
                  name: web
                  labels: &labels
                    app: web
                data:
                  app: shop
                  <<: *labels

                """,
            good: """
                apiVersion: v1
                kind: ConfigMap
                metadata:
                  name: web
                  labels:
                    app: web
                data:
                  app: shop

                """),
        Rule(
            "yaml/truth-word", severity: .warning, summary: "a boolean is written true or false",
            reason: """
                y, n, yes, no, on and off are booleans to the Kubernetes API machinery, as in YAML 1.1, and strings in
                YAML 1.2; who reads "country: no" seldom means false.
                """,
            bad: """
                apiVersion: v1
                kind: ServiceAccount
                metadata:
                  name: web
                automountServiceAccountToken: no

                """,
            good: """
                apiVersion: v1
                kind: ServiceAccount
                metadata:
                  name: web
                automountServiceAccountToken: false

                """),
        Rule(
            "yaml/octal", severity: .warning, summary: "a number has no leading zero, except a file's mode",
            reason: """
                A number that begins with 0 is octal to the Kubernetes API machinery, as in YAML 1.1: 010 is 8. Where a
                file's mode stands, octal is what is meant, and nothing is said.
                """,
            bad: """
                apiVersion: v1
                kind: ResourceQuota
                metadata:
                  name: few
                spec:
                  hard:
                    pods: 010

                """,
            good: """
                apiVersion: v1
                kind: ResourceQuota
                metadata:
                  name: few
                spec:
                  hard:
                    pods: 8

                """),
    ]

    // MARK: schemas

    private static func deployment(_ container: String, replicas: String = "3") -> String {
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
        spec:
          replicas: \(replicas)
          selector:
            matchLabels:
              app: web
          template:
            metadata:
              labels:
                app: web
            spec:
              containers:
              - name: web
                image: registry.example.org/web:1.4
        \(container)
        """
    }

    private static func service(_ ports: String) -> String {
        """
        apiVersion: v1
        kind: Service
        metadata:
          name: web
        spec:
          selector:
            app: web
          ports:
        \(ports)
        """
    }

    private static let schemas: [Rule] = [
        Rule(
            "k8s/unknown-field", summary: "a manifest has no field that its kind does not know",
            reason: """
                An API server drops a field that it does not know, or refuses it when asked to be strict, as kubectl
                asks it to (field validation, KEP-2885). Nearly always it is a mistyped or misplaced name.
                """,
            bad: deployment("        port: 80\n"),
            good: deployment("        ports:\n        - containerPort: 80\n")),
        Rule(
            "k8s/type", summary: "a value has the type that its field demands",
            reason: "A string is no number and a mapping no list; an API server cannot decode it and refuses the object.",
            bad: deployment("", replicas: "\"3\""), good: deployment("")),
        Rule(
            "k8s/required", summary: "a field that must be there is there",
            reason: "The schema of the kind demands the field, and an API server refuses an object that lacks it.",
            bad: service("  - name: http\n"), good: service("  - name: http\n    port: 80\n")),
        Rule(
            "k8s/enum", summary: "a value is one of those that its field takes",
            reason: """
                The field takes only the values that the API names, with capital letters as they are written there
                (pkg/apis/core/validation and the enumerations of /openapi/v3).
                """,
            bad: deployment("        imagePullPolicy: always\n"), good: deployment("        imagePullPolicy: Always\n")),
        Rule(
            "k8s/format", summary: "a value has the format that its field demands",
            reason: """
                Numbers must fit into 32 or 64 bits, bytes be base64 and times be RFC 3339 (OpenAPI formats int32,
                int64, byte, date-time); an API server cannot decode others.
                """,
            bad: """
                apiVersion: v1
                kind: ConfigMap
                metadata:
                  name: web
                binaryData:
                  logo: not base64

                """,
            good: """
                apiVersion: v1
                kind: ConfigMap
                metadata:
                  name: web
                binaryData:
                  logo: aGVsbG8=

                """),
        Rule(
            "k8s/quantity", summary: "a quantity is a number with a unit that Kubernetes knows",
            reason: """
                Quantities end in nothing, m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei or an exponent
                (apimachinery, pkg/api/resource, ParseQuantity): 256Mi, not 256MB.
                """,
            bad: deployment("        resources:\n          limits:\n            memory: 256MB\n"),
            good: deployment("        resources:\n          limits:\n            memory: 256M\n")),
        Rule(
            "k8s/unknown-kind", summary: "the schema of the kind is known",
            reason: """
                An object of a kind that is neither built in nor defined by a CustomResourceDefinition in the
                repository cannot be judged. Commit the definition, import its schema, or set the level to warn.
                """,
            bad: """
                apiVersion: apps/v1
                kind: Deploymnet
                metadata:
                  name: web

                """,
            good: deployment("")),
        Rule(
            "k8s/removed-api", summary: "the API version is served by the Kubernetes version in question",
            reason: """
                Kubernetes removes API versions after a time of warning (deprecation guide); a server that no longer
                serves one answers "no matches for kind".
                """,
            bad: budget("policy/v1beta1"), good: budget("policy/v1")),
        Rule(
            "k8s/deprecated-api", severity: .warning, summary: "the API version is not about to be removed",
            reason: "The server still takes it, with a warning, and a later version of Kubernetes will not.",
            bad: """
                apiVersion: v1
                kind: ComponentStatus
                metadata:
                  name: scheduler

                """,
            good: budget("policy/v1")),
        Rule(
            "k8s/pattern", summary: "a string has the form that its field demands",
            reason: "The schema gives a regular expression, which an API server holds the value to.", bad: "", good: ""),
        Rule(
            "k8s/bounds", summary: "a value keeps the bounds that its field has",
            reason: "The schema bounds a number, a length or a count, and an API server refuses what lies outside.", bad: "", good: ""),
        Rule(
            "k8s/schema", summary: "a CustomResourceDefinition holds a schema that an API server takes",
            reason: "A schema that is not structural is refused with its definition (apiextensions-apiserver, pkg/apiserver/schema).", bad: "", good: ""),
        Rule(
            "k8s/cel", summary: "a resource keeps the rules that its CustomResourceDefinition states",
            reason: "An API server evaluates x-kubernetes-validations when an object is written, and refuses what breaks one.", bad: "", good: ""),
        Rule(
            "k8s/cel-not-evaluated", severity: .warning, summary: "every rule of a CustomResourceDefinition can be evaluated",
            reason: "What uses more of CEL than is known here is not taken for kept; only the API server can say.", bad: "", good: ""),
        Rule(
            "k8s/duplicate-item", summary: "a list that is a set or a map has each item once",
            reason: """
                Items of such a list are told apart by some of their fields (x-kubernetes-list-type and
                x-kubernetes-list-map-keys); two alike cannot be merged, and an API server refuses them.
                """,
            bad: service("  - name: a\n    port: 80\n  - name: b\n    port: 80\n"),
            good: service("  - name: a\n    port: 80\n  - name: b\n    port: 81\n")),
    ]

    private static func budget(_ apiVersion: String) -> String {
        """
        apiVersion: \(apiVersion)
        kind: PodDisruptionBudget
        metadata:
          name: web
        spec:
          minAvailable: 1
          selector:
            matchLabels:
              app: web

        """
    }

    // MARK: between the files of an environment

    private static func configMap(_ name: String, namespace: String? = nil) -> String {
        """
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: \(name)
        \(namespace.map { "  namespace: \($0)\n" } ?? "")data: {}

        """
    }

    private static let pod = """
        apiVersion: v1
        kind: Pod
        metadata:
          name: web
        spec:
          containers:
          - name: web
            image: registry.example.org/web:1.4
            envFrom:
            - configMapRef:
                name: web

        """

    private static func ingress(port: Int) -> String {
        service("  - name: http\n    port: 80\n") + """
            ---
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata:
              name: web
            spec:
              defaultBackend:
                service:
                  name: web
                  port:
                    number: \(port)

            """
    }

    private static let environments: [Rule] = [
        Rule(
            "env/duplicate-resource", summary: "an environment defines each resource once",
            reason: """
                Of two manifests of one resource the one that is applied last wins, and which that is depends on the
                names of the files.
                """,
            bad: configMap("web") + "---\n" + configMap("web"), good: configMap("web") + "---\n" + configMap("shop")),
        Rule(
            "env/missing-reference", severity: .warning,
            summary: "what a manifest refers to is defined in its environment",
            reason: """
                A pod whose ConfigMap, Secret, ServiceAccount or PersistentVolumeClaim is not there does not start; an
                Ingress without its Service answers 503. If something else makes it, allow it on the line.
                """,
            bad: pod, good: pod + "---\n" + configMap("web")),
        Rule(
            "env/missing-namespace", severity: .warning, summary: "a namespace that is used is made in its environment",
            reason: "An object in a namespace that does not exist is refused by an API server (NamespaceLifecycle).",
            bad: configMap("web", namespace: "shop"),
            good: """
                apiVersion: v1
                kind: Namespace
                metadata:
                  name: shop
                ---

                """ + configMap("web", namespace: "shop")),
        Rule(
            "env/missing-port", severity: .warning, summary: "a port that is referred to is one of its Service",
            reason: "A backend that names a port which its Service does not have gets no traffic.",
            bad: ingress(port: 8080), good: ingress(port: 80)),
        Rule(
            "k8s/placeholder", summary: "what stands for another text is filled in by something",
            reason: """
                Flux fills in ${APP} when it builds a Kustomization with postBuild, kustomize $(APP) by its vars; where
                the environment has either, what such a text makes of its manifests is not judged. Anywhere else an
                API server gets the text as it is written, and refuses it.
                """,
            bad: configMap("${APP}"), good: configMap("web")),
        Rule(
            "env/plain-secret", summary: "a Secret in the repository is encrypted",
            reason: """
                Base64 is no encryption: whoever may read the repository reads the Secret, in every commit that had it.
                What SOPS encrypted passes, and so do SealedSecrets and ExternalSecrets. Change what has been pushed once.
                """,
            bad: """
                apiVersion: v1
                kind: Secret
                metadata:
                  name: db
                stringData:
                  password: correct horse

                """,
            good: """
                apiVersion: v1
                kind: Secret
                metadata:
                  name: db
                stringData:
                  password: ENC[AES256_GCM,data:c29ycnk=,iv:aXY=,tag:dGFn,type:str]
                sops:
                  mac: ENC[AES256_GCM,data:bWFj,iv:aXY=,tag:dGFn,type:str]
                  version: 3.9.0

                """),
        Rule(
            "env/credential", severity: .warning, summary: "no manifest but an encrypted Secret holds a credential",
            reason: """
                A string in the form of a known kind of key, or one that a machine made and that stands under a name
                such as PASSWORD or TOKEN, is probably a credential that whoever reads the repository reads too.
                """,
            bad: """
                apiVersion: v1
                kind: ConfigMap
                metadata:
                  name: web
                data:
                  DB_PASSWORD: x9Kq27LmPz4Rt8Vw

                """,
            good: """
                apiVersion: v1
                kind: ConfigMap
                metadata:
                  name: web
                data:
                  DB_USER: web

                """),
    ]

    // MARK: form

    private static let yaml: [Rule] = [
        Rule(
            "yaml/syntax", summary: "a file named .yaml or .yml is well-formed YAML",
            reason: "A file that cannot be parsed says nothing that could be judged or applied.",
            bad: "a: [1, 2\n", good: "a: [1, 2]\n"),
        Rule(
            "yaml/encoding", summary: "a file is UTF-8", reason: "Kubernetes reads UTF-8; UTF-16 and Latin-1 are refused.", bad: "",
            good: ""),
        Rule(
            "yaml/size", summary: "a file is not larger than what is read",
            reason: "What a push may cost to judge is bounded.", bad: "", good: ""),
        Rule(
            "yaml/depth", summary: "lists and mappings are not nested without bounds",
            reason: "What a push may cost to judge is bounded, and nobody nests this deep by hand.", bad: "", good: ""),
        Rule(
            "yaml/aliases", summary: "aliases do not multiply without bounds",
            reason: "A few lines of aliases of aliases stand for billions of values (CVE-2019-11253).", bad: "", good: ""),
        Rule(
            "yaml/key", summary: "a key is text, a number or a boolean",
            reason: "The manifest becomes JSON, whose keys are strings; null, lists and mappings cannot be.",
            bad: configMap(holding: "? [a, b]\n  : web"), good: configMap(holding: "a: web")),
        Rule(
            "yaml/merge", summary: "a merge key is given a mapping or a list of mappings",
            reason: "\"<<\" without quotes merges; there is nothing to merge in a scalar.", bad: "<<: web\n", good: "\"<<\": web\n"),
        Rule(
            "yaml/number", summary: "a number is one that JSON can hold", reason: "JSON has no infinity and no NaN.",
            bad: configMap(holding: "limit: .inf"), good: configMap(holding: "limit: \".inf\"")),
        Rule(
            "yaml/tag", summary: "a value is what its tag says", reason: "A value that its tag contradicts cannot be decoded.",
            bad: "count: !!int many\n", good: "count: many\n"),
        Rule(
            "yaml/template", summary: "no template expression is left in a file",
            reason: "{{ }} is for a program that renders the file; what it renders is what belongs into the environment.",
            bad: "{{- if .Values.debug }}\ndebug: true\n{{- end }}\n", good: "debug: true\n"),
        Rule(
            "yaml/control-character", summary: "a file has no control characters",
            reason: "YAML does not allow them, except as escapes in double quotes (YAML 1.1, section 5.1).", bad: "", good: ""),
        Rule(
            "yaml/merge-conflict", summary: "no merge conflict is left in a file",
            reason: "Lines of <<<<<<<, ======= and >>>>>>> are git's question, which somebody has to answer.",
            bad: "<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> other\n", good: "a: 2\n"),
        Rule(
            "yaml/recursive-alias", summary: "an alias does not stand within the value that it names",
            reason: "Such a value would be infinite.", bad: "a: &a\n  b: *a\n", good: "a: &a\n  b: 1\nc: *a\n"),
        Rule(
            "yaml/unknown-alias", summary: "an alias names an anchor before it in its document",
            reason: "An anchor holds from where it stands to the end of the document.", bad: "a: *base\n",
            good: "base: &base 1\na: *base\n"),
        Rule(
            "yaml/version", summary: "a file asks for no version of YAML but 1.1",
            reason: "Kubernetes' parser refuses %YAML 1.2.", bad: "%YAML 1.2\n---\na: 1\n", good: "a: 1\n"),
        Rule(
            "yaml/too-many-errors", summary: "a file has not so many errors that the rest is not read",
            reason: "What a push may cost to judge is bounded; mend what is told, and the rest is told then.", bad: "", good: ""),
    ]

    private static let json: [Rule] = [
        Rule(
            "json/syntax", summary: "a file named .json is well-formed JSON",
            reason: "A file that cannot be parsed says nothing that could be judged or applied (RFC 8259).",
            bad: "{\"a\": 1,}\n", good: "{\"a\": 1}\n"),
        Rule(
            "json/encoding", summary: "a file is UTF-8", reason: "RFC 8259, section 8.1.", bad: "", good: ""),
        Rule(
            "json/size", summary: "a file is not larger than what is read",
            reason: "What a push may cost to judge is bounded.", bad: "", good: ""),
        Rule(
            "json/depth", summary: "arrays and objects are not nested without bounds",
            reason: "What a push may cost to judge is bounded, and nobody nests this deep by hand.", bad: "", good: ""),
        Rule(
            "json/too-many-errors", summary: "a file has not so many errors that the rest is not read",
            reason: "What a push may cost to judge is bounded; mend what is told, and the rest is told then.", bad: "", good: ""),
    ]

    private static func environment(_ lines: String) -> String { "environments:\n  production:\n\(lines)" }
    private static let sound = environment("    path: production\n")

    private static let opsFile: [Rule] = [
        Rule(
            "ops/file", summary: "ops.yaml is a file of at most 1 MiB",
            reason: "It is read in every push, before anything else.", bad: "", good: ""),
        Rule(
            "ops/empty", summary: "ops.yaml is not empty", reason: "An empty file declares nothing; without the file there is one environment.",
            bad: "# nothing yet\n", good: sound),
        Rule(
            "ops/document", summary: "ops.yaml is one document", reason: "It would not be clear which of several counts.",
            bad: sound + "---\n" + sound, good: sound),
        Rule(
            "ops/no-environments", summary: "ops.yaml declares an environment", reason: "Without any, nothing could be deployed.",
            bad: "environments: {}\n", good: sound),
        Rule(
            "ops/environment-name", summary: "the name of an environment is fit for a ref and a configuration key",
            reason: "Lower-case letters, digits and inner hyphens, at most 63 bytes.", bad: "environments:\n  Production:\n    path: production\n",
            good: sound),
        Rule(
            "ops/path", summary: "the path of an environment is a folder of the repository",
            reason: "It is relative and leads nowhere else.", bad: environment("    path: ../production\n"), good: sound),
        Rule(
            "ops/branch", summary: "the branch of an environment has a name that git takes", reason: "See git-check-ref-format(1).",
            bad: environment("    branch: \"main..\"\n"), good: environment("    branch: main\n")),
        Rule(
            "ops/type", summary: "a value in ops.yaml has the type that its key demands",
            reason: "The file is read strictly, so that nothing is guessed.", bad: environment("    path: 1\n"), good: environment("    path: \"1\"\n")),
        Rule(
            "ops/unknown-key", summary: "ops.yaml has no key that is not known",
            reason: "A mistyped key would otherwise do nothing, in silence.", bad: environment("    paht: production\n"), good: sound),
        Rule(
            "ops/duplicate-key", summary: "ops.yaml has each key once", reason: "It would not be clear which of two counts.",
            bad: environment("    path: a\n    path: b\n"), good: environment("    path: b\n")),
        Rule(
            "ops/kubernetes-version", summary: "validate.kubernetes names versions of Kubernetes that are known",
            reason: "Major and minor version, in quotes: 1.30 without them is the number 1.3.",
            bad: "validate:\n  kubernetes: \"v1\"\n" + sound, good: "validate:\n  kubernetes: \"1.34\"\n" + sound),
        Rule(
            "ops/rule-level", summary: "the level of a rule is error, warn or off",
            reason: "Anything else would be guessed at.",
            bad: "validate:\n  rules:\n    yaml/octal: never\n" + sound, good: "validate:\n  rules:\n    yaml/octal: off\n" + sound),
        Rule(
            "ops/unknown-rule", summary: "validate.rules names rules that there are, and whose level can be set",
            reason: "A mistyped name would otherwise do nothing, in silence.", bad: "", good: ""),
        Rule(
            "ops/too-many-errors", summary: "ops.yaml has not so many errors that the rest is not read",
            reason: "Mend what is told, and the rest is told then.", bad: "", good: ""),
        Rule(
            "ops/no-folder", summary: "an environment has its folder in the commit",
            reason: "An environment without a folder would be an empty one, and everything of it be removed.", bad: "", good: ""),
        Rule(
            "ops/empty-environment", summary: "an environment is not empty",
            reason: "An empty environment would remove everything that is deployed.", bad: "", good: ""),
        Rule(
            "ops/one-place", summary: "two environments are not laid into one directory",
            reason: "Each would remove what the other put there.", bad: "", good: ""),
        Rule(
            "ops/undeclared", summary: "a branch declares the environments that follow it",
            reason: "What is deployed is read from the ops.yaml of the commit that is deployed.", bad: "", good: ""),
    ]

    private static let paths: [Rule] = [
        Rule(
            "path/component", summary: "no path has the component .., . or .git",
            reason: "Laid into a directory it could lead out of it, or into a repository.", bad: "", good: ""),
        Rule(
            "path/reserved", summary: "no environment has .git-ops or .git-ops-staging at its root",
            reason: "git-ops uses the names itself, for the record and while it writes.", bad: "", good: ""),
        Rule(
            "path/submodule", summary: "an environment has no submodule", reason: "Its files are in another repository, and could not be deployed.",
            bad: "", good: ""),
        Rule(
            "path/absolute-link", summary: "no symbolic link is absolute", reason: "It would lead out of the target, to a file of the machine.",
            bad: "", good: ""),
        Rule(
            "path/escaping-link", summary: "no symbolic link leads out of its environment",
            reason: "It would lead to a file of the machine, or of another environment.", bad: "", good: ""),
        Rule(
            "path/bad-link", summary: "a symbolic link has a target, of at most 4095 bytes", reason: "Systems take no other.", bad: "", good: ""),
        Rule(
            "path/too-long", summary: "a path has at most 4095 bytes, and a component 255", reason: "Systems take no longer ones.", bad: "",
            good: ""),
        Rule(
            "path/case-clash", severity: .warning, summary: "no two names differ only in case",
            reason: "A target that ignores case cannot hold both.", bad: "", good: ""),
    ]

    private static let files: [Rule] = [
        Rule(
            "manifest/too-many", summary: "a file has not so much wrong with it that the rest is not judged",
            reason: "After 20,000 findings nobody reads on, and a push has to be answered.", bad: "", good: ""),
        Rule(
            "manifest/too-large", summary: "a manifest has at most 16 MiB",
            reason: "What a push may cost to judge is bounded. A file that is no manifest may have any size under another name.", bad: "",
            good: ""),
        Rule(
            "manifest/exception", summary: "an exception names a rule that can be excepted from, and a reason",
            reason: """
                An exception is read by whoever reviews the change; it says what is let through and why. The server's git
                configuration can forbid some (ops.forbidException).
                """,
            bad: """
                apiVersion: v1
                kind: ServiceAccount
                metadata:
                  name: web
                automountServiceAccountToken: false # git-ops: allow yaml/truth-word

                """,
            good: """
                apiVersion: v1
                kind: ServiceAccount
                metadata:
                  name: web
                automountServiceAccountToken: no # git-ops: allow yaml/truth-word as the chart writes it

                """),
        Rule(
            "manifest/unused-exception", severity: .warning, summary: "an exception lets something pass",
            reason: "One that lets nothing pass is left over, and would hide the next mistake on its line.",
            bad: """
                apiVersion: v1
                kind: ServiceAccount
                metadata:
                  name: web
                automountServiceAccountToken: false # git-ops: allow yaml/truth-word as the chart writes it

                """,
            good: """
                apiVersion: v1
                kind: ServiceAccount
                metadata:
                  name: web
                automountServiceAccountToken: false

                """),
    ]
}
