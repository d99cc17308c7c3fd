import Glibc
import Kubeconfig
import Kubernetes
import NIOPosix
import Posix
import TestSupport

/// A Kubernetes API server and its etcd on the loopback interface, with authorities of its own: clients are known by
/// token or certificate, and rights are those of RBAC. There are neither controllers nor nodes. Now and then it asks
/// for a connection to be given up, as those behind a load balancer do.
///
/// Tests share one, and each uses a namespace of its own.
final class APIServer: Sendable {
    let folder: String
    let port: UInt16
    /// The servers live as long as this pipe is open, and so no longer than the tests, however those end.
    private let life: FileDescriptor

    /// Whether there is a server to start, and a tool to make certificates; `Tests/api-server` says where the first is.
    static var isThere: Bool { programs != nil && find("openssl", processVariables()["PATH"] ?? "") != nil }

    /// On a thread of its own: it takes its time, and tests that count theirs go on meanwhile.
    static func shared() async throws -> APIServer {
        try await NIOThreadPool.singleton.runIfActive { try started.get() }
    }

    private static let started = Result { try APIServer() }

    private static let programs: [String]? = {
        guard let found = try? run(topFolder + "/Tests/api-server", ["--find"], variables: processVariables()), found.succeeded
        else { return nil }
        return found.output.split(separator: "\n").map(String.init)
    }()

    /// The name by which the server shows a certificate that is expired.
    static let expiredName = "expired.example.test"
    /// A name that its certificate is for, besides 127.0.0.1 and localhost.
    static let otherName = "api.example.test"

    private init() throws {
        guard let programs = APIServer.programs, programs.count == 2 else { throw TestFailure("there is no API server") }
        var template = Array("/tmp/git-ops-api.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError(errno, "cannot make a folder") }
        folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        let tokens = "secret,admin,admin,system:masters\nweak-token,weak,weak\nother-secret,admin,admin,system:masters\n"
        try write(Array(tokens.utf8), toFile: folder + "/tokens")
        let made = try run("/bin/sh", ["-c", APIServer.certificates], in: folder)
        guard made.succeeded else { throw TestFailure("openssl: \(made.all)") }

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
        do {
            try eventually("the API server is ready", seconds: 90) {
                try ["/readyz", "/api/v1/namespaces/default"].allSatisfy { path in
                    try run(
                        "curl",
                        [
                            "-sf", "-o", "/dev/null", "--cacert", folder + "/ca.crt", "-H", "Authorization: Bearer secret",
                            "https://127.0.0.1:\(port)\(path)",
                        ]
                    ).succeeded
                }
            }
        } catch {
            throw TestFailure("\(error): \(log)")
        }
    }

    /// What the servers have to say, where a test fails.
    var log: String {
        ["etcd.log", "apiserver.log"].map { name in
            String(String(decoding: ((try? contents(ofFile: "\(folder)/\(name)")) ?? nil) ?? [], as: UTF8.self).suffix(4000))
        }.joined()
    }

    /// An authority with certificates of the server, of a client, and one of each that must not be taken.
    private static let certificates = """
        set -e
        authority() {
            openssl req -x509 -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.crt" -subj "/CN=$1" -days 30
        }
        # certificate <name> <authority> <days> <subject> [<alternative names>]
        certificate() {
            openssl req -new -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" -subj "$4"
            printf 'subjectAltName=%s\\n' "${5:-DNS:none}" >"$1.ext"
            openssl x509 -req -in "$1.csr" -CA "$2.crt" -CAkey "$2.key" -CAcreateserial -days "$3" -extfile "$1.ext" -out "$1.crt"
        }
        openssl genrsa -out accounts.key 2048
        authority ca
        authority other
        certificate server ca 30 /CN=server IP:127.0.0.1,DNS:localhost,DNS:\(otherName)
        certificate expired ca -1 /CN=server DNS:\(expiredName)
        certificate admin ca 30 /O=system:masters/CN=cert-admin
        certificate stranger other 30 /O=system:masters/CN=cert-admin
        """

    private static let script = """
        "$2" --data-dir "$3/etcd" --listen-client-urls "http://127.0.0.1:$5" --advertise-client-urls "http://127.0.0.1:$5" \\
            --listen-peer-urls http://127.0.0.1:0 >"$3/etcd.log" 2>&1 &
        etcd=$!
        "$1" --etcd-servers "http://127.0.0.1:$5" --bind-address 127.0.0.1 --advertise-address 127.0.0.1 --secure-port "$4" \\
            --cert-dir "$3/certificates" --tls-cert-file "$3/server.crt" --tls-private-key-file "$3/server.key" \\
            --tls-sni-cert-key "$3/expired.crt,$3/expired.key:\(expiredName)" --client-ca-file "$3/ca.crt" \\
            --token-auth-file "$3/tokens" --authorization-mode RBAC --goaway-chance 0.02 \\
            --service-account-issuer https://kubernetes.default.svc --service-account-signing-key-file "$3/accounts.key" \\
            --service-account-key-file "$3/accounts.key" --service-cluster-ip-range 10.0.0.0/24 \\
            --disable-admission-plugins ServiceAccount --endpoint-reconciler-type none --allow-privileged >"$3/apiserver.log" 2>&1 &
        server=$!
        read -r line
        kill -9 $server $etcd
        wait
        rm -rf "$3"
        """

    /// A file that was made, in PEM.
    func pem(_ name: String) throws -> [UInt8] {
        guard let bytes = try contents(ofFile: "\(folder)/\(name)") else { throw TestFailure("there is no \(name)") }
        return bytes
    }

    /// How it is spoken to, by the administrator's token where nothing else is said.
    func access(_ credentials: Credentials = Credentials(authorization: "Bearer secret"), port: UInt16? = nil) throws -> ClusterAccess {
        var access = ClusterAccess(server: "https://127.0.0.1:\(port ?? self.port)", credentials: Fixed(credentials))
        access.certificateAuthority = try pem("ca.crt")
        return access
    }
}

/// Credentials that never change.
struct Fixed: CredentialSource {
    let value: Credentials

    init(_ value: Credentials) {
        self.value = value
    }

    func credentials(insteadOf refused: Credentials?) async throws(KubeconfigError) -> Credentials { value }
}
