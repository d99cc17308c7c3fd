import Manifests
import Testing

@testable import Validation

@Suite("The table of rules")
struct RuleTableTests {
    static let rules = RuleTable.tables.flatMap { $0 }.filter { rule in
        switch rule.check {
        case .elsewhere: false
        default: rule.severity != nil
        }
    }

    @Test("gives each rule a name of its own, in words, below its room")
    func names() {
        let ids = RuleTable.tables.flatMap { $0 }.map(\.id)
        #expect(Set(ids).count == ids.count)
        for id in ids {
            let parts = id.split(separator: "/", maxSplits: 1)
            #expect(parts.count == 2 && ["k8s", "env", "crd", "yaml", "json", "ops", "path", "manifest", "practice", "schema"].contains(parts[0]), "\(id)")
            let name = parts.last ?? ""
            #expect(!name.isEmpty && name.allSatisfy { ("a"..."z").contains($0) || ("0"..."9").contains($0) || $0 == "-" }, "\(id)")
            #expect(name.first != "-" && name.last != "-" && !name.contains("--"), "\(id)")
        }
    }

    @Test("finds a rule broken by its bad example, and no other rule", arguments: rules.map(\.id))
    func bad(_ id: String) throws {
        let rule = try #require(RuleTable.all[id])
        let found = findings(rule.bad)
        #expect(Set(found.map(\.rule)) == [id], "\(found.map(\.rendered))")
        for diagnostic in found {
            #expect(diagnostic.position != nil)
            #expect(diagnostic.severity == rule.severity)
            #expect(diagnostic.message.last != ".")
        }
    }

    @Test("finds nothing in a rule's good example", arguments: rules.map(\.id))
    func good(_ id: String) throws {
        let rule = try #require(RuleTable.all[id])
        let found = findings(rule.good)
        #expect(found.isEmpty, "\(found.map(\.rendered))")
    }

    @Test("takes values of the wrong type, and null, for absent", arguments: rules.map(\.id))
    func wrongTypes(_ id: String) throws {
        let rule = try #require(RuleTable.all[id])
        // Each line's value in turn, with what stands below it, becomes something else.
        let lines = rule.bad.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.allSatisfy({ $0.utf8.count < 1000 }) else { return }
        for index in lines.indices {
            guard let colon = lines[index].firstIndex(of: ":") else { continue }
            for value in ["null", "7", "text", "[]", "{}", "[[1], {a: 1}]", "{name: [x], 7: {}}"] {
                var changed = lines
                changed[index] = lines[index][...colon] + " " + value
                let depth = lines[index].prefix { $0 == " " }.count
                let end = lines[(index + 1)...].firstIndex { line in line.prefix { $0 == " " }.count <= depth && !line.hasPrefix("- ") } ?? lines.endIndex
                changed.removeSubrange((index + 1)..<end)
                _ = findings(changed.joined(separator: "\n"))
            }
        }
    }

    @Test("says where, in what, and what is allowed")
    func message() throws {
        let found = findings(
            """
            apiVersion: v1
            kind: Pod
            metadata:
              name: web
            spec:
              containers:
                - name: web
                  image: example.com/web:1
                  ports:
                    - name: http_server_main
                      containerPort: 8080
            """)
        #expect(
            found.map(\.rendered) == [
                "x.yaml:10:17: error: port name \"http_server_main\" of container \"web\" has 16 characters, at most 15 are allowed [k8s/port-name]"
            ])
    }

    @Test("finds duplicates among many as among few, in time")
    func manyDuplicates() {
        let names = (0..<4_000).map { "    - {name: c\($0), image: i}" } + ["    - {name: c7, image: i}"]
        let found = findings("apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n" + names.joined(separator: "\n"))
        #expect(found.map(\.rule) == ["k8s/duplicate-container"])
        #expect(found.first?.position?.line == 4_006)
    }
}

@Suite("The keys of a pod")
struct KeySetTests {
    @Test("are all found, wherever they stand", arguments: RuleTableTests.rules.map(\.id))
    func keys(_ id: String) throws {
        // A rule that its keys hide from its own bad example would find nothing there.
        let rule = try #require(RuleTable.all[id])
        guard case .pod = rule.check, !rule.keys.isEmpty else { return }
        #expect(findings(rule.bad).contains { $0.rule == id })
    }
}

/// What the rules find in a file's documents.
private func findings(_ text: String) -> [Diagnostic] {
    let manifest = ManifestFile(Array(text.utf8), language: .yaml, file: "x.yaml")
    return manifest.withDocuments { documents in
        documents.flatMap { document in KubernetesObject(document.root).map { RuleRun.findings(in: $0, file: "x.yaml") } ?? [] }
    }
}
