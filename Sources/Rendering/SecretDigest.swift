import Git
import Manifests

/// Stands for the values of Secrets: equal values have equal digests, and who does not have the key learns no more.
public struct SecretDigest: Sendable {
    private let key: [UInt8]

    /// - Parameter key: 32 random bytes that stay on the machine.
    public init(key: [UInt8]) {
        self.key = key
    }

    /// Twelve digits: HMAC (RFC 2104) with git's own hash as the hash function.
    func text(of value: UnsafeBufferPointer<UInt8>) -> String {
        func hash(_ pad: UInt8, _ content: some Collection<UInt8>) -> [UInt8] {
            let block = (key + repeatElement(0, count: max(0, 64 - key.count))).prefix(64).map { $0 ^ pad }
            let bytes = block + content
            // Hashing memory does not fail.
            return bytes.withUnsafeBytes { (try? Repository.id(of: $0, as: .blob))?.bytes ?? [] }
        }
        let digest = hash(0x5C, hash(0x36, value))
        return digest.prefix(6).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// An object's text in the form that the record has: equal objects have equal texts, and digests stand in the
/// place of what a Secret hides.
/// - Parameter text: one document of YAML or JSON.
/// - Throws: `RenderingError`, where it cannot be read.
public func objectText(_ text: [UInt8], hidingBy digest: SecretDigest) throws(RenderingError) -> [UInt8] {
    let file = ManifestFile(text, language: .yaml, file: "")
    guard !file.diagnostics.contains(where: { $0.severity == .error }), file.documentCount == 1 else {
        throw RenderingError("an object cannot be read")
    }
    return file.withDocuments { documents in
        let root = documents[0].root
        guard root["kind"]?.equals("Secret") == true, root["apiVersion"]?.equals("v1") == true else {
            return Array(YAMLWriter.text(of: root).utf8)
        }
        let hiding = [root["data"], root["stringData"]].compactMap { $0 }
        let last = root.at("metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration")
        let shown = YAMLWriter.text(of: root) { parent, value in
            let isHidden = hiding.contains { parent?.isSame(as: $0) == true } || last?.isSame(as: value) == true
            return isHidden ? "(hidden \(digest.text(of: value.bytes)))" : nil
        }
        return Array(shown.utf8)
    }
}
