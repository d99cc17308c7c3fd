import Glibc
import Posix
import TestSupport

/// sshd on the loopback interface, with host key, users' keys and home folder of its own. Whoever runs the
/// tests is the one who may log in.
final class SSHServer {
    let home: String
    private let folder: Scratch
    private let port: UInt16
    private let process: Background

    init(settings: [String] = []) throws {
        folder = try Scratch("sshd")
        home = folder("home")
        try makeFolders(home + "/.ssh", mode: 0o700)
        try SSHServer.makeKey(folder("host"), comment: "host")
        try folder.write("", to: "home/.ssh/authorized_keys", mode: 0o600)
        let configuration = [
            "HostKey \(folder("host"))", "AuthorizedKeysFile \(home)/.ssh/authorized_keys", "StrictModes no", "UsePAM no",
            "PasswordAuthentication no", "KbdInteractiveAuthentication no", "PermitRootLogin yes", "PidFile none",
            // What a login would have set to the home of who runs the tests.
            "SetEnv HOME=\(home)",
        ]
        if geteuid() == 0 { try makeFolders("/run/sshd") }
        let file = try folder.write((configuration + settings).joined(separator: "\n") + "\n", to: "sshd_config")
        guard let program = find("sshd", testVariables()["PATH"] ?? "") else { throw TestFailure("there is no sshd") }
        (process, port) = try startOnFreePort { port in
            try Background(
                program, ["-D", "-e", "-f", file, "-o", "ListenAddress=127.0.0.1", "-p", String(port)], variables: testVariables())
        }
    }

    /// Makes a key and lets its holder in.
    /// - Parameter options: what stands before the key, as sshd(8) has it.
    func admit(_ comment: String, options: String = "") throws -> SSHKey {
        let path = folder("key-\(comment)")
        try SSHServer.makeKey(path, comment: comment)
        let line = (options.isEmpty ? "" : options + " ") + (folder.text("key-\(comment).pub") ?? "")
        try folder.write((folder.text("home/.ssh/authorized_keys") ?? "") + line, to: "home/.ssh/authorized_keys", mode: 0o600)
        return try key(path)
    }

    /// Makes a key that is let in by other means.
    func makeKey(_ name: String) throws -> SSHKey {
        let path = folder("key-\(name)")
        try SSHServer.makeKey(path, comment: name)
        return try key(path)
    }

    private func key(_ path: String) throws -> SSHKey {
        let print = try run("ssh-keygen", ["-lf", path + ".pub"]).output.split(separator: " ")
        guard print.count > 1 else { throw TestFailure("no fingerprint") }
        let options = "-F none -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
        return SSHKey(path: path, fingerprint: String(print[1]), command: "ssh \(options) -i '\(path)' -p \(port)")
    }

    /// The address of a repository.
    func url(_ path: String) -> String {
        "ssh://\(localUser().name)@127.0.0.1:\(port)\(path)"
    }

    /// Whether one can log in at all: sshd turns away an account without a shell or with a locked password,
    /// and one who is not root cannot tell it otherwise. Root always can, or else something is wrong.
    static let letsMeIn: Bool = {
        if geteuid() == 0 { return true }
        guard let server = try? SSHServer(), let key = try? server.admit("probe") else { return false }
        let words = (key.command + " -T \(localUser().name)@127.0.0.1 exit 42").replacing("'", with: "").split(separator: " ")
        return (try? run("ssh", words.dropFirst().map(String.init)))?.code == 42
    }()

    /// What sshd has to say, where a test fails.
    var log: String { process.error }

    private static func makeKey(_ path: String, comment: String) throws {
        let made = try run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path])
        guard made.succeeded else { throw TestFailure("ssh-keygen: \(made.all)") }
    }
}

/// A key of a person.
struct SSHKey {
    let path: String
    let fingerprint: String
    /// For GIT_SSH_COMMAND.
    let command: String

    var variables: [String: String] { ["GIT_SSH_COMMAND": command] }
}

/// Starts a server that takes a port of the loopback interface, and waits until it listens.
///
/// Between the choice of a free port and its use somebody else may take it; then it is tried again.
func startOnFreePort(_ start: (UInt16) throws -> Background) throws -> (Background, UInt16) {
    var last = ""
    for _ in 0..<5 {
        let port = try freePort()
        let server = try start(port)
        do {
            try eventually("a server listens on port \(port)", seconds: 20) {
                if !server.isRunning { throw TestFailure("it ended: \(server.error)") }
                return isListening(port)
            }
            return (server, port)
        } catch {
            last = "\(error)"
        }
    }
    throw TestFailure(last)
}

private func loopback(_ port: UInt16) -> sockaddr_in {
    sockaddr_in(
        sin_family: sa_family_t(AF_INET), sin_port: port.bigEndian, sin_addr: in_addr(s_addr: UInt32(0x7f00_0001).bigEndian),
        sin_zero: (0, 0, 0, 0, 0, 0, 0, 0))
}


private func isListening(_ port: UInt16) -> Bool {
    let socket = FileDescriptor(owning: Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
    var address = loopback(port)
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
            connect(socket.number, generic, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
}
