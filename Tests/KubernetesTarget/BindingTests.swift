import KubernetesModel
import Testing
import TestSupport

/// What happens to the cluster between a plan and its apply.
@Suite(.enabled(if: APIServer.isThere))
struct BindingTests {
    private func error(_ answer: [JSON]) -> String { answer.last?["error"]?.string ?? "" }

    @Test func whatSomebodyElseMadeSinceThePlanIsLeftAlone() throws {
        let site = try Site("made")
        try site.plan([configMap("a", "{x: '1'}")])
        // In the name of the same field manager, so that the server sees no conflict of fields.
        try site.kubectl("apply", "--server-side", "--field-manager=git-ops", "-f", "-", input: configMap("a", "{x: theirs}"))
        let answer = try site.apply()
        #expect(
            error(answer) == "somebody has changed ConfigMap \(site.namespace)/a since the plan: somebody else has made it", "\(answer)")
        #expect(answer.last?["partial"] == false)
        #expect(answer.last?["hint"] == "plan again")
        #expect(try site.field("cm/a", ".data.x") == "theirs")
        #expect(try site.field("cm/a", ".metadata.labels").isEmpty)
    }

    @Test func whatAnotherEnvironmentMadeSinceThePlanIsLeftToIt() throws {
        let (site, other) = (try Site("mine"), try Site("other"))
        other.configuration["namespace"] = site.namespace
        try site.plan([configMap("a", "{x: '1'}")])
        try other.deploy([configMap("a", "{x: '2'}")])
        #expect(error(try site.apply()).hasSuffix("since the plan: somebody else has made it"))
        #expect(try site.field("cm/a", ".data.x") == "2")
        #expect(try other.plan([configMap("a", "{x: '2'}")]).unchanged == 1)
    }

    @Test func whatWeMadeOurselvesIsNoOtherObject() throws {
        // As after an apply whose answer was lost.
        let site = try Site("retry")
        try site.plan([configMap("a", "{x: '1'}"), configMap("b", "{x: '1'}")])
        try site.kubectl(
            "apply", "--server-side", "--field-manager=git-ops", "-f", "-",
            input: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {git-ops/owner: \(site.owner)}}\ndata: {x: '0'}\n")
        #expect(try site.apply().last?["type"] == "done")
        #expect(try site.field("cm/a", ".data.x") == "1")
        #expect(try site.plan([configMap("a", "{x: '1'}"), configMap("b", "{x: '1'}")]).unchanged == 2)
    }

    @Test func anotherObjectOfTheNameIsNotChanged() throws {
        let site = try Site("swapped")
        try site.deploy([configMap("a", "{x: '1'}")])
        try site.plan([configMap("a", "{x: '2'}")])
        try site.kubectl("delete", "configmap", "a")
        let owned = configMap("a", "{x: '1'}").replacingFirst("{name: a", "{name: a, labels: {git-ops/owner: \(site.owner)}")
        try site.kubectl("apply", "--server-side", "--field-manager=git-ops", "-f", "-", input: owned)
        let answer = try site.apply()
        #expect(error(answer).hasSuffix("since the plan: it is another one of that name"), "\(answer)")
        #expect(try site.field("cm/a", ".data.x") == "1")
    }

    @Test func onlyWhatThePlanHasShownIsTakenFromOthers() throws {
        // From kubectl apply, which has told more since.
        let site = try Site("shown")
        func told(_ data: String) throws { try site.kubectl("apply", "-f", "-", input: configMap("a", data)) }
        try told("{x: '1'}")
        #expect(try site.plan([configMap("a", "{x: '1', y: '2'}")]).actions == ["_/ConfigMap/a.yaml": "change"])
        try told("{x: '1', precious: 'yes'}")
        let answer = try site.apply()
        #expect(error(answer).hasSuffix("it has another content, and the plan takes fields from others"), "\(answer)")
        #expect(try site.field("cm/a", ".data.precious") == "yes")

        // From a hand tool, by force.
        try site.deploy([configMap("b", "{x: '1'}")])
        try site.kubectl("patch", "configmap", "b", "-p", #"{"data":{"x":"2"}}"#)
        let plan = try site.plan([configMap("b", "{x: '3', z: '1'}")])
        #expect(plan.changes["_/ConfigMap/b.yaml"]?["remark"]?.string?.contains("kubectl-patch") == true, "\(plan.lines)")
        try site.kubectl("patch", "configmap", "b", "-p", #"{"data":{"z":"precious"}}"#)
        #expect(error(try site.apply()).hasSuffix("it has another content, and the plan takes fields from others"))
        #expect(try site.field("cm/b", ".data.z") == "precious")
    }

    @Test func whatIsGoneSinceThePlanIsNotMadeAnew() throws {
        let site = try Site("vanished")
        try site.deploy([configMap("a", "{x: '1'}")])
        try site.plan([configMap("a", "{x: '2'}")])
        try site.kubectl("delete", "configmap", "a")
        #expect(error(try site.apply()).hasSuffix("since the plan: it is gone"))
        #expect(try !site.has("cm/a"))
    }

    @Test func whatAnotherEnvironmentTookSinceThePlanIsLeftToIt() throws {
        let (site, other) = (try Site("left"), try Site("taker"))
        other.configuration["namespace"] = site.namespace
        try site.deploy([configMap("a", "{x: '1'}")])
        try site.plan([configMap("a", "{x: '2'}")])
        try other.deploy([configMap("a", "{x: '3'}")], adopting: true)
        #expect(error(try site.apply()).hasSuffix("since the plan: it is managed by git-ops for '\(other.owner)' now"))
        #expect(try site.field("cm/a", ".data.x") == "3")
    }

    @Test func whatWasDeployedInOurNameSinceThePlanIsNotOverwritten() throws {
        // Two people, one environment.
        let site = try Site("two")
        try site.deploy([configMap("a", "{x: '1'}"), configMap("b", "{x: '1'}")])
        try site.plan([configMap("a", "{x: '2'}"), configMap("b", "{x: '1'}")])
        let label = ", labels: {git-ops/owner: \(site.owner)}"
        try site.kubectl(
            "apply", "--server-side", "--field-manager=git-ops", "-f", "-",
            input: configMap("a", "{x: '9'}").replacingFirst("{name: a", "{name: a" + label))
        #expect(error(try site.apply()).hasSuffix("since the plan: it was deployed in our name with another content"))
        #expect(try site.field("cm/a", ".data.x") == "9")
    }

    @Test func whoHasChangedWhatIsOursIsNamed() throws {
        let site = try Site("named")
        try site.deploy([configMap("a", "{x: '1', z: '1'}")])
        try site.plan([configMap("a", "{x: '2', z: '1'}")])
        // What others set back to what we had is no conflict of fields.
        for value in ["2", "1"] {
            try site.kubectl("patch", "configmap", "a", "--field-manager=robot", "-p", #"{"data":{"z":"\#(value)"}}"#)
        }
        #expect(error(try site.apply()).hasSuffix("since the plan: robot has changed .data.z"))
        #expect(try site.field("cm/a", ".data") == #"{"x":"1","z":"1"}"#)
    }

    @Test func whatControllersWriteDoesNotHinder() throws {
        let site = try Site("busy")
        let map = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: '1'}}"
        try site.deploy([deployment("web"), map])
        try site.plan([deployment("web", replicas: 3), map.replacingFirst("'1'", "'2'")])
        try site.server.change(
            "PATCH", "/apis/apps/v1/namespaces/\(site.namespace)/deployments/web/status", type: "application/merge-patch+json",
            #"{"status":{"observedGeneration":1,"replicas":2}}"#)
        try site.kubectl("patch", "configmap", "a", "--field-manager=robot", "-p", #"{"metadata":{"annotations":{"seen":"yes"}}}"#)
        let answer = try site.apply()
        #expect(answer.last?["type"] == "done", "\(answer)")
        #expect(try site.field("deploy/web", ".spec.replicas") == "3")
        #expect(try site.field("cm/a", ".metadata.annotations") == #"{"seen":"yes"}"#)
    }

    @Test func whatIsAdoptedIsStillNobodys() throws {
        let site = try Site("claimed")
        try site.kubectl("create", "configmap", "a", "--from-literal=x=1")
        try site.plan([configMap("a", "{x: '1', z: '2'}")])
        try site.kubectl("label", "configmap", "a", "app.kubernetes.io/managed-by=Helm")
        try site.kubectl("annotate", "configmap", "a", "meta.helm.sh/release-name=shop")
        #expect(error(try site.apply()).hasSuffix("since the plan: it is managed by Helm (release 'shop') now"))
        #expect(try site.field("cm/a", ".data") == #"{"x":"1"}"#)
    }

    @Test func whatIsTakenOverIsTheObjectOfThePlan() throws {
        let site = try Site("overtaken")
        try site.kubectl("apply", "-f", "-", input: configMap("a", "{x: '1', z: '2'}"))
        try site.plan([configMap("a", "{x: '3'}")])
        try site.kubectl("delete", "configmap", "a")
        try site.kubectl("apply", "-f", "-", input: configMap("a", "{x: '1', z: '2'}"))
        #expect(error(try site.apply()).hasSuffix("since the plan: it is another one of that name"))
        #expect(try site.field("cm/a", ".data") == #"{"x":"1","z":"2"}"#)
    }
}
