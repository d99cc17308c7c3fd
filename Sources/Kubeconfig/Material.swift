import Manifests

/// Certificates and keys: in the file itself in base64, or in a file of their own.
enum Material: Sendable, Hashable {
    case authority
    case certificate
    case key

    /// Far more than a chain or a bundle has.
    static let limit = 4 << 20

    var phrase: String { self == .key ? "private key" : "certificate" }

    /// Whether the bytes hold such a thing in PEM (RFC 7468), which is all that client-go takes.
    func isHeld(in bytes: [UInt8]) -> Bool {
        for line in bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            let text = String(decoding: line.prefix(80), as: UTF8.self)
            guard text.hasPrefix("-----BEGIN ") else { continue }
            if self == .key ? text.contains("PRIVATE KEY-----") : text.hasPrefix("-----BEGIN CERTIFICATE-----") { return true }
        }
        return false
    }

    /// What a field with data holds.
    /// - Parameter name: of the field.
    func decode(_ data: Located<String>, _ name: String) throws(KubeconfigError) -> [UInt8] {
        guard let bytes = Base64.decoded(data.value, isExact: true) else {
            throw data.place.fault("\"\(name)\" is not base64", hint: "base64 -w0 < file.pem")
        }
        guard isHeld(in: bytes) else { throw data.place.fault("\"\(name)\" holds no \(phrase) in PEM") }
        return bytes
    }

    /// What a file holds.
    /// - Parameter name: of the field that names it.
    func read(_ file: CredentialFiles.File, _ name: String) throws(KubeconfigError) -> [UInt8] {
        let bytes = try file.contents(name, limit: Material.limit)
        guard isHeld(in: bytes) else { throw file.fault("\"\(name)\": '\(file.path)' holds no \(phrase) in PEM") }
        return bytes
    }

    /// Refuses that one thing is given twice (`tools/clientcmd/validation.go`).
    static func refuse(both file: Located<String>?, _ fileName: String, _ data: Located<String>?, _ dataName: String) throws(KubeconfigError) {
        guard let file, data != nil else { return }
        throw file.place.fault("both \"\(fileName)\" and \"\(dataName)\" are given", hint: "remove one of them")
    }
}
