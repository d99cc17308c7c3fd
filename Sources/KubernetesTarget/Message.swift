import KubernetesModel
import enum Manifests.Base64

/// A line that git-ops says, as git-ops-target(7) specifies it; what is not asked for is ignored.
struct Message {
    let fields: JSON
    let type: String

    /// - Parameter line: without its newline.
    init(_ line: [UInt8]) throws(TargetFailure) {
        // What is wrong in it is not repeated: a line may hold a secret.
        guard let fields = try? JSON(parsing: line, limit: LineInput.limit), fields.object != nil else {
            throw TargetFailure("a line was sent that is no JSON object")
        }
        guard let type = fields["type"]?.string else { throw TargetFailure("a message was sent without a type") }
        self.fields = fields
        self.type = type
    }

    func text(_ name: String) throws(TargetFailure) -> String? {
        try member(name) { $0.string }
    }

    func bool(_ name: String) throws(TargetFailure) -> Bool? {
        try member(name) { $0.bool }
    }

    func int(_ name: String) throws(TargetFailure) -> Int? {
        try member(name) { value in value.int.flatMap { Int(exactly: $0) } }
    }

    /// A member that has to be there.
    func required(_ name: String) throws(TargetFailure) -> String {
        guard let text = try text(name) else { throw TargetFailure("a message of type '\(type)' was sent without '\(name)'") }
        return text
    }

    private func member<T>(_ name: String, _ read: (JSON) -> T?) throws(TargetFailure) -> T? {
        guard let value = fields[name], !value.isNull else { return nil }
        guard let result = read(value) else {
            throw TargetFailure("a message of type '\(type)' was sent with a value of the wrong type in '\(name)'")
        }
        return result
    }

    func path() throws(TargetFailure) -> ResourcePath {
        switch (try text("path"), try text("path64")) {
        case (let path?, nil): return ResourcePath(text: path)
        case (nil, let base64?):
            guard let bytes = Base64.decoded(base64) else { throw TargetFailure("a path was sent that is no base64") }
            return ResourcePath(bytes: bytes)
        default: throw TargetFailure("a message of type '\(type)' was sent that needs either 'path' or 'path64'")
        }
    }

    func content() throws(TargetFailure) -> [UInt8] {
        switch (try text("text"), try text("base64")) {
        case (let text?, nil): return Array(text.utf8)
        case (nil, let base64?):
            guard let bytes = Base64.decoded(base64) else { throw TargetFailure("content was sent that is no base64") }
            return bytes
        default: throw TargetFailure("a message of type '\(type)' was sent that needs either 'text' or 'base64'")
        }
    }
}

/// What git-ops calls a resource: `<namespace or _>/<Kind>[.<group>]/<name>.yaml`.
struct ResourcePath: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// UTF-8, or in base64 where it is none.
    private let text: String
    private let isBase64: Bool

    init(text: String) {
        self.text = text
        isBase64 = false
    }

    init(bytes: [UInt8]) {
        let plain = String(validating: bytes, as: UTF8.self)
        text = plain ?? Base64.encoded(bytes)
        isBase64 = plain == nil
    }

    var description: String { text }

    /// The member that names it, and its value.
    var member: (name: String, value: JSON) { (isBase64 ? "path64" : "path", .string(text)) }

    /// What the path says of the object; nil where it is no path of one. The namespace is nil for `_`.
    var parts: (namespace: String?, group: String, kind: String, name: String)? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard !isBase64, parts.count == 3, parts[2].hasSuffix(".yaml"), parts[2].utf8.count > 5, !parts[0].isEmpty, !parts[1].isEmpty
        else { return nil }
        let kind = parts[1].split(separator: ".", maxSplits: 1).map(String.init)
        guard let first = kind.first else { return nil }
        return (parts[0] == "_" ? nil : String(parts[0]), kind.count > 1 ? kind[1] : "", first, String(parts[2].dropLast(5)))
    }

    static func == (a: ResourcePath, b: ResourcePath) -> Bool { a.text.isExactly(b.text) && a.isBase64 == b.isBase64 }

    static func < (a: ResourcePath, b: ResourcePath) -> Bool { a.text < b.text }
}

extension JSON {
    /// A message about a resource.
    static func message(_ type: String, _ path: ResourcePath, _ members: [String: JSON] = [:]) -> JSON {
        var members = members
        members["type"] = .string(type)
        members[path.member.name] = path.member.value
        return .object(members)
    }
}
