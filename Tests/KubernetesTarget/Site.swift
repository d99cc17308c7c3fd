import KubernetesModel
import Manifests
import Posix
import TestSupport

/// An environment with a namespace of its own, whose record is kept as git-ops would.
final class Site {
    let server: APIServer
    let namespace: String
    let owner: String
    /// By the ids of their content.
    var owned: [String: String] = [:]
    var mayHold: [String: String] = [:]
    var configuration: [String: String]
    /// Where the target may keep what it has learned.
    var cache: String?
    /// What the last plan said of where it is.
    var place: String?
    /// Seconds that a plan says its apply may wait.
    var timeout: Int64 = 60
    private(set) var program: TargetProgram
    private var desired: [String: (id: String, text: String)] = [:]
    private(set) var last: Plan = Plan(lines: [])

    struct Plan {
        let lines: [JSON]

        var changes: [String: JSON] { named("change") }
        var conflicts: [String: JSON] { named("conflict") }
        var actions: [String: String] { changes.mapValues { $0["action"]?.string ?? "" } }
        var unchanged: Int? { lines.last?["unchanged"]?.int.map(Int.init) }
        var error: String? { lines.last?["error"]?.string }

        private func named(_ type: String) -> [String: JSON] {
            Dictionary(lines.filter { $0["type"]?.string == type }.map { ($0["path"]?.string ?? "", $0) }) { _, last in last }
        }
    }

    init(_ name: String, _ configuration: [String: String] = [:]) throws {
        server = try APIServer.shared()
        namespace = name + "-" + String(UInt32.random(in: 0...UInt32.max), radix: 36)
        owner = "production-" + namespace
        self.configuration = ["target": "kubernetes", "kubeconfig": server.kubeconfig, "namespace": namespace]
        self.configuration.merge(configuration) { _, last in last }
        program = try TargetProgram()
        try kubectl(nil, "create", "namespace", namespace)
        try restart()
    }

    /// Speaks with a new process.
    func restart() throws {
        program = try TargetProgram()
        _ = try program.ask([["type": "hello", "protocol": "git-ops-target", "versions": [1]]])
    }

    /// Plans what manifests say; manifest number n is at `apps/all.yaml:n`.
    @discardableResult
    func plan(_ manifests: [String], adopting: Bool = false) throws -> Plan {
        var lines: [JSON] = [[
            "type": "plan", "environment": "production", "commit": "0", "tree": "0", "adopting": .bool(adopting), "timeout": .int(timeout),
            "owner": .string(owner), "configuration": .object(configuration.mapValues(JSON.string)),
        ]]
        if let place { lines[0]["place"] = .string(place) }
        if let cache { lines[0]["cache"] = .string(cache) }
        func state(_ type: String, _ path: String, _ id: String) -> JSON {
            ["type": .string(type), "path": .string(path), "mode": "100644", "id": .string(id)]
        }
        for (path, id) in owned { lines.append(state("owned", path, id)) }
        for (path, id) in mayHold { lines.append(state("may-hold", path, id)) }
        desired = [:]
        for (number, text) in manifests.enumerated() {
            let (path, id) = (try Site.path(text), ManifestHash.id(text))
            desired[path] = (id, text)
            var line = state("desired", path, id)
            line["text"] = .string(text)
            line["file"] = "apps/all.yaml"
            line["line"] = .int(Int64(number + 1))
            lines.append(line)
        }
        lines.append(["type": "end"])
        last = Plan(lines: try program.ask(lines))
        return last
    }

    static func path(_ text: String) throws -> String {
        let file = ManifestFile(Array(text.utf8), language: .yaml, file: "")
        let object = file.withDocuments { JSON($0[0].root) }
        guard let kind = object.groupVersionKind, let name = object.name else { throw TestFailure("no manifest: \(text)") }
        return "\(object.namespace ?? "_")/\(kind.kind)\(kind.group.isEmpty ? "" : "." + kind.group)/\(name).yaml"
    }

    /// The lines that ask for the last plan to be carried out.
    var applyLines: [JSON] {
        let changes = last.changes.sorted { $0.key < $1.key }.map { path, change -> JSON in
            var line: JSON = ["type": "change", "action": change["action"] ?? .null, "path": .string(path)]
            if let (id, text) = desired[path] {
                line["mode"] = "100644"
                line["id"] = .string(id)
                line["text"] = .string(text)
            }
            return line
        }
        return [["type": "apply"]] + changes + [["type": "end"]]
    }

    /// Carries out the last plan.
    @discardableResult
    func apply() throws -> [JSON] {
        let answer = try program.ask(applyLines)
        if answer.last?["type"]?.string == "done" {
            owned = desired.mapValues(\.id)
            mayHold = [:]
            place = last.lines.last?["place"]?.string
        }
        return answer
    }

    /// Plans and applies, and makes sure that nothing is left to do then.
    @discardableResult
    func deploy(_ manifests: [String], adopting: Bool = false) throws -> Plan {
        let plan = try plan(manifests, adopting: adopting)
        guard plan.error == nil, plan.conflicts.isEmpty else { throw TestFailure("the plan is \(plan.lines.map(\.text))") }
        let answer = try apply()
        guard answer.last?["type"]?.string == "done" else { throw TestFailure("the apply says \(answer.map(\.text))") }
        let again = try self.plan(manifests)
        guard again.changes.isEmpty, again.conflicts.isEmpty, again.unchanged == manifests.count else {
            throw TestFailure("after an apply is left: \(again.lines.map(\.text))")
        }
        return plan
    }

    func live(_ path: String) throws -> String? {
        try program.ask([["type": "live", "path": .string(path)]]).last?["text"]?.string
    }

    func wait(_ timeout: Int) throws -> JSON {
        try program.ask([["type": "wait", "timeout": .int(Int64(timeout))]]).last ?? .null
    }

    /// Runs kubectl in the namespace.
    @discardableResult
    func kubectl(_ arguments: String..., input: String = "") throws -> String {
        try checked(["-n", namespace] + arguments, input)
    }

    /// Runs kubectl without a namespace.
    @discardableResult
    func kubectl(_ none: Void?, _ arguments: String..., input: String = "") throws -> String { try checked(arguments, input) }

    private func checked(_ arguments: [String], _ input: String) throws -> String {
        let done = try server.kubectl(arguments, input: input)
        guard done.succeeded else { throw TestFailure("kubectl \(arguments.joined(separator: " ")): \(done.all)") }
        return done.output
    }

    /// A field of what is live.
    func field(_ object: String, _ path: String) throws -> String {
        try kubectl("get", object, "-o", "jsonpath={\(path)}")
    }

    /// Whether an object is there.
    func has(_ object: String) throws -> Bool { try server.kubectl("-n", namespace, "get", object).succeeded }
}

extension ManifestHash {
    /// Stands for the id of a blob: equal texts have equal ones.
    static func id(_ text: String) -> String {
        let hash = Array(text.utf8).withUnsafeBufferPointer { of($0) }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 40 - digits.count) + digits
    }
}

func configMap(_ name: String, _ data: String, annotations: String = "{}") -> String {
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(name), annotations: \(annotations)}\ndata: \(data)\n"
}

func deployment(_ name: String, replicas: Int = 2, image: String = "nginx") -> String {
    """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: \(name)}
    spec:
      replicas: \(replicas)
      selector: {matchLabels: {app: \(name)}}
      template:
        metadata: {labels: {app: \(name)}}
        spec:
          containers:
          - name: main
            image: \(image)
            ports: [{containerPort: 80}]
            resources: {requests: {cpu: 1000m, memory: 1Gi}}

    """
}

/// A server that is not there, without credentials.
func kubeconfig(port: UInt16) -> String {
    """
    apiVersion: v1
    kind: Config
    clusters: [{name: c, cluster: {server: 'http://127.0.0.1:\(port)'}}]
    users: [{name: u, user: {}}]
    contexts: [{name: x, context: {cluster: c, user: u}}]
    current-context: x

    """
}
