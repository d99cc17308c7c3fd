import KubernetesModel
import Manifests
import Posix
import Testing
import TestSupport

/// Deployments that end in their midst, at any point: the next one ends what they began, and nothing else.
@Suite(.enabled(if: APIServer.isThere))
struct InterruptionTests {
    /// Two states of an environment; from each to the other some 40 objects are made, changed, made anew, removed,
    /// adopted and let go.
    private struct Story {
        let site: Site
        let states: [[String]]
        private let bystanders: String

        init(_ name: String) throws {
            site = try Site(name, ["prune": "all"])
            func map(_ name: String, _ value: String, _ more: String = "") -> String {
                "{apiVersion: v1, kind: ConfigMap, metadata: {name: \(name), annotations: {git-ops/recreate: 'true'}}, data: {x: '\(value)'}\(more)}"
            }
            states = ["1", "2"].map { state in
                (0..<10).map { map("changed\($0)", state) } + (0..<4).map { map("anew\($0)", state, ", immutable: true") }
                    + (0..<10).map { map("only\(state)-\($0)", state) } + (state == "2" ? (0..<6).map { map("adopted\($0)", state) } : [])
                    + [map("same", "0")]
            }
            for number in 0..<6 { try site.kubectl("create", "configmap", "adopted\(number)", "--from-literal=before=us") }
            for number in 0..<4 { try site.kubectl("create", "configmap", "other\(number)", "--from-literal=x=\(number)") }
            try site.kubectl("label", "configmap", "other1", "git-ops/owner=another")
            try site.kubectl("label", "configmap", "other2", "app.kubernetes.io/managed-by=Helm")
            try site.kubectl("annotate", "configmap", "other2", "meta.helm.sh/release-name=shop")
            bystanders = try Story.others(site)
            try site.deploy(states[0])
        }

        private static func others(_ site: Site) throws -> String {
            try site.kubectl(
                "get", "configmap", "other0", "other1", "other2", "other3", "-o",
                "jsonpath={range .items[*]}{.metadata.uid}={.metadata.resourceVersion} {end}")
        }

        /// Plans a state whose apply will not end.
        /// - Returns: how many changes there are.
        func begin(_ state: Int) throws -> Int {
            let plan = try site.plan(states[state])
            try #require(plan.error == nil && plan.conflicts.isEmpty, "\(plan.lines.map(\.text))")
            return plan.changes.count
        }

        /// Deploys again what was interrupted, as git-ops does: what may be there is told.
        func end(_ state: Int) throws {
            site.mayHold = Dictionary(uniqueKeysWithValues: try states[state].map { (try Site.path($0), ManifestHash.id($0)) })
            try site.restart()
            try site.deploy(states[state])
            let ours = try site.kubectl("get", "configmaps", "-l", "git-ops/owner=\(site.owner)", "-o", "jsonpath={range .items[*]}{.metadata.name}={.data.x} {end}")
            let wanted: [String] = try states[state].map { text in
                let name = try Site.path(text).split(separator: "/")[2].dropLast(".yaml".count)
                return "\(name)=\(name == "same" ? 0 : state + 1)"
            }
            #expect(ours.split(separator: " ").map(String.init).sorted() == wanted.sorted())
            #expect(try Story.others(site) == bystanders)
            for number in 0..<6 { #expect(try site.field("cm/adopted\(number)", ".data.before") == "us") }
        }
    }

    @Test func aProgramThatIsKilledAnywhereLeavesNothingUndone() throws {
        let story = try Story("killed")
        for kill in 0..<25 {
            let state = (kill + 1) % 2
            let changes = try story.begin(state)
            #expect(changes > 30)
            try story.site.program.say(story.site.applyLines)
            var applied = 0
            while applied < changes * kill / 25 {
                let line = try #require(try story.site.program.line())
                try #require(["applied", "progress"].contains(line["type"]?.string), "\(line.text)")
                if line["type"] == "applied" { applied += 1 }
            }
            try story.site.program.kill()
            try story.end(state)
        }
    }

    @Test func aConnectionThatIsCutAnywhereLeavesNothingUndone() throws {
        let story = try Story("cut")
        let site = story.site
        let scratch = try Scratch("cut")
        let text = String(decoding: try contents(ofFile: site.server.kubeconfig) ?? [], as: UTF8.self)
        let parts = text.split(separator: "https://127.0.0.1:", maxSplits: 1)
        let port = try #require(UInt16(parts[1].prefix { $0.isNumber }))
        let relay = try Relay(to: port)
        let led = parts[0] + "https://127.0.0.1:\(relay.port)" + parts[1].drop { $0.isNumber }
        site.configuration["kubeconfig"] = try scratch.write(String(led), to: "kubeconfig")
        for cut in 0..<12 {
            let state = (cut + 1) % 2
            _ = try story.begin(state)
            relay.cut(after: 1 + cut * 1500)
            let answer = try site.apply()
            relay.cut(after: nil)
            // What was asked may be asked again, and so it goes well.
            #expect(answer.last?["type"] == "done", "\(answer.last?.text ?? "")")
            try story.end(state)
        }
        #expect(relay.cuts > 6)
    }
}
