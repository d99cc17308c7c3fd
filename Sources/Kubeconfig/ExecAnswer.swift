import KubernetesModel
import Manifests

/// What a credential plugin answered: an ExecCredential with a status (`plugin/pkg/client/auth/exec/exec.go`,
/// refreshCredsLocked). Nothing of it is ever quoted: it is secret.
struct ExecAnswer: Sendable {
    var credentials: Credentials
    /// Seconds since 1970; nil where it is good for as long as it is not refused.
    var expiry: Double?

    struct Fault: Error {
        let message: String
        var hint: String?
    }

    init(_ bytes: [UInt8], apiVersion: String) throws(Fault) {
        let answer: KubernetesModel.JSON
        do throws(JSONError) {
            answer = try KubernetesModel.JSON(parsing: bytes)
        } catch {
            throw Fault(message: "wrote no JSON" + (error.line.map { " (line \($0), column \(error.column ?? 1))" } ?? ""))
        }
        guard answer["kind"]?.string == "ExecCredential" else { throw Fault(message: "wrote no ExecCredential") }
        guard answer["apiVersion"]?.string == apiVersion else {
            throw Fault(
                message: "answered in another version than \(apiVersion)",
                hint: "set \"apiVersion\" of \"exec\" to the one that the plugin speaks")
        }
        guard let status = answer["status"], status.object != nil else { throw Fault(message: "wrote no \"status\"") }
        func text(_ key: String) throws(Fault) -> String? {
            guard let value = status[key], !value.isNull else { return nil }
            guard let text = value.string else { throw Fault(message: "wrote a \"\(key)\" that is no text") }
            return text.isEmpty ? nil : text
        }
        let token = try text("token")
        let certificate = try text("clientCertificateData").map { Array($0.utf8) }
        let key = try text("clientKeyData").map { Array($0.utf8) }
        guard token != nil || certificate != nil || key != nil else {
            throw Fault(message: "gave neither a token nor a certificate with its key")
        }
        guard (certificate == nil) == (key == nil) else {
            throw Fault(message: "gave only one of certificate and key")
        }
        if let token, !HeaderText.isFit(token) { throw Fault(message: "gave a token with a control character or a line end") }
        if let certificate, !Material.certificate.isHeld(in: certificate) { throw Fault(message: "gave no certificate in PEM") }
        if let key, !Material.key.isHeld(in: key) { throw Fault(message: "gave no private key in PEM") }
        credentials = Credentials(certificate: certificate, key: key, authorization: token.map { "Bearer " + $0 })
        if let moment = try text("expirationTimestamp") {
            guard let seconds = Timestamp.seconds(moment) else {
                throw Fault(message: "gave an \"expirationTimestamp\" that is not as RFC 3339 has it")
            }
            expiry = seconds
        }
    }
}
