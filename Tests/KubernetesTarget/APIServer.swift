import Glibc
import Posix
import TestSupport

/// A Kubernetes API server and its etcd on the loopback interface, with rights by RBAC, and with neither controllers
/// nor nodes: what is sent is validated, defaulted and stored, and nothing comes of it.
///
/// Tests share one, and each uses a namespace of its own.
final class APIServer: Sendable {
    /// Its contexts are `admin`, who may do everything, and `weak`, who may do nothing.
    let kubeconfig: String
    private let folder: String
    /// The servers live as long as this pipe is open, and so no longer than the tests, however those end.
    private let life: FileDescriptor

    /// Whether there is a server to start; `Tests/api-server` says where, and builds one.
    static var isThere: Bool { programs != nil && find("kubectl", processVariables()["PATH"] ?? "") != nil }

    static func shared() throws -> APIServer { try started.get() }

    private static let started = Result { try APIServer() }

    private static let programs: [String]? = {
        guard let found = try? run(topFolder + "/Tests/api-server", ["--find"], variables: processVariables()), found.succeeded
        else { return nil }
        return found.output.split(separator: "\n").map(String.init)
    }()

    private init() throws {
        guard let programs = APIServer.programs, programs.count == 2 else { throw TestFailure("there is no API server") }
        var template = Array("/tmp/git-ops-target.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError(errno, "cannot make a folder") }
        folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        kubeconfig = folder + "/kubeconfig"
        let made = try run("ssh-keygen", ["-q", "-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "", "-f", folder + "/accounts.key"])
        guard made.succeeded else { throw TestFailure("ssh-keygen: \(made.all)") }
        try write(Array("secret,admin,admin,system:masters\nweak-token,weak,weak\n".utf8), toFile: folder + "/tokens")
        let pipe = try Pipe()
        life = FileDescriptor(owning: fcntl(pipe.writeEnd, F_DUPFD_CLOEXEC, 0))
        let ports = try [freePort(), freePort()]
        var command = Command(
            "/bin/sh", ["-c", APIServer.script, "sh"] + programs + [folder] + ports.map(String.init), environment: testVariables())
        command.input = .descriptor(pipe.readEnd)
        command.output = .none
        command.error = .none
        _ = try command.start(ownGroup: true)
        pipe.closeReadEnd()
        let text = """
            apiVersion: v1
            kind: Config
            clusters: [{name: test, cluster: {server: "https://127.0.0.1:\(ports[0])", certificate-authority: \(folder)/certificates/apiserver.crt}}]
            users: [{name: admin, user: {token: secret}}, {name: weak, user: {token: weak-token}}]
            contexts: [{name: admin, context: {cluster: test, user: admin}}, {name: weak, context: {cluster: test, user: weak}}]
            current-context: admin

            """
        try write(Array(text.utf8), toFile: kubeconfig)
        do {
            try eventually("the API server is ready", seconds: 90) {
                try kubectl("get", "namespace", "default").succeeded && kubectl("get", "--raw", "/readyz").succeeded
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

    /// What the servers have to say, where a test fails.
    private var log: String {
        ["etcd.log", "apiserver.log"].map { name in
            String(decoding: ((try? contents(ofFile: "\(folder)/\(name)")) ?? nil) ?? [], as: UTF8.self)
        }.joined()
    }

    /// Runs kubectl as the administrator, whatever it answers.
    func kubectl(_ arguments: [String], input: String = "") throws -> Finished {
        try run("kubectl", ["--kubeconfig", kubeconfig, "--cache-dir", folder + "/cache"] + arguments, input: input)
    }

    func kubectl(_ arguments: String...) throws -> Finished { try kubectl(arguments) }

    /// Asks by HTTP what kubectl has no command for, such as changes of `status`.
    func request(_ method: String, _ path: String, type: String = "application/json", _ body: String) throws {
        let server = try kubectl("config", "view", "-o", "jsonpath={.clusters[0].cluster.server}").output
        let done = try run(
            "curl",
            ["-sSf", "-X", method, "--cacert", folder + "/certificates/apiserver.crt", "-H", "Authorization: Bearer secret",
                "-H", "Content-Type: \(type)", "--data-binary", "@-", server + path], input: body)
        guard done.succeeded else { throw TestFailure("\(method) \(path): \(done.all)") }
    }
}

/// The folder of the checkout.
let topFolder = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()

/// Asks again and again until something holds, for what tells nobody when it happens.
func eventually(_ what: String, seconds: Double = 120, _ holds: () throws -> Bool) throws {
    let deadline = monotonicSeconds() + seconds
    while try !holds() {
        guard monotonicSeconds() < deadline else { throw TestFailure("never: \(what)") }
        _ = poll(nil, 0, 20)
    }
}

/// A port of the loopback interface that nobody listens on.
func freePort() throws -> UInt16 {
    let socket = FileDescriptor(owning: Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isKnown = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
            bind(socket.number, generic, length) == 0 && getsockname(socket.number, generic, &length) == 0
        }
    }
    guard isKnown else { throw TestFailure("no free port") }
    return UInt16(bigEndian: address.sin_port)
}
