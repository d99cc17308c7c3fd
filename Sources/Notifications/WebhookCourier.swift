import Digests
import Notices

/// A webhook that takes notices in the form for programs, signed as GitHub signs what it sends.
struct WebhookCourier: Courier {
    let web: Web
    let address: WebAddress
    let secret: Secret?

    var groups: Bool { false }

    func deliver(_ message: Message) async -> Outcome {
        let body = message.first.json
        var headers = [("x-git-ops-event", message.first.kind.rawValue), ("x-git-ops-delivery", message.id)]
        if let secret {
            headers.append(("x-git-ops-signature-256", "sha256=" + SHA256.hmac(Array(body.utf8), key: secret.bytes)))
        }
        return await web.send(body, to: address, headers: headers, secrets: (secret.map { [$0] } ?? []) + address.secrets)
    }
}
