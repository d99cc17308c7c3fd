import KubernetesModel
import Testing
import TestSupport

/// Objects that change hands: from one environment to another, from one field manager to another, and fields that two have.
@Suite(.enabled(if: APIServer.isThere))
struct HandOverTests {
    private func map(_ name: String, _ data: String) -> String { "{apiVersion: v1, kind: ConfigMap, metadata: {name: \(name)}, data: \(data)}" }

    private func neighbours(_ name: String, _ configuration: [String: String] = [:]) throws -> (Site, Site) {
        let (old, new) = (try Site(name), try Site(name + "-new", configuration))
        new.configuration["namespace"] = old.namespace
        return (old, new)
    }

    @Test(arguments: ["git-ops", "other"])
    func anObjectMovesToAnotherEnvironmentAndIsNeverDeleted(manager: String) throws {
        let (old, new) = try neighbours("move", ["fieldmanager": manager])
        let (staying, moving) = (map("stays", "{x: '1'}"), map("moves", "{x: '1', z: '2'}"))
        try old.deploy([staying, moving])
        let uid = try old.field("cm/moves", ".metadata.uid")

        let refused = try new.plan([moving])
        #expect(refused.conflicts["_/ConfigMap/moves.yaml"]?["reason"]?.string == "is managed by git-ops for '\(old.owner)' (apps/all.yaml:1)")
        #expect(
            refused.conflicts["_/ConfigMap/moves.yaml"]?["hint"]
                == "to move it here, let git ops apply --adopt take it over first, and take it out of the other environment then")
        let plan = try new.deploy([moving], adopting: true)
        #expect(plan.changes["_/ConfigMap/moves.yaml"]?["remark"]?.string?.hasPrefix("was managed by git-ops for '\(old.owner)'") == true)

        // The old one may not have it any more, and leaves it silently.
        #expect(try old.plan([staying, moving]).conflicts["_/ConfigMap/moves.yaml"]?["reason"]?.string?.contains(new.owner) == true)
        let left = try old.plan([staying])
        #expect(left.changes.isEmpty && left.conflicts.isEmpty)
        #expect(try old.apply().last?["type"] == "done")
        #expect(try old.field("cm/moves", ".metadata.uid") == uid)
        #expect(try old.field("cm/moves", #".metadata.labels.git-ops/owner"#) == new.owner)

        // It is the new one's in every field, and stays when it is taken out, as what was there before does.
        try new.deploy([map("moves", "{x: '1'}"), map("other", "{}")])
        #expect(try old.field("cm/moves", ".data") == #"{"x":"1"}"#)
        #expect(try new.plan([map("other", "{}")]).actions == ["_/ConfigMap/moves.yaml": "keep"])
        // Unless somebody says that it may go.
        try old.kubectl("annotate", "configmap", "moves", "git-ops/adopted-")
        #expect(try new.plan([map("moves", "{x: '1'}"), map("other", "{}")]).unchanged == 2)
        #expect(try new.plan([map("other", "{}")]).actions == ["_/ConfigMap/moves.yaml": "prune"])
    }

    @Test func anObjectThatIsLetGoCanBeAdopted() throws {
        let (old, new) = try neighbours("letgo")
        let moving = map("moves", "{x: '1'}")
        try old.deploy([moving.replacingFirst("{name: moves", "{name: moves, annotations: {git-ops/prune: 'false'}"), map("stays", "{}")])
        let uid = try old.field("cm/moves", ".metadata.uid")
        try old.deploy([map("stays", "{}")])
        // Nothing of us is left on it, and all values are.
        #expect(try old.field("cm/moves", ".data") == #"{"x":"1"}"#)
        #expect(try old.field("cm/moves", ".metadata.labels") == "")
        #expect(try !old.kubectl("get", "cm/moves", "-o", "jsonpath={.metadata.managedFields[*].operation}", "--show-managed-fields").contains("Apply"))
        let plan = try new.deploy([moving.replacingFirst("x: '1'", "x: '2'")])
        #expect(plan.changes["_/ConfigMap/moves.yaml"]?["remark"]?.string?.hasPrefix("was there before, and is adopted") == true, "\(plan.lines)")
        #expect(try old.field("cm/moves", ".metadata.uid") == uid)
        #expect(try old.field("cm/moves", ".data") == #"{"x":"2"}"#)
        #expect(try old.field("cm/moves", ".metadata.labels.git-ops/owner") == new.owner)
        #expect(try old.field("cm/moves", ".metadata.annotations.git-ops/adopted") == "true")
    }

    @Test func whoReadsOurLabelOffIsNotWeOfAnotherName() throws {
        let site = try Site("copied")
        try site.deploy([map("a", "{x: '1'}")])
        try site.kubectl(
            "apply", "--server-side", "--field-manager=robot", "-f", "-",
            input: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {git-ops/owner: \(site.owner)}}\ndata: {robot: precious}\n")
        try site.deploy([map("a", "{x: '2'}")])
        #expect(try site.field("cm/a", ".data") == #"{"robot":"precious","x":"2"}"#)
    }

    // MARK: fields

    @Test func aFieldThatAnotherHasTooStaysAndIsSaidToStay() throws {
        let site = try Site("shares")
        try site.deploy([map("a", "{x: '1', z: '2'}")])
        try site.kubectl(
            "apply", "--server-side", "--field-manager=robot", "-f", "-", input: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {z: '2'}\n")
        #expect(try site.plan([map("a", "{x: '1', z: '2'}")]).unchanged == 1)
        let plan = try site.deploy([map("a", "{x: '1'}")])
        #expect(plan.changes["_/ConfigMap/a.yaml"]?["remark"] == ".data.z stays, as robot has set it too")
        #expect(try site.field("cm/a", ".data") == #"{"x":"1","z":"2"}"#)
        // It is the other's alone: when that gives it up, it goes.
        try site.kubectl(
            "apply", "--server-side", "--field-manager=robot", "-f", "-", input: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
        #expect(try site.field("cm/a", ".data") == #"{"x":"1"}"#)
    }

    @Test func whatIsSharedIsNotShownAsRemoved() throws {
        let site = try Site("sharing")
        try site.deploy([map("a", "{x: '1', w: '1', z: '2'}")])
        try site.kubectl(
            "apply", "--server-side", "--field-manager=robot", "-f", "-", input: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {z: '2'}\n")
        let plan = try site.plan([map("a", "{x: '2'}")])
        #expect(plan.changes["_/ConfigMap/a.yaml"]?["remark"] == ".data.z stays, as robot has set it too")
        let shown = try #require(try site.live("_/ConfigMap/a.yaml"))
        #expect(shown.contains("w: \"1\"") && !shown.contains("z:"), "\(shown)")
        try site.deploy([map("a", "{x: '2'}")])
        #expect(try site.field("cm/a", ".data") == #"{"x":"2","z":"2"}"#)
    }

    @Test func anotherNameOfTheFieldManagerTakesEverythingAlong() throws {
        let site = try Site("renamed")
        let all = [map("a", "{x: '1', z: '2'}"), map("b", "{x: '1', z: '2'}"), deployment("web")]
        try site.deploy(all)
        site.configuration["fieldmanager"] = "shop"
        let plan = try site.plan([map("a", "{x: '1'}"), map("b", "{x: '3', z: '2'}"), deployment("web")])
        #expect(plan.conflicts.isEmpty, "\(plan.lines)")
        #expect(plan.changes["_/Deployment.apps/web.yaml"]?["remark"]?.string?.hasPrefix("taken over from the field manager git-ops") == true)
        #expect(plan.changes["_/Deployment.apps/web.yaml"]?["drift"] == false)
        #expect(plan.changes["_/ConfigMap/a.yaml"]?["remark"] == "taken over from the field manager git-ops")
        #expect(try site.live("_/ConfigMap/a.yaml")?.contains("z: \"2\"") == true)
        try site.deploy([map("a", "{x: '1'}"), map("b", "{x: '3', z: '2'}"), deployment("web")])
        #expect(try site.field("cm/a", ".data") == #"{"x":"1"}"#)
        for object in ["cm/a", "cm/b", "deploy/web"] {
            #expect(try site.kubectl("get", object, "-o", "jsonpath={.metadata.managedFields[*].manager}", "--show-managed-fields") == "shop")
        }
        // Nothing is left behind that a later change would stumble over.
        try site.deploy([map("a", "{x: '5'}"), map("b", "{x: '3'}"), deployment("web", replicas: 4)])
        #expect(try site.field("cm/b", ".data") == #"{"x":"3"}"#)
    }

    // MARK: creations

    @Test func whatIsMadeIsOursByAnApply() throws {
        let site = try Site("made")
        let service = "{apiVersion: v1, kind: Service, metadata: {name: s, annotations: {note: x}}, spec: {clusterIP: None, ports: [{port: 80}]}}"
        try site.deploy([service])
        #expect(try site.kubectl("get", "service/s", "-o", "jsonpath={.metadata.managedFields[*].operation}", "--show-managed-fields") == "Apply")
        try site.deploy([service.replacingFirst("note: x", "")])
        #expect(try site.field("service/s", ".metadata.annotations.note") == "")
    }

    @Test func whatWasMadeByADeploymentThatWasCutOffIsTakenOver() throws {
        let site = try Site("cut-off")
        // What a creation leaves before who has set its fields is written down as of an apply.
        try site.server.change(
            "POST", "/api/v1/namespaces/\(site.namespace)/configmaps?fieldManager=git-ops",
            #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","labels":{"git-ops/owner":"\#(site.owner)"}},"data":{"x":"1","z":"2"}}"#)
        let plan = try site.deploy([configMap("a", "{x: '1'}")])
        #expect(plan.changes["_/ConfigMap/a.yaml"]?["remark"] == "made by a deployment that was cut off", "\(plan.lines)")
        #expect(try site.field("cm/a", ".data") == #"{"x":"1"}"#)
        #expect(try site.kubectl("get", "cm/a", "-o", "jsonpath={.metadata.managedFields[*].operation}", "--show-managed-fields") == "Apply")
    }
}
