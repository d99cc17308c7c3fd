import Digests
import HTTPTypes

/// What a hook says of itself in its headers.
struct HookClaim {
    /// `GitHub (push)`; for the log.
    let sender: String
    /// Whether it only asks whether anybody is there.
    let isPing: Bool
    /// The codes that the body is said to have, in lower-case hexadecimal.
    private let codes: [[UInt8]]
    /// The secret itself, which GitLab sends.
    private let token: [UInt8]?

    /// A header that is not as those who send such hooks make it.
    struct Nonsense: Error {
        let message: String
    }

    /// Who signs how. Forgejo and Gitea send GitHub's header as well, and so come before it. GitHub sends Bitbucket's,
    /// with SHA-1.
    private static let signatures = [
        ("Forgejo", "x-forgejo-signature", ""), ("Gitea", "x-gitea-signature", ""), ("GitHub", "x-hub-signature-256", "sha256="),
        ("Bitbucket", "x-hub-signature", "sha256="), ("git-ops", "x-git-ops-signature-256", "sha256="),
    ]
    private static let weak = (header: "x-hub-signature", prefix: "sha1=")
    private static let events = [
        ("Forgejo", "x-forgejo-event"), ("Gitea", "x-gitea-event"), ("GitLab", "x-gitlab-event"), ("GitHub", "x-github-event"),
        ("Bitbucket", "x-event-key"), ("git-ops", "x-git-ops-event"),
    ]
    private static let pings: Set<String> = ["ping", "diagnostics:ping"]

    /// What a hook lacks that is not signed so that anybody can be known by it.
    static func lack(_ headers: HTTPFields) -> String {
        value(weak.header, headers)?.hasPrefix(weak.prefix) ?? false ? "it is signed with SHA-1 alone, and SHA-256 is asked for" : "it is not signed"
    }

    private static func value(_ name: String, _ headers: HTTPFields) -> String? { headers.first { $0.name.canonicalName == name }?.value }

    /// - Returns: nil where it is not signed.
    init?(_ headers: HTTPFields) throws(Nonsense) {
        func value(_ name: String) -> String? { HookClaim.value(name, headers) }
        var codes: [[UInt8]] = []
        var name: String?
        for (sender, header, prefix) in HookClaim.signatures {
            // Gitea sends an empty one where it has no secret.
            guard let text = value(header), !text.isEmpty else { continue }
            if header == HookClaim.weak.header, text.hasPrefix(HookClaim.weak.prefix) { continue }
            let code = Array(text.dropFirst(prefix.count).lowercased().utf8)
            let isHexadecimal = code.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
            guard text.hasPrefix(prefix), code.count == 64, isHexadecimal else {
                throw Nonsense(message: "\(header) is to be \(prefix)<64 digits, hexadecimal>")
            }
            codes.append(code)
            name = name ?? sender
        }
        token = value("x-gitlab-token").flatMap { $0.isEmpty ? nil : Array($0.utf8) }
        if token != nil { name = name ?? "GitLab" }
        guard var name else { return nil }
        let event = HookClaim.events.lazy.compactMap { sender, header in value(header).map { (sender, $0) } }.first
        isPing = event.map { HookClaim.pings.contains($0.1) } ?? false
        if let event, event.1.utf8.count <= 40, event.1.utf8.allSatisfy({ (0x61...0x7a).contains($0 | 0x20) || "_: ".utf8.contains($0) }) {
            name += " (\(event.1))"
        }
        sender = name
        self.codes = codes
    }

    /// Whether its token is one of the secrets.
    func hasToken(of secrets: [[UInt8]]) -> Bool {
        guard let token else { return false }
        // The digests have one length, and so the length of a secret does not show.
        let digest = SHA256.digest(token)
        return secrets.reduce(false) { areEqualInConstantTime(SHA256.digest($1), digest) || $0 }
    }

    /// Whether it may be signed: what has a token only needs no look at the body.
    var isSigned: Bool { !codes.isEmpty }

    /// Whether it is signed with one of the secrets.
    /// - Parameter made: the code of the body for each secret.
    func isSigned(by made: [MessageCode]) -> Bool {
        made.map { Array($0.finished().utf8) }.reduce(false) { found, code in
            codes.reduce(found) { areEqualInConstantTime($1, code) || $0 }
        }
    }
}
