import Manifests

/// Rules for ConfigMaps and Secrets (kubernetes pkg/apis/core/validation/validation.go,
/// `ValidateConfigMap`, `ValidateSecret`).
enum ConfigurationRules {
    static let all: [Rule] = [key, overlap, size, secretKeys, dockerConfiguration, tokenAnnotation]

    private static let kinds = ["ConfigMap", "Secret"]

    static let key = Rule(
        "k8s/config-key", kinds: kinds,
        summary: "the keys of a ConfigMap or Secret can be names of files",
        reason:
            "At most 253 letters, digits, \"-\", \"_\" and \".\", not \"..\" at the beginning (IsConfigMapKey in k8s.io/apimachinery pkg/util/validation).",
        bad: """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: web}
            data: {conf/web.conf: "listen 80;"}
            """,
        good: """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: web}
            data: {web.conf: "listen 80;"}
            """,
        check: .object { object, findings in
            for data in [object.root.mapping("data"), object.root.mapping("binaryData"), object.root.mapping("stringData")] {
                guard let data else { continue }
                for field in data.fields {
                    if let fault = Names.configKeyFault(field.key.bytes) { findings.add(at: field.key, "key \(field.key.quoted) \(fault)") }
                }
            }
        })

    static let overlap = Rule(
        "k8s/config-key-overlap", kinds: ["ConfigMap"],
        summary: "a key of a ConfigMap stands in data or in binaryData, not in both",
        reason: "ValidateConfigMap in pkg/apis/core/validation.",
        bad: """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: web}
            data: {logo: text}
            binaryData: {logo: iVBORw0KGgo=}
            """,
        good: """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: web}
            data: {title: text}
            binaryData: {logo: iVBORw0KGgo=}
            """,
        check: .object { object, findings in
            guard let data = object.root.mapping("data"), let binary = object.root.mapping("binaryData") else { return }
            let others = LabelSelectors.Labels(binary)
            for field in data.fields where others[field.key.bytes] != nil {
                findings.add(at: field.key, "key \(field.key.quoted) stands in data and in binaryData")
            }
        })

    static let size = Rule(
        "k8s/config-size", kinds: kinds,
        summary: "the values of a ConfigMap or Secret have no more than 1 MiB together",
        reason: "ValidateConfigMap, ValidateSecret in pkg/apis/core/validation (MaxSecretSize).",
        bad: large(1_048_577), good: large(1024),
        check: .object { object, findings in
            var size = 0
            let isSecret = object.kind == "Secret"
            let replaced = LabelSelectors.Labels(isSecret ? object.root["stringData"] : nil)
            if let data = object.root.mapping("data") {
                for field in data.fields where field.value.kind == .string && (!isSecret || replaced[field.key.bytes] == nil) {
                    size += isSecret ? Base64.size(field.value.bytes) : field.value.bytes.count
                }
            }
            for field in object.root.entries("binaryData") where field.value.kind == .string { size += Base64.size(field.value.bytes) }
            if isSecret {
                for field in object.root.entries("stringData") where field.value.kind == .string { size += field.value.bytes.count }
            }
            guard size > 1 << 20 else { return }
            findings.add(at: object.root.given("data") ?? object.root, "the values have \(size) bytes together, at most \(1 << 20) are allowed")
        })

    private static func large(_ size: Int) -> String {
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: web}
        data:
          page: \(String(repeating: "x", count: size))
        """
    }

    /// The types that need keys: all of them, or one of them.
    private static let types: [(type: StaticString, keys: [StaticString], needsAll: Bool)] = [
        ("kubernetes.io/tls", ["tls.crt", "tls.key"], true),
        ("kubernetes.io/dockerconfigjson", [".dockerconfigjson"], true),
        ("kubernetes.io/dockercfg", [".dockercfg"], true),
        ("kubernetes.io/basic-auth", ["username", "password"], false),
        ("kubernetes.io/ssh-auth", ["ssh-privatekey"], true),
    ]

    static let secretKeys = Rule(
        "k8s/secret-type-keys", kinds: ["Secret"],
        summary: "a Secret has the keys that its type needs",
        reason:
            "tls.crt and tls.key, .dockerconfigjson, .dockercfg, username or password, ssh-privatekey (ValidateSecret in pkg/apis/core/validation).",
        bad: """
            apiVersion: v1
            kind: Secret
            metadata: {name: web-tls}
            type: kubernetes.io/tls
            data: {tls.crt: ""}
            """,
        good: """
            apiVersion: v1
            kind: Secret
            metadata: {name: web-tls}
            type: kubernetes.io/tls
            data: {tls.crt: "", tls.key: ""}
            """,
        check: .object { object, findings in
            guard let type = object.root.filled("type"), let needed = types.first(where: { type.equals($0.type) }) else { return }
            let data = object.root.mapping("data")
            let plain = object.root.mapping("stringData")
            func has(_ key: StaticString) -> Bool { plain?[key] != nil || data?[key] != nil }
            let missing = needed.keys.filter { !has($0) }
            guard !missing.isEmpty, needed.needsAll || missing.count == needed.keys.count else {
                if type.equals("kubernetes.io/ssh-auth"), let value = plain?["ssh-privatekey"] ?? data?["ssh-privatekey"],
                    value.isNull || value.kind == .string && value.bytes.isEmpty
                {
                    findings.add(at: value, "ssh-privatekey is empty")
                }
                return
            }
            let names = missing.map { "\"\($0)\"" }.joined(separator: needed.needsAll ? " and " : " or ")
            findings.add(
                at: object.root.field("data")?.key ?? object.root.field("stringData")?.key ?? object.kindPlace,
                "a Secret of the type \(type.text) needs the key \(names)")
        })

    static let dockerConfiguration = Rule(
        "k8s/secret-docker-config", kinds: ["Secret"],
        summary: "the configuration in a Secret for Docker is a JSON object",
        reason: "ValidateSecret in pkg/apis/core/validation.",
        bad: """
            apiVersion: v1
            kind: Secret
            metadata: {name: registry}
            type: kubernetes.io/dockerconfigjson
            stringData: {.dockerconfigjson: "auths: {}"}
            """,
        good: """
            apiVersion: v1
            kind: Secret
            metadata: {name: registry}
            type: kubernetes.io/dockerconfigjson
            stringData: {.dockerconfigjson: '{"auths": {}}'}
            """,
        check: .object { object, findings in
            guard let type = object.root.filled("type") else { return }
            let key: StaticString
            if type.equals("kubernetes.io/dockerconfigjson") {
                key = ".dockerconfigjson"
            } else if type.equals("kubernetes.io/dockercfg") {
                key = ".dockercfg"
            } else {
                return
            }
            if let value = object.root.mapping("stringData")?[key] {
                if value.isNull || value.kind == .string && !JSONForm.isObject(value.bytes) { findings.add(at: value, "\(key) is no JSON object") }
            } else if let value = object.root.mapping("data")?.text(key), let bytes = Base64.decoded(value.bytes),
                !bytes.withUnsafeBufferPointer(JSONForm.isObject)
            {
                findings.add(at: value, "\(key) is no JSON object, once decoded")
            }
        })

    static let tokenAnnotation = Rule(
        "k8s/secret-service-account", kinds: ["Secret"],
        summary: "a Secret for the token of a service account names the service account",
        reason: "In the annotation kubernetes.io/service-account.name (ValidateSecret in pkg/apis/core/validation).",
        bad: """
            apiVersion: v1
            kind: Secret
            metadata: {name: web-token}
            type: kubernetes.io/service-account-token
            """,
        good: """
            apiVersion: v1
            kind: Secret
            metadata:
              name: web-token
              annotations: {kubernetes.io/service-account.name: web}
            type: kubernetes.io/service-account-token
            """,
        check: .object { object, findings in
            guard let type = object.root.filled("type"), type.equals("kubernetes.io/service-account-token") else { return }
            guard object.metadata?.mapping("annotations")?.filled("kubernetes.io/service-account.name") == nil else { return }
            findings.add(
                at: object.metadata?.field("annotations")?.key ?? object.root.place(of: "metadata"),
                "the annotation kubernetes.io/service-account.name is missing")
        })
}

/// Base64 as Go decodes it: line breaks are passed over.
enum Base64 {
    /// How many bytes a text decodes to, if it is base64.
    static func size(_ text: Names.Bytes) -> Int {
        var count = 0
        for byte in text where byte != 0x0A && byte != 0x0D && byte != UInt8(ascii: "=") { count += 1 }
        return count * 3 / 4
    }

    /// The bytes of a text; nil where it is no base64.
    static func decoded(_ text: Names.Bytes) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count * 3 / 4)
        var bits: UInt32 = 0
        var count = 0
        var padding = 0
        for byte in text where byte != 0x0A && byte != 0x0D {
            if byte == UInt8(ascii: "=") {
                padding += 1
                continue
            }
            guard padding == 0, let value = value(byte) else { return nil }
            bits = bits << 6 | value
            count += 1
            if count % 4 == 0 {
                bytes += [UInt8(bits >> 16 & 0xFF), UInt8(bits >> 8 & 0xFF), UInt8(bits & 0xFF)]
                bits = 0
            }
        }
        switch (count % 4, padding) {
        case (0, 0): break
        case (2, 2): bytes.append(UInt8(bits >> 4 & 0xFF))
        case (3, 1): bytes += [UInt8(bits >> 10 & 0xFF), UInt8(bits >> 2 & 0xFF)]
        default: return nil
        }
        return bytes
    }

    private static func value(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a") + 26)
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0") + 52)
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}

/// Whether bytes are JSON, as Go's encoding/json judges it; nothing is kept of them.
enum JSONForm {
    /// Whether bytes are a JSON object, or null.
    static func isObject(_ text: Names.Bytes) -> Bool {
        var scan = Scan(text)
        scan.skipSpace()
        let isObject = scan.next == UInt8(ascii: "{")
        guard isObject || scan.next == UInt8(ascii: "n"), scan.value() else { return false }
        scan.skipSpace()
        return scan.next == nil
    }

    private struct Scan {
        let text: Names.Bytes
        var index = 0

        init(_ text: Names.Bytes) { self.text = text }

        var next: UInt8? { index < text.count ? text[index] : nil }

        mutating func skipSpace() {
            while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { index += 1 }
        }

        mutating func take(_ byte: UInt8) -> Bool {
            guard next == byte else { return false }
            index += 1
            return true
        }

        /// Reads one value, without recursion; Go takes at most 10,000 levels.
        mutating func value() -> Bool {
            var open: [UInt8] = []
            while true {
                skipSpace()
                guard let byte = next else { return false }
                if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
                    index += 1
                    guard open.count < 10_000 else { return false }
                    let close = byte + 2
                    skipSpace()
                    if !take(close) {
                        open.append(close)
                        if byte == UInt8(ascii: "{"), !key() { return false }
                        continue
                    }
                } else if !scalar(byte) {
                    return false
                }
                // A value has ended: close what ends with it.
                while true {
                    guard let close = open.last else { return true }
                    skipSpace()
                    if take(close) {
                        open.removeLast()
                        continue
                    }
                    guard take(UInt8(ascii: ",")) else { return false }
                    if close == UInt8(ascii: "}"), !key() { return false }
                    break
                }
            }
        }

        private mutating func key() -> Bool {
            skipSpace()
            guard string() else { return false }
            skipSpace()
            return take(UInt8(ascii: ":"))
        }

        private mutating func scalar(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "\""): string()
            case UInt8(ascii: "t"): word("true")
            case UInt8(ascii: "f"): word("false")
            case UInt8(ascii: "n"): word("null")
            default: number()
            }
        }

        private mutating func word(_ word: StaticString) -> Bool {
            let end = index + word.utf8CodeUnitCount
            guard end <= text.count, Names.Bytes(rebasing: text[index..<end]).elementsEqual(word) else { return false }
            index = end
            return true
        }

        private mutating func digits() -> Bool {
            let start = index
            while let byte = next, Names.isDigit(byte) { index += 1 }
            return index > start
        }

        private mutating func number() -> Bool {
            _ = take(Names.dash)
            if !take(UInt8(ascii: "0")), !digits() { return false }
            if take(Names.dot), !digits() { return false }
            if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
                if !take(UInt8(ascii: "+")) { _ = take(Names.dash) }
                return digits()
            }
            return true
        }

        private mutating func string() -> Bool {
            guard take(UInt8(ascii: "\"")) else { return false }
            while let byte = next {
                index += 1
                switch byte {
                case UInt8(ascii: "\""): return true
                case 0..<0x20: return false
                case UInt8(ascii: "\\"):
                    guard let escape = next else { return false }
                    index += 1
                    switch escape {
                    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
                        UInt8(ascii: "r"), UInt8(ascii: "t"):
                        continue
                    case UInt8(ascii: "u"):
                        for _ in 0..<4 {
                            guard let digit = next, Names.isDigit(digit) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(digit | 0x20)
                            else { return false }
                            index += 1
                        }
                    default: return false
                    }
                default: continue
                }
            }
            return false
        }
    }
}
