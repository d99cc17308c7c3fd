import CPosix
import Glibc
import Manifests

/// Secrets that stand in plain text where everybody who reads the repository reads them.
enum CredentialRules {
    /// Whether a document was encrypted by SOPS: the values are, the names are not. That it says so is not
    /// enough: what is to be secret has to be encrypted, since a rule of SOPS that matches nothing encrypts nothing.
    static func isEncrypted(_ root: Value) -> Bool {
        guard let sops = root["sops"], sops.kind == .mapping, sops["mac"] != nil || sops["lastmodified"] != nil else { return false }
        if let object = KubernetesObject(root), object.isKind("Secret"), plainValue(of: object) != nil { return false }
        return root.fields.contains { !$0.key.bytes.elementsEqual("sops") && holdsEncrypted($0.value, depth: 0) }
    }

    private static func holdsEncrypted(_ value: Value, depth: Int) -> Bool {
        switch value.kind {
        case .string: value.bytes.hasPrefix("ENC[")
        case .mapping: depth < 64 && value.fields.contains { holdsEncrypted($0.value, depth: depth + 1) }
        case .sequence: depth < 64 && value.items.contains { holdsEncrypted($0, depth: depth + 1) }
        default: false
        }
    }

    /// The first value of a Secret that is there to be read.
    static func plainValue(of secret: KubernetesObject) -> Value? {
        for key in ["stringData", "data"] as [StaticString] {
            for field in (secret.root[key] ?? secret.root["stringData"] ?? secret.root).fields
            where secret.root[key]?.kind == .mapping {
                guard field.value.kind == .string, !field.value.bytes.isEmpty else { continue }
                // Without SOPS' own record nobody decrypts it: it is just text.
                let isEncrypted = field.value.bytes.hasPrefix("ENC[") && secret.root["sops"] != nil
                if !isEncrypted, !isPlaceholder(field.value.bytes) { return field.value }
            }
        }
        return nil
    }

    /// What another tool puts a value in the place of.
    static func isPlaceholder(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        Placeholder.form(in: bytes) == .flux || bytes.hasPrefix("op://") || bytes.hasPrefix("$(") || bytes.hasPrefix("<path:") || bytes.hasPrefix("ref+")
            || bytes.hasPrefix("vault:")
    }

    /// Looks for strings that are credentials by their form, or by the name they stand under.
    static func find(in root: Value, _ report: (Value, String) -> Void) {
        walk(root, under: nil, depth: 0, report)
    }

    private static func walk(_ value: Value, under name: Value?, depth: Int, _ report: (Value, String) -> Void) {
        switch value.kind {
        case .mapping:
            // `{name: DB_PASSWORD, value: …}` of an environment variable.
            let named = value["name"]
            for field in value.fields {
                let isVariable = field.key.bytes.elementsEqual("value") && named?.kind == .string
                walk(field.value, under: isVariable ? named : field.key, depth: depth + 1, report)
            }
        case .sequence:
            for item in value.items { walk(item, under: nil, depth: depth + 1, report) }
        case .string:
            if let what = kind(of: value.bytes) {
                report(value, what)
            } else if let name, isSecretName(name.bytes), looksRandom(value.bytes) {
                report(value, "a credential")
            }
        default: break
        }
    }

    /// What a string is by its form.
    private static func kind(of bytes: UnsafeBufferPointer<UInt8>) -> String? {
        guard bytes.count >= 16, let first = bytes.first else { return nil }
        switch first {
        case UInt8(ascii: "A"):
            if bytes.count == 20, bytes.hasPrefix("AKIA") || bytes.hasPrefix("ASIA"), bytes.allSatisfy(isUpperOrDigit) { return "an AWS access key" }
            if bytes.count == 39, bytes.hasPrefix("AIza") { return "a Google API key" }
        case UInt8(ascii: "g"):
            if bytes.count >= 36, bytes.hasPrefix("ghp_") || bytes.hasPrefix("gho_") || bytes.hasPrefix("ghs_") || bytes.hasPrefix("github_pat_") {
                return "a GitHub token"
            }
            if bytes.hasPrefix("glpat-"), bytes.count >= 26 { return "a GitLab token" }
        case UInt8(ascii: "x"):
            if bytes.count >= 24, bytes.hasPrefix("xoxb-") || bytes.hasPrefix("xoxp-") || bytes.hasPrefix("xoxa-") { return "a Slack token" }
        case UInt8(ascii: "s"):
            if bytes.count >= 24, bytes.hasPrefix("sk_live_") || bytes.hasPrefix("sk-ant-") { return "an API key" }
        case UInt8(ascii: "e"):
            if bytes.count >= 60, bytes.hasPrefix("eyJ"), bytes.count(where: { $0 == UInt8(ascii: ".") }) == 2 { return "a JSON web token" }
        default: break
        }
        return holdsPrivateKey(bytes) ? "a private key" : nil
    }

    private static func holdsPrivateKey(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard bytes.count > 64 else { return false }
        let mark: StaticString = "PRIVATE KEY-----\n"
        return ops_memmem(bytes.baseAddress!, bytes.count, mark.utf8Start, mark.utf8CodeUnitCount) != nil
    }

    private static func isUpperOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
    }

    /// Whether a name ends as those of secrets do: `DB_PASSWORD`, `apiKey`, `client-secret`.
    private static func isSecretName(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard bytes.count >= 5, bytes.count <= 64 else { return false }
        let letters = bytes.compactMap { byte -> UInt8? in
            byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") ? nil : byte | 0x20
        }
        return ["password", "passwd", "apikey", "secretkey", "accesskey", "clientsecret", "token", "secret"].contains {
            letters.count >= $0.utf8.count && letters.suffix($0.utf8.count).elementsEqual($0.utf8)
        }
    }

    /// Whether a string has the look of something that a machine made: one word of
    /// 16 or more characters, mixed, with at least 3 bits of entropy a character.
    private static func looksRandom(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard (16...256).contains(bytes.count), !isPlaceholder(bytes) else { return false }
        var counts = [Double](repeating: 0, count: 128)
        var (hasDigit, hasLetter) = (false, false)
        for byte in bytes {
            guard byte > 0x20, byte < 0x7F else { return false }
            if byte == UInt8(ascii: ":") || byte == UInt8(ascii: "$") || byte == UInt8(ascii: "{") || byte == UInt8(ascii: "<") { return false }
            if (0x30...0x39).contains(byte) { hasDigit = true }
            if (0x41...0x5A).contains(byte & 0xDF) { hasLetter = true }
            counts[Int(byte)] += 1
        }
        guard hasDigit, hasLetter else { return false }
        let total = Double(bytes.count)
        let entropy = counts.reduce(0.0) { $1 == 0 ? $0 : $0 - $1 / total * log2($1 / total) }
        return entropy >= 3
    }
}
