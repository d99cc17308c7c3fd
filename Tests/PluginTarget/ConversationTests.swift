import Deployments
import FoundationEssentials
import Git
import PluginTarget
import Posix
import Rendering
import TestSupport
import Testing

/// What is said to a target, line by line, and what is made of its answers to `apply` and after.
@Suite(.timeLimit(.minutes(15))) struct ConversationTests {
    /// A target that keeps what it is told in `$HOME/told`, answers the greeting and reads a request.
    private static func start(_ capabilities: String) -> String {
        """
        tell() { read -r line || exit 0; printf '%s\\n' "$line" >>"$HOME/told"; }
        body() { while tell; do case $line in *'"end"'*) break;; esac; done; }
        tell; echo '{"type":"hello","version":1,"capabilities":[\(capabilities)]}'
        body

        """
    }

    private static let plansToMakeA = """
        echo '{"type":"change","action":"create","path":"a"}'; echo '{"type":"done","unchanged":1}'
        body

        """

    /// A target that has told its plan, and is asked for the health of what is desired.
    private func judged(_ rest: String, capabilities: String = #""health""#) throws -> (TargetScratch, PluginTarget) {
        let scratch = try TargetScratch()
        try scratch.install("x", Self.start(capabilities) + "echo '{\"type\":\"done\",\"unchanged\":2}'; tell\n" + rest)
        let target = try scratch.target("x")
        let desired = scratch.desired([try scratch.resource("a", "1"), try scratch.resource("b", "2")])
        _ = try target.plan(desired, inventory: Inventory(), adopting: false)
        return (scratch, target)
    }

    private func told(_ scratch: TargetScratch) throws -> [String] {
        let bytes = try contents(ofFile: "\(scratch.folder)/told") ?? []
        return bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }

    /// A target that was asked for its plan to make `a`, where `b` is as desired.
    private func planned(_ rest: String, capabilities: String = "") throws -> (TargetScratch, PluginTarget, Plan) {
        let scratch = try TargetScratch()
        try scratch.install("x", Self.start(capabilities) + Self.plansToMakeA + rest)
        let target = try scratch.target("x")
        let desired = scratch.desired([try scratch.resource("a", "1"), try scratch.resource("b", "2")])
        return (scratch, target, try target.plan(desired, inventory: Inventory(), adopting: false))
    }

    @Test func asksForAPlanInTheWordsOfTheManual() throws {
        let scratch = try TargetScratch()
        try scratch.install("x", Self.start("") + #"echo '{"type":"done","unchanged":2}'; tell"#)
        let target = try scratch.target("x", ["root": "/srv/x", "token": "hunter2"], timeout: 59.5)
        let caf = RepositoryPath(bytes: [0x63, 0xe9])
        let a = try scratch.resource("a", "1")
        let resources = [a, try scratch.resource(caf, [0, 1], .executable)]
        let owned = try scratch.resource("old/one", "0", .link)
        let inventory = Inventory(owned: [a, owned], mayHold: [owned.path: [a]], found: [RepositoryPath("old")])
        let plan = try target.plan(scratch.desired(resources), inventory: inventory, adopting: true)
        #expect(plan.isEmpty)
        #expect(target.foundFolders == [RepositoryPath("old")])
        let zero = ObjectID.zero.description
        #expect(
            try told(scratch) == [
                #"{"protocol":"git-ops-target","type":"hello","versions":[1]}"#,
                #"{"adopting":true,"commit":"\#(zero)","configuration":{"root":"/srv/x","token":"hunter2"},"environment":"production","timeout":60,"tree":"\#(zero)","type":"plan"}"#,
                #"{"path":"old","type":"found"}"#,
                #"{"id":"\#(a.blob)","mode":"100644","path":"a","type":"owned"}"#,
                #"{"id":"\#(owned.blob)","mode":"120000","path":"old/one","type":"owned"}"#,
                #"{"id":"\#(a.blob)","mode":"100644","path":"a","type":"may-hold"}"#,
                #"{"id":"\#(a.blob)","mode":"100644","path":"a","type":"desired"}"#,
                #"{"id":"\#(resources[1].blob)","mode":"100755","path64":"Y+k=","type":"desired"}"#,
                #"{"type":"end"}"#,
            ])
    }

    @Test func objectsComeWithTheirPlaceAndTheirSecrets() throws {
        let scratch = try TargetScratch()
        let store = try TestRepository(at: scratch.folder + "/environment")
        let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {password: hunter2}\n"
        try store.commit("First", ["ops.yaml": "environments:\n  production: {path: apps}\n", "apps/b/a.yaml": "# one\n" + secret])
        let key = [UInt8](repeating: 1, count: 32)
        let desired = try render(
            environment: "production", commit: try store.id("HEAD"), repository: try store.open(), as: .objects(key: { key }))
        let change = #"{"type":"change","action":"change","path":"_/Secret/a.yaml","live":{"mode":"100644"}}"#
        let live = #"{"kind":"Secret","apiVersion":"v1","stringData":{"password":"hunter3"},"metadata":{"name":"a"}}"#
        try scratch.install(
            "x", Self.start(#""content","objects""#) + "echo '\(change)'; echo '{\"type\":\"done\",\"unchanged\":0}'\n"
                + "tell; echo '{\"type\":\"content\",\"base64\":\"\(base64(live))\"}'\ntell; echo '{\"type\":\"content\",\"base64\":\"\(base64(live))\"}'\n")
        let target = try scratch.target("x", secretKey: key)
        #expect(try target.holdsObjects())
        let plan = try target.plan(desired, inventory: Inventory(owner: "production-1"), adopting: false)
        let told = try told(scratch)
        #expect(told[1].contains(#""owner":"production-1""#))
        #expect(told[2].contains(#""file":"apps/b/a.yaml","id":"\#(desired.resources[0].blob)","line":2,"mode":"100644","path":"_/Secret/a.yaml","text":"apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\nstringData:\n  password: hunter2\n","type":"desired""#))
        // What comes back is in the form of the record: nothing of a Secret is seen, but that it differs.
        let content = String(decoding: try #require(try target.liveContent(of: plan.changes[0])), as: UTF8.self)
        #expect(content.hasPrefix("apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\nstringData:\n  password: (hidden "))
        #expect(plan.changes[0].live?.blob != desired.resources[0].blob)
    }

    private func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

    @Test func sendsContentToTheTargetThatWantsIt() throws {
        let scratch = try TargetScratch()
        try scratch.install("x", Self.start(#""content","owned-content""#) + #"echo '{"type":"done","unchanged":3}'"#)
        let target = try scratch.target("x")
        let a = try scratch.resource("a", "1\n\"é\t")
        let binary = try scratch.resource(RepositoryPath("b"), [0xff, 0])
        let control = try scratch.resource("c", "\u{1b}[0m")
        let old = try scratch.resource("old", "was")
        let plan = try target.plan(
            scratch.desired([a, binary, control]), inventory: Inventory(owned: [old]), adopting: false)
        #expect(plan.unchanged == 3)
        let lines = try told(scratch)
        #expect(lines[2].contains(#""text":"was""#))
        #expect(lines[3].contains(#""text":"1\n\"é\t""#))
        #expect(lines[4].contains(#""base64":"/wA=""#))
        #expect(lines[5].contains(#""base64":"G1swbQ==""#))
    }

    @Test func asksForContentWhereNoIdIsSaid() throws {
        let scratch = try TargetScratch()
        try scratch.install(
            "x",
            Self.start("") + """
                echo '{"type":"change","action":"change","path":"a","live":{"mode":"100644"},"permissions":{"live":"0600","desired":"0644"}}'
                echo '{"type":"done","unchanged":0}'
                tell; echo '{"type":"content","text":"live\\\\n"}'
                tell; echo '{"type":"content","base64":"bGl2ZQo="}'
                """)
        let target = try scratch.target("x")
        let plan = try target.plan(
            scratch.desired([try scratch.resource("a", "1")]), inventory: Inventory(), adopting: true)
        let change = try #require(plan.changes.first)
        #expect(change.live?.blob == (try scratch.repository.write(Array("live\n".utf8), as: .blob)))
        #expect(change.permissions?.live == 0o600)
        #expect(change.permissions?.desired == 0o644)
        #expect(try target.liveContent(of: change) == Array("live\n".utf8))
        #expect(try told(scratch).suffix(2) == [#"{"path":"a","type":"live"}"#, #"{"path":"a","type":"live"}"#])
    }

    @Test func sendsChangesWithTheirContentAndHearsOfEach() throws {
        let (scratch, target, plan) = try planned(
            """
            echo '{"type":"progress","text":"making a"}'; echo '{"type":"applied","path":"a"}'
            echo '{"type":"done"}'
            tell; echo '{"type":"done"}'
            """)
        var made: [String] = []
        try target.apply(plan) { made.append("\($0.action.rawValue) \($0.path)") }
        #expect(made == ["create a"])
        #expect(scratch.messages == ["making a"])
        // It has no health, so it is not asked.
        try target.wait(timeout: 1) { _ in }
        try target.commit()
        let id = try #require(plan.changes.first?.desired?.blob)
        #expect(
            try told(scratch).suffix(4) == [
                #"{"type":"apply"}"#,
                #"{"action":"create","id":"\#(id)","mode":"100644","path":"a","text":"1","type":"change"}"#,
                #"{"type":"end"}"#, #"{"type":"commit"}"#,
            ])
    }

    /// A target that has applied its plan and is asked to wait.
    private func applied(_ rest: String, capabilities: String = #""wait","cancel""#) throws -> (TargetScratch, PluginTarget) {
        let applying = #"echo '{"type":"applied","path":"a"}'; echo '{"type":"done"}'; tell"#
        let (scratch, target, plan) = try planned(applying + "\n" + rest, capabilities: capabilities)
        try target.apply(plan) { _ in }
        return (scratch, target)
    }

    @Test func endsAWaitThatIsOvertaken() throws {
        let (scratch, target) = try applied(
            """
            echo '{"type":"progress","text":"soon"}'
            tell; echo '{"error":"cancelled","cancelled":true}'
            tell; echo '{"type":"done"}'
            """)
        var looks = 0
        let outcome = try target.wait(timeout: 600) {
            looks += 1
            return looks == 2
        } progress: { _ in
        }
        #expect(outcome == .cancelled)
        // It is told once, and nobody is asked again.
        #expect(looks == 2)
        try target.commit()
        #expect(try told(scratch).suffix(3) == [#"{"timeout":600,"type":"wait"}"#, #"{"type":"cancel"}"#, #"{"type":"commit"}"#])
    }

    /// A target that has told that all is as desired, and is asked to watch.
    private func watching(_ rest: String, capabilities: String = #""watch","cancel""#) throws -> (TargetScratch, PluginTarget) {
        let scratch = try TargetScratch()
        try scratch.install("x", Self.start(capabilities) + #"echo '{"type":"done","unchanged":1}'"# + "\n" + rest)
        let target = try scratch.target("x")
        _ = try target.plan(scratch.desired([try scratch.resource("a", "1")]), inventory: Inventory(), adopting: false)
        return (scratch, target)
    }

    @Test func watchesUntilSomethingStirs() throws {
        let (scratch, target) = try watching(
            """
            tell; echo '{"type":"stirred","path":"a"}'; echo '{"type":"done"}'
            tell; tell; echo '{"error":"cancelled","cancelled":true}'
            tell; echo '{"error":"cannot be seen"}'
            tell; echo '{"type":"stirred","path":"z"}'
            """)
        #expect(try target.watches())
        #expect(try target.awaitChange(unless: { false }) == [RepositoryPath("a")])
        #expect(try target.awaitChange(unless: { true }) == [])
        #expect(try told(scratch).suffix(2) == [#"{"type":"watch"}"#, #"{"type":"cancel"}"#])
        let failed = #expect(throws: TargetError.self) { _ = try target.awaitChange(unless: { false }) }
        #expect(failed?.message == "cannot be seen")
        let strange = #expect(throws: TargetError.self) { _ = try target.awaitChange(unless: { false }) }
        #expect(strange?.message.contains("told of 'z', which it was not asked about") == true, "\(String(describing: strange))")
    }

    @Test func aWatchIsEndedAtOnceWhereSomebodyIsWoken() throws {
        let (scratch, target) = try watching(#"tell; tell; echo '{"error":"cancelled","cancelled":true}'"#)
        let pipe = try Pipe()
        var asked: [Double] = []
        let stirred = try target.awaitChange(
            unless: {
                asked.append(monotonicSeconds())
                if asked.count == 2 { _ = try? FileDescriptor.read(from: pipe.readEnd) }
                if asked.count == 1 { try? FileDescriptor.write([0], to: pipe.writeEnd) }
                return asked.count > 2
            }, waking: pipe.readEnd)
        #expect(stirred == [])
        #expect(try told(scratch).last == #"{"type":"cancel"}"#)
        try #require(asked.count == 3)
        #expect(asked[1] - asked[0] < asked[2] - asked[1], "at once, and otherwise now and then: \(asked)")
    }

    @Test func doesNotBeginAWatchThatCouldNotBeEnded() throws {
        let (_, target) = try watching("tell", capabilities: #""watch""#)
        #expect(try !target.watches())
        // One that sees not all may ask for a plan.
        let (_, blind) = try watching(#"tell; echo '{"type":"done"}'"#)
        #expect(try blind.awaitChange(unless: { false }) == [])
    }

    @Test func takesAnAnswerThatCrossedTheCancelForWhatItSays() throws {
        let (_, healthy) = try applied(#"tell; echo '{"type":"done"}'; tell; echo '{"type":"done"}'"#)
        #expect(try healthy.wait(timeout: 600, unless: { true }, progress: { _ in }) == .healthy)
        try healthy.commit()
        let (_, failed) = try applied(#"tell; echo '{"error":"it fell over"}'; read -r more"#)
        let error = try #require(throws: TargetError.self) { _ = try failed.wait(timeout: 600, unless: { true }, progress: { _ in }) }
        #expect(error.message == "it fell over")
    }

    @Test func believesNoCancellationThatItDidNotAskFor() throws {
        let (_, target) = try applied(#"echo '{"error":"cancelled","cancelled":true}'; read -r more"#)
        #expect(throws: TargetError.self) { _ = try target.wait(timeout: 600, unless: { false }, progress: { _ in }) }
    }

    @Test func cancelsNothingWhereTheTargetCannot() throws {
        let (_, target) = try applied(#"sleep 1; echo '{"type":"done"}'; read -r more"#, capabilities: #""wait""#)
        #expect(try target.wait(timeout: 600, unless: { true }, progress: { _ in }) == .healthy)
    }

    @Test func hearsOfTheHealthOfAllThatIsDesired() throws {
        let (scratch, target) = try judged(
            #"""
            echo '{"type":"unhealthy","path":"b","state":"progressing","reason":"1 of 2 ready"}'
            echo '{"type":"unhealthy","path":"a","state":"wobbly","reason":"it wobbles"}'
            echo '{"type":"done","healthy":0}'
            """#)
        let report = try #require(try target.health())
        #expect(report.healthy == 0)
        // What has a state that is not known is not well.
        #expect(report.unhealthy.map { "\($0.path) \($0.state.rawValue) \($0.reason)" } == ["b progressing 1 of 2 ready", "a unknown it wobbles"])
        #expect(try told(scratch).last == #"{"type":"health"}"#)
    }

    @Test(arguments: [
        (#"{"type":"done","healthy":2}"#, "it told of 1 resources that are not healthy and 2 that are, where 2 are desired"),
        (#"{"type":"done"}"#, "it did not say how many resources are healthy"),
        (#"{"type":"unhealthy","path":"a","state":"failed","reason":"x"}"#, "it told of 'a' twice"),
        (#"{"type":"unhealthy","path":"c","state":"failed","reason":"x"}"#, "it told of 'c', which it was not asked about"),
        (#"{"type":"unhealthy","path":"b","state":"failed"}"#, "it named no reason for which 'b' is not healthy"),
    ])
    func believesNoHealthThatLeavesSomethingOpen(_ answer: String, _ fault: String) throws {
        let first = #"{"type":"unhealthy","path":"a","state":"failed","reason":"x"}"#
        let (_, target) = try judged("echo '\(first)'; echo '\(answer)'; read -r more")
        let error = try #require(throws: TargetError.self) { _ = try target.health() }
        #expect(error.message == "target 'x' broke the protocol at 'health': \(fault)")
    }

    @Test func asksNobodyForHealthWhoKnowsNone() throws {
        let (scratch, target) = try judged("", capabilities: #""wait""#)
        #expect(try target.health() == nil)
        #expect(try told(scratch).last == #"{"type":"end"}"#)
    }

    @Test func takesOverTheFoldersThatWereFound() throws {
        let scratch = try TargetScratch()
        try scratch.install(
            "x",
            Self.start("") + """
                echo '{"type":"change","action":"create","path":"etc/conf/a"}'; echo '{"type":"done","unchanged":0}'
                body
                echo '{"type":"found","path":"etc"}'; echo '{"type":"applied","path":"etc/conf/a"}'; echo '{"type":"done"}'
                """)
        let target = try scratch.target("x")
        let desired = scratch.desired([try scratch.resource("etc/conf/a", "1")])
        let plan = try target.plan(desired, inventory: Inventory(), adopting: false)
        #expect(target.foundFolders.isEmpty)
        try target.apply(plan) { _ in }
        #expect(target.foundFolders == [RepositoryPath("etc")])
    }

    @Test(arguments: [
        (#"{"type":"applied","path":"b"}"#, "it made a change to 'b' that it was not asked for, or made it twice"),
        (#"{"type":"done"}"#, "it was done before it had made 1 of the changes, such as to 'a'"),
        (#"{"type":"found","path":"/etc"}"#, "it found '/etc', which is no folder of a resource"),
        ("so far so good", "it answered 'so far so good', which is no JSON object"),
    ])
    func leavesItOpenWhatIsLiveWhereApplyBreaksTheProtocol(_ answer: String, _ fault: String) throws {
        let (_, target, plan) = try planned("echo '\(answer)'", capabilities: #""rollback""#)
        let error = try #require(throws: TargetError.self) { try target.apply(plan) { _ in } }
        #expect(error.message == "target 'x' broke the protocol at 'apply': \(fault)")
        #expect(error.isPartial)
    }

    @Test func leavesItOpenWhatIsLiveWhereItDies() throws {
        let (_, target, plan) = try planned(#"echo '{"type":"applied","path":"a"}'; exit 9"#, capabilities: #""rollback""#)
        var made = 0
        let error = try #require(throws: TargetError.self) { try target.apply(plan) { _ in made += 1 } }
        #expect(error.message == "target 'x' ended (exit code 9) before it had answered to 'apply'")
        #expect(error.isPartial)
        #expect(made == 1)
    }

    @Test func knowsThatNothingWasChangedWhereItEndedBeforeItWasAsked() throws {
        let scratch = try TargetScratch()
        try scratch.install(
            "x",
            Self.start("") + """
                echo '{"type":"change","action":"change","path":"a","live":{"mode":"100644","id":"\(ObjectID.zero)"}}'
                echo '{"type":"done","unchanged":0}'; tell; echo oops
                """)
        let target = try scratch.target("x")
        let plan = try target.plan(
            scratch.desired([try scratch.resource("a", "1")]), inventory: Inventory(), adopting: true)
        let change = try #require(plan.changes.first)
        #expect(throws: TargetError.self) { try target.liveContent(of: change) }
        let error = try #require(throws: TargetError.self) { try target.apply(plan) { _ in } }
        #expect(error.message == "target 'x' was ended before it could be asked to apply")
        #expect(!error.isPartial)
    }

    @Test(arguments: [
        // what it had said before the error; the error; whether live is neither old nor new
        ("", #"{"error":"no"}"#, false),
        (#"{"type":"applied","path":"a"}"#, #"{"error":"no"}"#, true),
        (#"{"type":"applied","path":"a"}"#, #"{"error":"no","partial":false}"#, false),
        (#"{"type":"progress","text":"…"}"#, #"{"error":"no","partial":true}"#, true),
    ])
    func believesATargetWithoutRollbackAboutWhatItLeaves(_ before: String, _ answer: String, _ isPartial: Bool) throws {
        let (_, target, plan) = try planned("cat <<'E'\n\(before.isEmpty ? "" : before + "\n")\(answer)\nE\ntell")
        let error = try #require(throws: TargetError.self) { try target.apply(plan) { _ in } }
        #expect(error.message == "no")
        #expect(error.isPartial == isPartial)
    }

    @Test func asksATargetThatCanToPutBackWhatItHadMade() throws {
        let (scratch, target, plan) = try planned(
            #"echo '{"type":"applied","path":"a"}'; echo '{"error":"no"}'; tell; echo '{"type":"done"}'; tell"#,
            capabilities: #""rollback""#)
        let error = try #require(throws: TargetError.self) { try target.apply(plan) { _ in } }
        #expect(error.message == "no")
        #expect(!error.isPartial)
        #expect(try told(scratch).last == #"{"type":"rollback"}"#)
    }

    @Test func saysWhereItCouldNotPutBack() throws {
        let (scratch, target, plan) = try planned(
            #"echo '{"error":"no"}'; tell; echo '{"error":"disk full"}'; tell"#, capabilities: #""rollback""#)
        let error = try #require(throws: TargetError.self) { try target.apply(plan) { _ in } }
        #expect(error.message == "no; and what it had changed could not be put back: disk full")
        #expect(error.isPartial)
        #expect(scratch.messages.isEmpty)
    }

    @Test func saysThatATargetCannotRollBack() throws {
        let (_, target, plan) = try planned(
            #"echo '{"type":"applied","path":"a"}'; echo '{"type":"done"}'; tell"#)
        try target.apply(plan) { _ in }
        let error = try #require(throws: TargetError.self) { try target.rollBack() }
        #expect(error.message == "target 'x' cannot put back what it has changed")
        #expect(error.hint == "deploy a commit that is known to work, as with git revert")
        #expect(error.isPartial)
    }

    @Test func appliesNoPlanButTheLast() throws {
        let (_, target, _) = try planned("tell")
        let other = Plan(changes: [Change(.prune, RepositoryPath("b"))])
        #expect(throws: TargetError.self) { try target.apply(other) { _ in } }
    }

    @Test func sendsNoContentThatIsTooLarge() throws {
        let scratch = try TargetScratch()
        try scratch.install("x", Self.start("") + Self.plansToMakeA.replacing("1}", with: "0}"))
        let target = try scratch.target("x")
        let large = try scratch.resource("a", String(repeating: "x", count: 16 << 20 + 1))
        let error = try #require(throws: TargetError.self) {
            try target.plan(scratch.desired([large]), inventory: Inventory(), adopting: false)
        }
        #expect(error.message == "'a' is too large for target 'x', which takes files of up to 16 MiB")
    }

    @Test func sendsALargeContentWhole() throws {
        let scratch = try TargetScratch()
        let target = try scratch.example()
        var bytes = [UInt8](repeating: 0, count: 300_000)
        for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: index &* index >> 3) }
        let resource = try scratch.resource(RepositoryPath("large"), bytes)
        let plan = try target.plan(scratch.desired([resource]), inventory: Inventory(), adopting: false)
        try target.apply(plan) { _ in }
        #expect(try contents(ofFile: "\(scratch.root)/large") == bytes)
    }

    @Test func showsSecretsToNobodyButTheTarget() throws {
        let scratch = try TargetScratch()
        try scratch.install(
            "x",
            "tr '\\0' '\\n' </proc/$$/environ >\"$HOME/seen\"; tr '\\0' '\\n' </proc/$$/cmdline >>\"$HOME/seen\"\n"
                + Self.start("") + #"echo '{"type":"done","unchanged":0}'"#)
        let target = try scratch.target("x", ["token": "hunter2"])
        _ = try target.plan(scratch.desired([]), inventory: Inventory(), adopting: false)
        let seen = String(decoding: try #require(try contents(ofFile: "\(scratch.folder)/seen")), as: UTF8.self)
        #expect(seen.contains("HOME=\(scratch.folder)"))
        #expect(!seen.contains("hunter2"))
        #expect(try told(scratch).contains { $0.contains("hunter2") })
    }

    @Test func endsTheTargetWithTheConversation() throws {
        let scratch = try TargetScratch()
        try scratch.install(
            "x",
            #"exec 9>"$HOME/lock"; flock 9; sleep 100 &"# + "\n" + Self.start("")
                + #"echo '{"type":"done","unchanged":0}'; read -r line; sleep 0.5; echo bye >&2"#)
        let begun = monotonicSeconds()
        do {
            let target = try scratch.target("x")
            _ = try target.plan(scratch.desired([]), inventory: Inventory(), adopting: false)
            #expect(FileLock.isHeld("\(scratch.folder)/lock"))
        }
        _ = try FileLock(waitingFor: "\(scratch.folder)/lock")
        #expect(scratch.messages == ["bye"], "it was given time to end by itself")
        #expect(monotonicSeconds() - begun < 60, "what it left running was ended")
    }
}
