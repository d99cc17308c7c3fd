import KubernetesModel

/// Paths and queries of the API, escaped.
enum APIPath {
    /// Where a group and version is: `/apis/apps/v1`, `/api/v1` for the core.
    static func root(_ kind: GroupVersionKind) -> String {
        kind.group.isEmpty ? "/api/\(escaped(kind.version))" : "/apis/\(escaped(kind.group))/\(escaped(kind.version))"
    }

    /// Where the objects of a resource are; those of all namespaces where none is given.
    static func collection(_ resource: APIResource, namespace: String?) throws(ClusterError) -> String {
        var path = root(resource.kind)
        if resource.isNamespaced, let namespace { path += "/namespaces/" + escaped(try segment(namespace, "namespace")) }
        return path + "/" + escaped(resource.name)
    }

    /// Where one object is.
    static func object(_ resource: APIResource, namespace: String?, name: String) throws(ClusterError) -> String {
        if resource.isNamespaced, namespace == nil {
            throw ClusterError(.invalid, "\(resource.kind) '\(oneLine(name, 260))' is of a namespace, and none is given")
        }
        return try collection(resource, namespace: namespace) + "/" + escaped(try segment(name, "name"))
    }

    /// What may be part of a path (`IsValidPathSegmentName` of apimachinery's pkg/api/validation/path).
    private static func segment(_ text: String, _ what: String) throws(ClusterError) -> String {
        guard !text.isEmpty, text != ".", text != "..", !text.contains("/"), !text.contains("%") else {
            throw ClusterError(.invalid, "'\(oneLine(text, 260))' cannot be the \(what) of an object")
        }
        return text
    }

    /// Escapes a part of a path; the colons that names of RBAC have are left, as Go's `url.PathEscape` does.
    static func escaped(_ text: String) -> String { percentEncoded(text) { $0 == UInt8(ascii: ":") } }

    /// `?a=b&c=d`, or nothing.
    static func query(_ parameters: [(String, String)]) -> String {
        guard !parameters.isEmpty else { return "" }
        return "?" + parameters.map { "\($0)=\(percentEncoded($1) { _ in false })" }.joined(separator: "&")
    }

    /// Escapes all bytes but the unreserved ones (RFC 3986, 2.3) and some others.
    static func percentEncoded(_ text: String, allowed: (UInt8) -> Bool) -> String {
        var encoded: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                encoded.append(byte)
            case _ where allowed(byte): encoded.append(byte)
            default: encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}

/// A text from outside as one line for people: control characters are escaped, and what is too long is cut.
public func oneLine(_ text: some StringProtocol, _ limit: Int = 1000) -> String {
    let scalars = String(text).unicodeScalars
    // The end of a message says what is wrong with a long value that it quotes.
    if scalars.count > limit { return oneLine(String(scalars.prefix(limit / 2)), limit) + "…" + oneLine(String(scalars.suffix(limit / 2)), limit) }
    var line = ""
    for scalar in scalars {
        switch scalar.properties.generalCategory {
        case .control where scalar == "\n": line += "\\n"
        case .control where scalar == "\t": line += "\\t"
        case .control, .format, .lineSeparator, .paragraphSeparator: line += "\\u{\(String(scalar.value, radix: 16))}"
        default: line.unicodeScalars.append(scalar)
        }
    }
    return line
}
