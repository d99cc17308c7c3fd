import Glibc
import Posix

/// A Kubernetes API server and its etcd on the loopback interface, with rights by RBAC, and with neither controllers
/// nor nodes: what is sent is validated, defaulted and stored, and nothing comes of it.
///
/// Tests share one, and each uses a namespace of its own.
public final class APIServer: Sendable {
    /// Its contexts are `admin`, who may do everything, and `weak`, who may do nothing.
    public let kubeconfig: String
    private let folder: String
    private let port: UInt16
    /// The servers live as long as this pipe is open, and so no longer than the tests, however those end.
    private let life: FileDescriptor

    /// Whether there is a server to start, and kubectl; `Tests/api-server` says where the first is, and builds one.
    public static var isThere: Bool { programs != nil && find("kubectl", processVariables()["PATH"] ?? "") != nil }

    public static func shared() throws -> APIServer { try started.get() }

    private static let started = Result { try APIServer() }

    private static let programs: [String]? = {
        guard let found = try? run(topFolder + "/Tests/api-server", ["--find"], variables: processVariables()), found.succeeded
        else { return nil }
        return found.output.split(separator: "\n").map(String.init)
    }()

    private init() throws {
        guard let programs = APIServer.programs, programs.count == 2 else { throw TestFailure("there is no API server") }
        var template = Array("/tmp/git-ops-cluster.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError(errno, "cannot make a folder") }
        folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        kubeconfig = folder + "/kubeconfig"
        let made = try run("ssh-keygen", ["-q", "-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "", "-f", folder + "/accounts.key"])
        guard made.succeeded else { throw TestFailure("ssh-keygen: \(made.all)") }
        try write(Array("secret,admin,admin,system:masters\nweak-token,weak,weak\n".utf8), toFile: folder + "/tokens")
        try write(Array("Authorization: Bearer secret\n".utf8), toFile: folder + "/headers")

        let pipe = try Pipe()
        life = FileDescriptor(owning: fcntl(pipe.writeEnd, F_DUPFD_CLOEXEC, 0))
        let ports = try [freePort(), freePort()]
        port = ports[0]
        var command = Command(
            "/bin/sh", ["-c", APIServer.script, "sh"] + programs + [folder] + ports.map(String.init), environment: testVariables())
        command.input = .descriptor(pipe.readEnd)
        command.output = .none
        command.error = .none
        _ = try command.start(ownGroup: true)
        pipe.closeReadEnd()
        try writeKubeconfig()
        do {
            try eventually("the API server is ready", seconds: 60) { (try? request("GET", "/readyz"))?.status == 200 }
            try eventually("the namespace default is there", seconds: 60) {
                try request("GET", "/api/v1/namespaces/default").status == 200
            }
        } catch {
            throw TestFailure("\(error): \(log)")
        }
    }

    private static let script = """
        "$2" --data-dir "$3/etcd" --listen-client-urls "http://127.0.0.1:$5" --advertise-client-urls "http://127.0.0.1:$5" \\
            --listen-peer-urls http://127.0.0.1:0 >"$3/etcd.log" 2>&1 &
        etcd=$!
        "$1" --etcd-servers "http://127.0.0.1:$5" --bind-address 127.0.0.1 --advertise-address 127.0.0.1 --secure-port "$4" \\
            --cert-dir "$3/certificates" --token-auth-file "$3/tokens" --authorization-mode RBAC \\
            --service-account-issuer https://kubernetes.default.svc --service-account-signing-key-file "$3/accounts.key" \\
            --service-account-key-file "$3/accounts.key" --service-cluster-ip-range 10.0.0.0/24 \\
            --disable-admission-plugins ServiceAccount --endpoint-reconciler-type none --allow-privileged >"$3/apiserver.log" 2>&1 &
        server=$!
        read -r line
        kill -9 $server $etcd
        wait
        rm -rf "$3"
        """

    private func writeKubeconfig() throws {
        let text = """
            apiVersion: v1
            kind: Config
            clusters: [{name: test, cluster: {server: "https://127.0.0.1:\(port)", certificate-authority: \(certificate)}}]
            users: [{name: admin, user: {token: secret}}, {name: weak, user: {token: weak-token}}]
            contexts: [{name: admin, context: {cluster: test, user: admin}}, {name: weak, context: {cluster: test, user: weak}}]
            current-context: admin

            """
        try write(Array(text.utf8), toFile: kubeconfig)
    }

    private var certificate: String { folder + "/certificates/apiserver.crt" }

    /// What the servers have to say, where a test fails.
    public var log: String {
        ["etcd.log", "apiserver.log"].map { name in
            String(decoding: ((try? contents(ofFile: "\(folder)/\(name)")) ?? nil) ?? [], as: UTF8.self)
        }.joined()
    }

    /// Makes a namespace for a test.
    public func makeNamespace(_ name: String) throws {
        let made = try request("POST", "/api/v1/namespaces", "{apiVersion: v1, kind: Namespace, metadata: {name: \(name)}}")
        guard made.status == 201 else { throw TestFailure("cannot make the namespace \(name): \(made.body)") }
    }

    public struct Request {
        public var method: String
        public var path: String
        public var type: String
        public var body: String

        public init(method: String = "GET", path: String, type: String = "application/yaml", body: String = "") {
            self.method = method
            self.path = path
            self.type = type
            self.body = body
        }
    }

    public struct Answer: Sendable {
        /// HTTP's.
        public let status: Int
        public let body: String
    }

    /// Asks the server; the body is YAML or JSON.
    public func request(_ method: String, _ path: String, type: String = "application/yaml", _ body: String = "") throws -> Answer {
        try answers(to: [Request(method: method, path: path, type: type, body: body)])[0]
    }

    /// Runs kubectl as the administrator, whatever it answers.
    public func kubectl(_ arguments: [String], input: String = "") throws -> Finished {
        try run("kubectl", ["--kubeconfig", kubeconfig, "--cache-dir", folder + "/cache"] + arguments, input: input)
    }

    public func kubectl(_ arguments: String...) throws -> Finished { try kubectl(arguments) }

    /// Asks many things, one after the other over one connection.
    public func answers(to requests: [Request]) throws -> [Answer] {
        let scratch = try Scratch("requests")
        var settings: [String] = []
        for (number, request) in requests.enumerated() {
            if number > 0 { settings.append("next") }
            settings += [
                "silent", "globoff", "path-as-is", "cacert = \"\(certificate)\"", "header = \"@\(folder)/headers\"",
                "request = \(request.method)", "url = \"https://127.0.0.1:\(port)\(request.path)\"",
                "output = \"\(scratch("answer-\(number)"))\"", "write-out = \"%{http_code}\\n\"", "max-time = 60",
            ]
            if !request.body.isEmpty {
                try scratch.write(request.body, to: "body-\(number)")
                settings += ["header = \"Content-Type: \(request.type)\"", "data-binary = \"@\(scratch("body-\(number)"))\""]
            }
        }
        let file = try scratch.write(settings.joined(separator: "\n") + "\n", to: "settings")
        let curl = try run("curl", ["-K", file])
        let statuses = curl.output.split(separator: "\n").compactMap { Int($0) }
        guard statuses.count == requests.count else { throw TestFailure("curl: \(curl.all)") }
        return statuses.enumerated().map { Answer(status: $1, body: scratch.text("answer-\($0)") ?? "") }
    }
}
