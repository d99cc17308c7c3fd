import Manifests

/// Text in the place of which something else stands when it is deployed: `${APP}`
/// of Flux (fluxcd/pkg, envsubst), `$(APP)` of kustomize's `vars`.
enum Placeholder {
    /// What the environment must have so that something fills them in.
    enum Form: String, CaseIterable {
        case flux = "${"
        case kustomize = "$("

        /// The key under which a file says that it fills them in.
        var key: FactKey { self == .flux ? FactKey("fills ${") : FactKey("fills $(") }
    }

    /// The form of a placeholder in a text; nil where there is none.
    static func form(in bytes: UnsafeBufferPointer<UInt8>) -> Form? {
        var index = 0
        while index + 3 < bytes.count {
            if bytes[index] == UInt8(ascii: "$"), bytes[index + 1] == UInt8(ascii: "{") || bytes[index + 1] == UInt8(ascii: "("),
                isNameStart(bytes[index + 2])
            {
                return bytes[index + 1] == UInt8(ascii: "{") ? .flux : .kustomize
            }
            index += 1
        }
        return nil
    }

    static func form(in bytes: [UInt8]) -> Form? { bytes.withUnsafeBufferPointer { form(in: $0) } }

    /// The form of a placeholder in a value or in what it holds.
    static func form(within value: Value) -> Form? {
        var budget = 10_000
        return form(within: value, &budget)
    }

    private static func form(within value: Value, _ budget: inout Int) -> Form? {
        budget -= 1
        guard budget > 0 else { return nil }
        for item in value.items {
            if let found = form(within: item, &budget) { return found }
        }
        for field in value.fields {
            if let found = form(within: field.value, &budget) { return found }
        }
        return form(in: value.bytes)
    }

    private static func isNameStart(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte & 0xDF) || byte == UInt8(ascii: "_")
    }

    /// Whether an object has Flux fill in what others hold.
    static func isFilled(by object: KubernetesObject) -> Bool {
        guard object.isKind("Kustomization", group: "kustomize.toolkit.fluxcd.io"), let spec = object.spec else { return false }
        if spec["postBuild"]?.kind == .mapping { return true }
        // One that patches the others.
        return (spec["patches"] ?? spec).items.contains { patch in
            patch["patch"].map { ManifestFile(Array($0.bytes), language: .yaml, file: "").withDocuments { $0.contains { $0.root.at("spec", "postBuild") != nil } } } ?? false
        }
    }
}
