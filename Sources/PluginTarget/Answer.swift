import Deployments
import FoundationEssentials
import Git

/// What a program did against the protocol, as the end of a sentence: `it answered …`.
struct ProtocolFault: Error {
    let what: String

    init(_ what: String) {
        self.what = what
    }
}

/// A line that a program says, as git-ops-target(7) specifies it; what it has beyond that is ignored.
struct Answer: Decodable {
    struct Live: Decodable {
        let mode: String
        let id: String?
    }

    struct Permissions: Decodable {
        let live: String
        let desired: String
    }

    let type: String?
    let version: Int?
    let capabilities: [String]?
    let action: String?
    let path: String?
    let path64: Data?
    let live: Live?
    let drift: Bool?
    let permissions: Permissions?
    let remark: String?
    let by: String?
    let time: String?
    let reason: String?
    let hint: String?
    let unchanged: Int?
    let place: String?
    let healthy: Int?
    let state: String?
    let text: String?
    let base64: Data?
    let error: String?
    let partial: Bool?
    let cancelled: Bool?

    /// - Parameter line: without its newline.
    static func read(_ line: [UInt8]) throws(ProtocolFault) -> Answer {
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(line))
        } catch let error as DecodingError {
            throw ProtocolFault(explain(error, line))
        } catch {
            throw ProtocolFault("it answered what cannot be read: \(plainLine("\(error)"))")
        }
    }

    /// Says what is wrong with a line. A line that may be a message is not shown: it may hold a secret.
    private static func explain(_ error: DecodingError, _ line: [UInt8]) -> String {
        func place(_ path: [any CodingKey], _ last: (any CodingKey)? = nil) -> String {
            (path + (last.map { [$0] } ?? [])).map(\.stringValue).joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, let context): return "it answered without '\(place(context.codingPath, key))'"
        case .typeMismatch(_, let context) where !context.codingPath.isEmpty,
            .valueNotFound(_, let context) where !context.codingPath.isEmpty:
            return "it answered with a value of the wrong type in '\(place(context.codingPath))'"
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            return "it answered with a value that cannot be read in '\(place(context.codingPath))'"
        default:
            if line.first == UInt8(ascii: "{") { return "it answered a line that is no valid JSON" }
            return "it answered '\(outputLine(line, limit: 60))', which is no JSON object"
        }
    }

    func expect(_ type: String) throws(ProtocolFault) {
        guard self.type == type else { throw unexpected }
    }

    var unexpected: ProtocolFault {
        ProtocolFault(
            type.map { "it answered with a message of type '\(plainLine($0, limit: 60))' where none may be" }
                ?? "it answered with a message without a type")
    }

    /// The path that the line is about.
    func pathBytes() throws(ProtocolFault) -> RepositoryPath {
        switch (path, path64) {
        case (let path?, nil): return RepositoryPath(path)
        case (nil, let bytes?): return RepositoryPath(bytes: Array(bytes))
        default: throw ProtocolFault("it answered with a message that needs either 'path' or 'path64'")
        }
    }

    /// The content that the line brings.
    func content() throws(ProtocolFault) -> [UInt8] {
        switch (text, base64) {
        case (let text?, nil): return Array(text.utf8)
        case (nil, let bytes?): return Array(bytes)
        default: throw ProtocolFault("it answered with a message that needs either 'text' or 'base64'")
        }
    }

    /// The refusal that the line is, if it is one.
    var refusal: Refusal? {
        error.map { Refusal(message: plainLine($0), hint: hint.map { plainLine($0) }, isPartial: partial, isCancelled: cancelled ?? false) }
    }
}

/// A program's word that it could not do what it was asked.
struct Refusal {
    let message: String
    let hint: String?
    /// What it says of the state it leaves; nil where it says nothing.
    let isPartial: Bool?
    /// Whether it ended the request because it was told to.
    let isCancelled: Bool

    func error(isPartial: Bool = false) -> TargetError {
        TargetError(message, hint: hint, isPartial: isPartial)
    }
}

extension TargetError {
    func with(isPartial: Bool) -> TargetError {
        TargetError(message, hint: hint, isPartial: isPartial)
    }
}
