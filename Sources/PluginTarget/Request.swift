import Deployments
import FoundationEssentials
import Git
import Rendering

/// A line that git-ops says, as git-ops-target(7) specifies it.
struct Request: Encodable {
    enum Verb: String, Encodable {
        case hello, plan, health, live, apply, wait, watch, cancel, commit, rollback
        // Lines of the bodies of `plan` and `apply`.
        case found, owned, desired, change, end
        case mayHold = "may-hold"
    }

    let type: Verb
    var protocolName: String?
    var versions: [Int]?
    var environment: String?
    var commit: String?
    var tree: String?
    var adopting: Bool?
    var owner: String?
    var place: String?
    var cache: String?
    var file: String?
    var line: Int?
    var timeout: Int?
    var patience: Int?
    var configuration: [String: String]?
    var action: String?
    private var path: String?
    private var path64: Data?
    private var mode: String?
    private var id: String?
    private var text: String?
    private var base64: Data?

    private enum CodingKeys: String, CodingKey {
        case type, versions, environment, commit, tree, adopting, timeout, patience, configuration, owner, place, cache, file, line
        case action, path, path64, mode, id, text, base64
        case protocolName = "protocol"
    }

    init(_ type: Verb) {
        self.type = type
    }

    init(_ type: Verb, _ path: RepositoryPath) {
        self.type = type
        if let text = String(validating: path.bytes, as: UTF8.self) {
            self.path = text
        } else {
            path64 = Data(path.bytes)
        }
    }

    init(_ type: Verb, _ resource: Resource) {
        self.init(type, resource.path)
        mode = resource.mode.octal
        id = resource.blob.description
    }

    /// Adds content: as text where it is plain text, so that a line is never many times its size.
    mutating func put(_ content: [UInt8]) {
        let isPlain = content.allSatisfy { $0 >= 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }
        if isPlain, let plain = String(validating: content, as: UTF8.self) {
            text = plain
        } else {
            base64 = Data(content)
        }
    }

    /// The message on its line, with the newline.
    func encoded() throws(TargetError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
        } catch {
            throw TargetError("cannot write a request as JSON: \(error)")
        }
    }
}
