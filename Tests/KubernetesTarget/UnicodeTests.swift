import KubernetesModel
import Testing
import TestSupport

@Suite(.enabled(if: APIServer.isThere))
struct UnicodeTests {
    private let composed = "Caf\u{E9}"
    private let decomposed = "Cafe\u{301}"

    @Test func aChangeOfTheFormOfUnicodeAloneIsApplied() throws {
        let site = try Site("unicode")
        try site.deploy([configMap("a", "{x: '\(composed)'}")])
        let plan = try site.deploy([configMap("a", "{x: '\(decomposed)'}")])
        #expect(plan.actions == ["_/ConfigMap/a.yaml": "change"])
        #expect(try Array(site.field("cm/a", ".data.x").utf8) == Array(decomposed.utf8))
        // Somebody has it otherwise.
        try site.kubectl("patch", "configmap", "a", "-p", #"{"data":{"x":"\#(composed)"}}"#)
        #expect(try site.plan([configMap("a", "{x: '\(decomposed)'}")]).changes["_/ConfigMap/a.yaml"]?["drift"] == true)
    }

    @Test func aKeyInTwoFormsIsAnError() throws {
        let site = try Site("twins")
        let plan = try site.plan([configMap("a", "{}", annotations: "{\(composed): x, \(decomposed): y}")])
        #expect(plan.error == "apps/all.yaml:1: an object has the key '\(decomposed)' twice, in two forms of Unicode", "\(plan.lines)")
    }
}
