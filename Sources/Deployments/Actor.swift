import Git
import Posix

/// Who asked for a deployment, as the transport said.
public struct Actor: Hashable, Sendable, CustomStringConvertible {
    /// A name, or what stands for one: `alice`, `deploy@203.0.113.7`.
    public let name: String
    /// How that is known: `gitolite`, `http`, `ssh key SHA256:…`; empty for the local user.
    public let source: String
    /// Whether it is called otherwise, and was made fit to be shown: then others may be shown so too.
    let isAltered: Bool

    public init(name: String, source: String) {
        let plain = plainLine(name, limit: 100).filter { $0 != "(" && $0 != ")" }
        self.name = plain.isEmpty ? "unknown" : plain
        self.source = plainLine(source, limit: 100).filter { $0 != "(" && $0 != ")" }
        isAltered = self.name != name || self.source != source
    }

    public static func == (a: Actor, b: Actor) -> Bool { a.name == b.name && a.source == b.source }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(source)
    }

    /// `alice (gitolite)`.
    public var description: String {
        source.isEmpty ? name : "\(name) (\(source))"
    }

    /// Reads what `description` gives.
    public init(_ description: some StringProtocol) {
        guard description.hasSuffix(")"), let open = description.lastIndex(of: "(") else {
            self.init(name: String(description), source: "")
            return
        }
        self.init(
            name: String(description[..<open]),
            source: String(description[description.index(after: open)...].dropLast()))
    }

    /// The author of a deployment's commit.
    func signature(at moment: Moment, host: String) -> Signature {
        let local = String(name.map { $0.isLetter || $0.isNumber || "-_.+@".contains($0) ? $0 : "-" })
        return Signature(
            name: name, email: local.contains("@") ? local : "\(local)@\(host)", seconds: moment.seconds)
    }

    /// Finds out who pushes, from the variables that servers set for a hook; a pusher can set none of them.
    ///
    /// In this order: gitolite (`GL_USER`), GitLab (`GL_USERNAME`), Gitea and Forgejo
    /// (`GITEA_PUSHER_NAME`), HTTP (`REMOTE_USER`), an ssh key (`SSH_USER_AUTH`, sshd_config(5)
    /// `ExposeAuthInfo`), an ssh connection, else the local user.
    /// - Parameters:
    ///   - environment: the hook's variables.
    ///   - localUser: who runs this process.
    ///   - describeKey: gives the name of an ssh public key, `comment` and fingerprint where it can.
    public static func identified(
        by environment: [String: String], localUser: String, describeKey: (String) -> (name: String?, fingerprint: String)?
    ) -> Actor {
        func value(_ name: String) -> String? {
            environment[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        if let name = value("GL_USER") { return Actor(name: name, source: "gitolite") }
        if let name = value("GL_USERNAME") { return Actor(name: name, source: "gitlab") }
        if let name = value("GITEA_PUSHER_NAME") { return Actor(name: name, source: "gitea") }
        if let name = value("REMOTE_USER") { return Actor(name: name, source: "http") }
        if let file = value("SSH_USER_AUTH"), let content = (try? contents(ofFile: file, limit: 65536)).flatMap({ $0 }) {
            for line in String(decoding: content, as: UTF8.self).split(separator: "\n") where line.hasPrefix("publickey ") {
                guard let key = describeKey(String(line.dropFirst("publickey ".count))) else { continue }
                return Actor(name: key.name ?? localUser, source: "ssh key \(key.fingerprint)")
            }
        }
        if let connection = value("SSH_CONNECTION") {
            let address = connection.split(separator: " ").first.map(String.init) ?? "somewhere"
            return Actor(name: "\(localUser)@\(address)", source: "ssh")
        }
        return Actor(name: localUser, source: "")
    }
}
