import KubernetesModel
import Manifests
import Posix
import Testing
import TestSupport

/// Every kind that a server serves: what was applied is as desired.
@Suite(.enabled(if: APIServer.isThere))
struct KindTests {
    @Test func noKindIsEverChangedTwice() throws {
        let site = try Site("kinds")
        let text = try #require(try contents(ofFile: topFolder + "/Tests/KubernetesTarget/kinds.yaml"))
        let all = String(decoding: text, as: UTF8.self).replacing("namespace: kinds,", with: "namespace: \(site.namespace),")
            .replacing("namespace: kinds}", with: "namespace: \(site.namespace)}").replacing("namespace: kinds\n", with: "namespace: \(site.namespace)\n")
            .split(separator: "\n---\n").map { String($0) + "\n" }
        let served = try Set(
            site.kubectl(nil, "api-resources", "--no-headers").split(separator: "\n").map { line in
                // NAME [SHORTNAMES] APIVERSION NAMESPACED KIND
                let words = line.split(separator: " ")
                return "\(words[words.count - 3]) \(words[words.count - 1])"
            })
        let manifests: [String] = all.filter { (manifest: String) in
            let file = ManifestFile(Array(manifest.utf8), language: .yaml, file: "")
            guard let kind = file.withDocuments({ JSON($0[0].root) }).groupVersionKind else { return false }
            return served.contains(kind.description) || kind.group == "kinds.example.com"
        }
        #expect(manifests.count > 60 && manifests.count > all.count / 2)
        try site.deploy(manifests)
        // Nor is it by another process, which remembers nothing.
        try site.restart()
        #expect(try site.plan(manifests).unchanged == manifests.count)
    }
}
