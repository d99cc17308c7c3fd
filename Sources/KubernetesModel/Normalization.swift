import Manifests

/// What of a manifest is sent to a server.
public enum Manifest {
    /// The annotation that client-side apply keeps the manifest in.
    public static let lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

    /// Fields of `metadata` that only the server sets.
    static let serverMetadata = ["managedFields", "resourceVersion", "uid", "creationTimestamp", "generation", "selfLink"]

    /// The object without what only a server sets: `status`, fields of `metadata`, and the `creationTimestamp: null`
    /// that Go programs write into every metadata. `stringData` of a Secret becomes `data`, where it wins, as in
    /// the server (`pkg/apis/core/v1/conversion.go`): the server owns it there. A custom resource has no nulls.
    public static func normalized(_ object: JSON) -> JSON {
        guard case .object(var fields) = object else { return object }
        fields["status"] = nil
        for (name, value) in fields { fields[name] = withoutNullTimestamps(value, isMetadata: name == "metadata") }
        var result = JSON.object(fields)
        // A server drops a null of a custom resource where it creates it, and refuses it where it is applied.
        if let kind = object.groupVersionKind, !BuiltIn.groups.contains(kind.group) { result = withoutNulls(result) }
        for name in serverMetadata { result.set("metadata", name, to: nil) }
        if result.isSecret, let strings = result["stringData"] {
            result["stringData"] = nil
            if let strings = strings.object, !strings.isEmpty {
                var data = result["data"]?.object ?? [:]
                for (name, value) in strings { data[name] = value.string.map { .string(Base64.encoded($0.utf8)) } ?? value }
                result["data"] = .object(data)
            }
        }
        return result
    }

    /// The object with amounts (`cpu: 1`) as strings, which old servers want in all that is applied.
    public static func withTextualQuantities(_ object: JSON) -> JSON {
        // The schemas in definitions have fields of the same names.
        guard let kind = object.groupVersionKind, BuiltIn.groups.contains(kind.group), kind.group != "apiextensions.k8s.io" else { return object }
        return withTextualQuantities(object, QuantityPlace(isBuiltIn: true))
    }

    private static func withTextualQuantities(_ value: JSON, _ place: QuantityPlace) -> JSON {
        switch value {
        case .object(var fields):
            for (name, below) in fields { fields[name] = withTextualQuantities(below, place.below(name)) }
            return .object(fields)
        case .array(let items): return .array(items.map { withTextualQuantities($0, place.belowItem) })
        case .int, .double: return place.isQuantity ? .string(value.text) : value
        default: return value
        }
    }

    private static func withoutNulls(_ value: JSON) -> JSON {
        switch value {
        case .object(let fields): .object(fields.filter { $0.value != .null }.mapValues(withoutNulls))
        case .array(let items): .array(items.map(withoutNulls))
        default: value
        }
    }

    private static func withoutNullTimestamps(_ value: JSON, isMetadata: Bool) -> JSON {
        switch value {
        case .object(var fields):
            if isMetadata, fields["creationTimestamp"] == .null { fields["creationTimestamp"] = nil }
            for (name, below) in fields {
                switch below {
                case .object, .array: fields[name] = withoutNullTimestamps(below, isMetadata: name == "metadata")
                default: break
                }
            }
            return .object(fields)
        case .array(let items): return .array(items.map { withoutNullTimestamps($0, isMetadata: false) })
        default: return value
        }
    }
}

extension JSON {
    /// Whether this is a Secret of the core.
    public var isSecret: Bool { self["kind"]?.string == "Secret" && self["apiVersion"]?.string == "v1" }
}

/// Keeps secrets out of what people and records see.
public enum Masking {
    /// The object with every value of a Secret's `data` and `stringData` (and its last-applied annotation, which
    /// repeats them) replaced by `<hidden …>`.
    /// - Parameter digest: a keyed digest of the plain value, so that a change shows although the value does not;
    ///   `data` is decoded for it, so that both spellings of a value have one digest.
    public static func masked(_ object: JSON, digest: (String) -> String) -> JSON {
        guard object.isSecret else { return object }
        var object = object
        for name in ["data", "stringData"] {
            guard let values = object[name] else { continue }
            guard let fields = values.object else {
                object[name] = values.isNull ? .null : .string(hidden(values.text, digest))
                continue
            }
            object[name] = .object(
                fields.mapValues { value in
                    if value.isNull { return .null }
                    guard let text = value.string else { return .string(hidden(value.text, digest)) }
                    return .string(hidden(name == "data" ? plain(text) : text, digest))
                })
        }
        if let text = object.annotation(Manifest.lastApplied) {
            object.set("metadata", "annotations", Manifest.lastApplied, to: .string(hidden(text, digest)))
        }
        return object
    }

    private static func hidden(_ text: String, _ digest: (String) -> String) -> String { "<hidden " + digest(text) + ">" }

    /// The text that base64 stands for; the base64 itself where it is none or no text.
    private static func plain(_ text: String) -> String {
        Base64.decoded(text).flatMap { String(validating: $0, as: UTF8.self) } ?? text
    }
}
