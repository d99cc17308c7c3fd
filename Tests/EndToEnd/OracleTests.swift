import Posix
import TestSupport
import Testing

/// The verdicts noted in Tests/Validation/corpus are those of a running API server.
@Suite(.enabled(if: APIServer.isThere, "there is no API server; Tests/api-server builds one"))
struct OracleTests {
    @Test(arguments: Corpus.files)
    func serverJudgesAsNoted(_ file: String) throws {
        let oracle = try Oracle.shared.get()
        let cases = try Corpus.cases(file)
        #expect(!cases.isEmpty)
        let judged = cases.filter { oracle.serves($0) && !$0.byDiscovery }
        for (planted, verdict) in zip(judged, try oracle.verdicts(on: judged)) {
            if oracle.isOld, let old = planted.onOldServer {
                #expect((verdict == nil) == (old == .ok), "\(file): \(planted.name): \(verdict ?? "ok")")
            } else if case .refused(_, let message) = planted.expected {
                #expect(verdict?.contains(message) ?? false, "\(file): \(planted.name): \(verdict ?? "ok")")
            } else {
                #expect(verdict == nil, "\(file): \(planted.name)")
            }
        }
        // An old server serves versions that are gone.
        for planted in cases where planted.byDiscovery && !oracle.isOld {
            #expect(!oracle.serves(planted), "\(file): \(planted.name)")
        }
    }

    @Test func kubectlAgrees() throws {
        guard find("kubectl", testVariables()["PATH"] ?? "") != nil else { return }
        let oracle = try Oracle.shared.get()
        for planted in try Corpus.cases("kubectl.yaml") {
            let arguments = ["--kubeconfig", oracle.server.kubeconfig, "create", "--dry-run=server", "-f", "-"]
            let end = try run("kubectl", arguments, variables: testVariables(["HOME": "/tmp"]), input: planted.document)
            // An old kubectl checks fields itself, whatever the server can do.
            #expect(end.succeeded == (planted.expected == .ok), "\(planted.name): \(end.all)")
        }
    }
}

/// The server as a judge, with the resource definitions of the corpus.
struct Oracle: Sendable {
    let server: APIServer
    /// Neither 1.25 nor later: the verdicts that the corpus notes for 1.20 hold.
    let isOld: Bool
    private let paths: [String: String]

    static let shared = Result { try Oracle() }

    private init() throws {
        server = try APIServer.shared()
        isOld = try !server.validatesFields()
        let definitions = try Corpus.text("definitions/crds.yaml").split(separator: "\n---\n").map(String.init)
        let collection = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        for definition in definitions {
            let made = try server.request("POST", collection, definition)
            guard made.status == 201 || made.status == 409 else { throw TestFailure("\(made.body)") }
        }
        let server = server
        var served: [String: APIServer.Resource] = [:]
        try eventually("the resource definitions are served", seconds: 60) {
            served = try server.resources()
            return definitions.allSatisfy { definition in
                guard let kind = field("    kind", of: definition), let group = field("  group", of: definition) else { return false }
                guard let resource = served["\(group)/v1 \(kind)"] else { return false }
                return (try? server.request("GET", resource.collection(in: "default")).status) == 200
            }
        }
        paths = served.mapValues { $0.collection(in: "<namespace>") }
    }

    func serves(_ planted: Corpus.Case) -> Bool {
        paths[planted.kind] != nil
    }

    /// What the server says against each; nil where it would take it.
    func verdicts(on cases: [Corpus.Case]) throws -> [String?] {
        guard !cases.isEmpty else { return [] }
        let answers = try server.answers(
            to: cases.map { planted in
                let path = (paths[planted.kind] ?? "").replacing("<namespace>", with: planted.namespace)
                return APIServer.Request(
                    method: "POST", path: path + "?dryRun=All&fieldValidation=Strict", body: planted.document)
            })
        let bodies = answers.map { $0.body.isEmpty ? "{}" : $0.body }.joined(separator: "\n")
        let messages = try jq("(.message // \"\") | gsub(\"\\n\"; \" \")", bodies).split(separator: "\n", omittingEmptySubsequences: false)
        guard messages.count == answers.count else { throw TestFailure("\(messages.count) messages for \(answers.count) answers") }
        return zip(answers, messages).map { $0.status < 300 ? nil : String($1) }
    }
}

/// Manifests with one defect each, or none; `Tests/Validation/corpus/README.md` has the form.
enum Corpus {
    enum Verdict: Equatable, Sendable {
        case ok
        case refused(line: Int, message: String)
    }

    struct Case: Sendable {
        let name: String
        let document: String
        let expected: Verdict
        /// Where 1.20 says something else.
        let onOldServer: Verdict?
        /// The client refuses it, because it names nothing that the server serves.
        let byDiscovery: Bool

        /// `<apiVersion> <kind>`.
        var kind: String { (field("apiVersion", of: document) ?? "") + " " + (field("kind", of: document) ?? "") }
        var namespace: String {
            let named = field("  namespace", of: document)
            return named == "null" ? "default" : named ?? "default"
        }
    }

    private static let folder = topFolder + "/Tests/Validation/corpus/"

    static let files: [String] =
        ["", "syntax/"].flatMap { place in
            names(inFolder: folder + place).filter { $0.hasSuffix(".yaml") }.map { place + $0 }
        }.sorted()

    static func text(_ file: String) throws -> String {
        guard let bytes = try contents(ofFile: folder + file) else { throw TestFailure("there is no \(file)") }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func cases(_ file: String) throws -> [Case] {
        let text = try text(file)
        guard text.hasPrefix("# case: ") else { throw TestFailure("\(file) does not begin with a case") }
        return try text.dropFirst("# case: ".count).split(separator: "\n---\n# case: ").map { part in
            guard let end = part.utf8.firstIndex(of: UInt8(ascii: "\n")) else { throw TestFailure("\(file): \(part)") }
            var document = String(part[part.index(after: end)...])
            if document.utf8.last != UInt8(ascii: "\n") { document += "\n" }
            return try planted(part[..<end].split(separator: " | ").map(String.init), document)
        }
    }

    private static func planted(_ words: [String], _ document: String) throws -> Case {
        var words = words
        let name = words.removeFirst()
        var onOldServer: Verdict?
        var byDiscovery = false
        if let last = words.last, last.hasPrefix("1.20: ") {
            onOldServer = last.hasSuffix("ok") ? .ok : .refused(line: 0, message: "")
            words.removeLast()
        }
        if words.last == "by: discovery" {
            byDiscovery = true
            words.removeLast()
        }
        guard let verdict = words.first?.split(separator: " "), verdict.first == "expect:" else { throw TestFailure("\(name): no verdict") }
        if verdict.count == 2, verdict[1] == "ok", words.count == 1 {
            return Case(name: name, document: document, expected: .ok, onOldServer: onOldServer, byDiscovery: byDiscovery)
        }
        guard verdict.count == 3, verdict[1] == "refused", let line = Int(verdict[2]), words.count == 2 else {
            throw TestFailure("\(name): no verdict")
        }
        return Case(
            name: name, document: document, expected: .refused(line: line, message: words[1]), onOldServer: onOldServer,
            byDiscovery: byDiscovery)
    }
}

/// The plain value of a field that stands on a line of its own, or quoted as in JSON.
private func field(_ name: String, of document: String) -> String? {
    for line in document.split(whereSeparator: \.isNewline) {
        var line = line.drop { $0 == "\u{FEFF}" }
        if let key = line.firstIndex(where: { $0 != " " }), line[key] == "\"" { line = line[line.index(after: key)...] }
        guard line.hasPrefix(name) else { continue }
        let rest = line.dropFirst(name.count).drop { $0 == "\"" }
        guard rest.hasPrefix(":") else { continue }
        return rest.dropFirst().split { " \"#,".contains($0) }.first.map(String.init)
    }
    return nil
}
