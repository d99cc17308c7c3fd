import Deployments
import Git
import PluginTarget
import Posix
import Rendering
import Testing

/// Targets that break the protocol: each a clear error, never a plan.
@Suite(.timeLimit(.minutes(15))) struct MisbehavingTargetTests {
    /// Answers the greeting, then reads the request for a plan to its end.
    private static let untilPlan = """
        read -r hello; echo '{"type":"hello","version":1,"capabilities":["rollback","wait"]}'
        while read -r line; do case $line in *'"end"'*) break;; esac; done

        """
    /// The same, and plans to make `a`, and reads on to the end of the request to apply that.
    private static let untilApply =
        untilPlan + """
        echo '{"type":"change","action":"create","path":"a"}'; echo '{"type":"done","unchanged":0}'
        while read -r line; do case $line in *'"end"'*) break;; esac; done

        """

    /// Takes a lock that is free when the program and all that it started have ended.
    private static let holdingALock = "exec 9>\"$HOME/lock\"; flock 9; "

    private func plan(
        _ script: String, timeout: Double = 60, owned: [String] = [], in given: TargetScratch? = nil
    ) throws -> (error: TargetError?, plan: Plan?, scratch: TargetScratch) {
        let scratch = try given ?? TargetScratch()
        try scratch.install("x", script)
        let target = try scratch.target("x", timeout: timeout)
        let desired = scratch.desired([try scratch.resource("a", "1"), try scratch.resource("b", "2")])
        let inventory = Inventory(owned: try owned.map { try scratch.resource($0, "0") })
        do throws(TargetError) {
            return (nil, try target.plan(desired, inventory: inventory, adopting: false), scratch)
        } catch {
            return (error, nil, scratch)
        }
    }

    // MARK: the program

    @Test func namesAProgramThatIsMissing() throws {
        let scratch = try TargetScratch()
        let error = try #require(throws: TargetError.self) { try scratch.target("nowhere") }
        #expect(error.message == "target 'nowhere' needs the program 'git-ops-target-nowhere', which is not on PATH")
        #expect(error.hint?.contains(scratch.programs) == true)
    }

    @Test func namesAProgramThatIsNotExecutable() throws {
        let scratch = try TargetScratch()
        try scratch.install("x", "exit 0", mode: "644")
        #expect {
            try scratch.target("x")
        } throws: { error in
            (error as? TargetError)?.message
                == "target 'x': '\(scratch.programs)/git-ops-target-x' is not executable"
        }
    }

    @Test(arguments: ["", "../x", "a/b", "-x", ".", "x\n"])
    func refusesANameThatIsAPath(_ name: String) throws {
        let scratch = try TargetScratch()
        #expect {
            try scratch.target(name)
        } throws: { error in
            (error as? TargetError)?.message.hasSuffix("is no name of a target") == true
        }
    }

    @Test func looksInNoFolderThatDependsOnWhereItStarts() throws {
        #expect(throws: TargetError.self) { try PluginTarget.program(named: "x", path: ":.:bin") }
    }

    @Test func saysWhyAProgramCannotBeRun() throws {
        let scratch = try TargetScratch()
        try scratch.install("x", "#!/nowhere/at/all\n")
        let target = try scratch.target("x")
        let error = try #require(throws: TargetError.self) { try target.capabilities() }
        #expect(error.message.hasPrefix("target 'x': cannot run '\(scratch.programs)/git-ops-target-x'"))
    }

    // MARK: its end

    @Test func tellsHowItEndedAndWhatItSaid() throws {
        let (error, _, scratch) = try plan("printf 'no \\033[31mlicence\\n' >&2; exit 3")
        #expect(error?.message == "target 'x' ended (exit code 3) before it had answered to 'hello'")
        #expect(scratch.messages == ["no \u{fffd}[31mlicence"])
    }

    @Test func tellsThatItWasKilled() throws {
        let (error, _, _) = try plan(Self.untilPlan + "kill -9 $$")
        #expect(error?.message == "target 'x' ended (killed by signal 9) before it had answered to 'plan'")
    }

    @Test func takesHalfALineForNoAnswer() throws {
        let (error, _, _) = try plan(Self.untilPlan + #"printf '{"type":"done","unchanged":2}'"#)
        #expect(error?.message == "target 'x' ended (exit code 0) in the middle of its answer to 'plan'")
    }

    @Test func takesChangesWithoutAnEndForNoPlan() throws {
        let (error, _, _) = try plan(Self.untilPlan + #"echo '{"type":"change","action":"create","path":"a"}'"#)
        #expect(error?.message == "target 'x' ended (exit code 0) before it had answered to 'plan'")
    }

    @Test func doesNotWaitForWhatItLeavesRunning() throws {
        let begun = monotonicSeconds()
        let (error, _, scratch) = try plan(Self.holdingALock + Self.untilPlan + "sleep 500 & exit 1")
        #expect(error?.message == "target 'x' ended (exit code 1) before it had answered to 'plan'")
        _ = try FileLock(waitingFor: "\(scratch.folder)/lock")
        #expect(monotonicSeconds() - begun < 400)
    }

    @Test func survivesOneThatDoesNotRead() throws {
        // More than a pipe holds, to a program that has closed its end.
        let scratch = try TargetScratch()
        try scratch.install(
            "x", #"read -r hello; echo '{"type":"hello","version":1,"capabilities":["content"]}'; exec <&-; exit 5"#)
        let target = try scratch.target("x")
        let large = try scratch.resource("a", String(repeating: "x", count: 1 << 20))
        let error = try #require(throws: TargetError.self) {
            try target.plan(scratch.desired([large]), inventory: Inventory(), adopting: false)
        }
        #expect(error.message == "target 'x' ended (exit code 5) before it had answered to 'plan'")
    }

    @Test func endsOneThatHangs() throws {
        let begun = monotonicSeconds()
        let (error, _, scratch) = try plan(Self.holdingALock + Self.untilPlan + "sleep 500", timeout: 0.5)
        #expect(
            error?.message == "target 'x' said nothing for 0.5s while it was asked to plan, and was ended")
        #expect(error?.hint == "ops.<environment>.timeout sets the time")
        #expect(monotonicSeconds() - begun < 400)
        _ = try FileLock(waitingFor: "\(scratch.folder)/lock")
    }

    @Test func killsOneThatWillNotEnd() throws {
        let (error, _, scratch) = try plan(
            "trap '' TERM; " + Self.holdingALock + Self.untilPlan + "while :; do sleep 1; done", timeout: 0.3)
        #expect(error?.message.hasPrefix("target 'x' said nothing for 0.3s") == true)
        _ = try FileLock(waitingFor: "\(scratch.folder)/lock")
    }

    @Test func endsOneThatNeverSaysThatWaitingIsOver() throws {
        let scratch = try TargetScratch()
        try scratch.install(
            "x",
            Self.untilApply + """
                echo '{"type":"applied","path":"a"}'; echo '{"type":"done"}'; read -r wait
                while :; do echo '{"type":"progress","text":"soon"}'; sleep 0.05; done
                """)
        let target = try scratch.target("x", grace: 0.2)
        let plan = try target.plan(
            scratch.desired([try scratch.resource("a", "1")]), inventory: Inventory(), adopting: false)
        try target.apply(plan) { _ in }
        var progress: Set<String> = []
        let error = try #require(throws: TargetError.self) { try target.wait(timeout: 0.3) { progress.insert($0) } }
        #expect(error.message == "target 'x' did not answer 'wait' within 0.5s, and was ended")
        #expect(progress == ["soon"])
        // Nobody is left who could put back.
        let undo = try #require(throws: TargetError.self) { try target.rollBack() }
        #expect(undo.message == "target 'x' was ended before it could be asked to rollback")
        #expect(undo.isPartial)
    }

    @Test func endsOneThatDoesNotEndWhatIsCancelled() throws {
        let scratch = try TargetScratch()
        let hello = Self.untilApply.replacing(#"["rollback","wait"]"#, with: #"["cancel","rollback","wait"]"#)
        try scratch.install(
            "x",
            hello + """
                echo '{"type":"applied","path":"a"}'; echo '{"type":"done"}'; read -r wait
                while :; do echo '{"type":"progress","text":"soon"}'; sleep 0.05; done
                """)
        let target = try scratch.target("x", grace: 0.2)
        let plan = try target.plan(
            scratch.desired([try scratch.resource("a", "1")]), inventory: Inventory(), adopting: false)
        try target.apply(plan) { _ in }
        let error = try #require(throws: TargetError.self) {
            _ = try target.wait(timeout: 600, unless: { true }, progress: { _ in })
        }
        #expect(error.message == "target 'x' did not end 'wait' when it was cancelled, and was ended")
    }

    // MARK: its words

    @Test func showsWhatIsNoMessage() throws {
        let (error, _, _) = try plan(Self.untilPlan + #"echo 'Warning: no config file'"#)
        #expect(
            error?.message
                == "target 'x' broke the protocol at 'plan': it answered 'Warning: no config file', which is no JSON object")
        #expect(error?.hint == "the fault is in 'git-ops-target-x'; git-ops-target(7) says what it has to answer")
    }

    @Test(arguments: [
        (#"[1,2]"#, "it answered '[1,2]', which is no JSON object"),
        ("", "it answered '', which is no JSON object"),
        (#"{"type":"done","secret":"hunter2""#, "it answered a line that is no valid JSON"),
        (#"{"unchanged":2}"#, "it answered with a message without a type"),
        (#"{"type":"applied","path":"a"}"#, "it answered with a message of type 'applied' where none may be"),
        (#"{"type":"done","unchanged":"2"}"#, "it answered with a value of the wrong type in 'unchanged'"),
        (#"{"type":"done"}"#, "it did not say how many resources are unchanged"),
        (#"{"type":"done","unchanged":1}"#, "it told of 0 resources that differ and 1 that do not, where 2 are desired"),
        (#"{"type":"done","unchanged":3}"#, "it told of 0 resources that differ and 3 that do not, where 2 are desired"),
        (#"{"type":"change","action":"create"}"#, "it answered with a message that needs either 'path' or 'path64'"),
        (
            #"{"type":"change","action":"create","path":"a","path64":"YQ=="}"#,
            "it answered with a message that needs either 'path' or 'path64'"
        ),
        (#"{"type":"change","action":"create","path64":"?"}"#, "it answered with a value that cannot be read in 'path64'"),
        (#"{"type":"change","action":"create","path":"../c"}"#, "it told of '../c', which it was not asked about"),
        (#"{"type":"change","action":"burn","path":"a"}"#, "it planned an action for 'a' that is not known: burn"),
        (#"{"type":"change","action":"change","path":"a"}"#, "it planned to change 'a' without 'live'"),
        (
            #"{"type":"change","action":"change","path":"a","live":{}}"#, "it answered without 'live.mode'"
        ),
        (
            #"{"type":"change","action":"change","path":"a","live":{"mode":"040000"}}"#,
            "it told of a mode of 'a' that is none of 100644, 100755 and 120000"
        ),
        (
            #"{"type":"change","action":"change","path":"a","live":{"mode":"100644","id":"1"}}"#,
            "it told of an id of 'a' that is none"
        ),
        (
            #"{"type":"change","action":"create","path":"a","live":{"mode":"100644"}}"#,
            "it planned to create 'a' with 'live'"
        ),
        (
            #"{"type":"change","action":"prune","path":"a","live":{"mode":"100644"}}"#,
            "it planned to remove 'a', which is desired"
        ),
        (
            #"{"type":"change","action":"prune","path":"foreign","live":{"mode":"100644"}}"#,
            "it planned to remove 'foreign', which is not ours"
        ),
        (#"{"type":"conflict","path":"a"}"#, "it named no reason for the conflict in 'a'"),
        (#"{"type":"conflict","path":"z","reason":"r"}"#, "it told of 'z', which it was not asked about"),
    ])
    func isHeldToThePlanItWasAskedFor(_ answer: String, _ fault: String) throws {
        let (error, _, _) = try plan(Self.untilPlan + "cat <<'E'\n\(answer)\nE\n", owned: ["old"])
        #expect(error?.message == "target 'x' broke the protocol at 'plan': \(fault)")
        #expect(error?.isPartial == false)
    }

    @Test func tellsOfAPathOnlyOnce() throws {
        let change = #"echo '{"type":"change","action":"create","path":"a"}'; "#
        let (error, _, _) = try plan(Self.untilPlan + change + change + #"echo '{"type":"done","unchanged":0}'"#)
        #expect(error?.message == "target 'x' broke the protocol at 'plan': it told of 'a' twice")
    }

    @Test func takesNoBytesThatAreNotUTF8() throws {
        let (error, _, _) = try plan(Self.untilPlan + #"printf '{"type":"progress","text":"\377"}\n'"#)
        #expect(error?.message == "target 'x' broke the protocol at 'plan': it answered a line that is no valid JSON")
    }

    @Test func boundsALine() throws {
        let (error, _, _) = try plan(Self.untilPlan + "head -c 68000000 /dev/zero | tr '\\0' x; sleep 100")
        #expect(error?.message == "target 'x' broke the protocol at 'plan': it answered a line of more than 64 MiB")
    }

    @Test func boundsALineOfStandardError() throws {
        let (error, _, scratch) = try plan("head -c 100000 /dev/zero | tr '\\0' x >&2; exit 1")
        #expect(error != nil)
        #expect(!scratch.messages.isEmpty)
        #expect(scratch.messages.allSatisfy { $0.count <= 2000 })
    }

    @Test func passesOnItsErrorAndHint() throws {
        let (error, _, _) = try plan(
            Self.untilPlan + #"printf %s\\n '{"error":"cannot reach\n the cluster\u001b[0m","hint":"ask the \u202eadmin"}'"#)
        #expect(error?.message == "cannot reach the cluster [0m")
        #expect(error?.hint == "ask the admin")
    }

    @Test(arguments: ["\"1\"", "null", "1.5"])
    func refusesAVersionThatIsNone(_ version: String) throws {
        let (error, _, _) = try plan("read -r hello; echo '{\"type\":\"hello\",\"version\":\(version)}'")
        #expect(error?.message.hasPrefix("target 'x' broke the protocol at 'hello': it ") == true)
    }

    @Test func namesTheVersionsThatDoNotFit() throws {
        let (error, _, _) = try plan(#"read -r hello; echo '{"type":"hello","version":7}'"#)
        #expect(error?.message == "target 'x' speaks version 7 of the target protocol, and git-ops version 1")
        #expect(error?.hint == "install versions of git-ops and 'git-ops-target-x' that fit each other")
    }

    @Test func ignoresFieldsAndCapabilitiesThatItDoesNotKnow() throws {
        let (error, plan, scratch) = try plan(
            """
            read -r hello; echo '{"type":"hello","version":1,"capabilities":["teleport"],"motto":{"a":[1]}}'
            while read -r line; do case $line in *'"end"'*) break;; esac; done
            echo '{"type":"progress","text":"looking","percent":12}'
            echo '{"type":"change","action":"create","path":"a","colour":"red","remark":"soon"}'
            echo '{"type":"done","unchanged":1,"took":3}'
            """)
        #expect(error == nil)
        #expect(plan?.lines == ["create a"])
        #expect(plan?.changes.first?.remark == "soon")
        #expect(scratch.messages == ["looking"])
    }

    @Test func takesAnAnswerOnlyToAQuestion() throws {
        let (error, _, _) = try plan(
            Self.untilPlan + #"printf '%s\n%s\n' '{"type":"done","unchanged":2}' '{"type":"done","unchanged":2}'"#)
        #expect(error?.message == "target 'x' broke the protocol at 'plan': it said something that it was not asked")
    }

    @Test func takesNoAnswerToHalfAQuestion() throws {
        let scratch = try TargetScratch()
        try scratch.install(
            "x",
            """
            read -r hello; echo '{"type":"hello","version":1,"capabilities":["content"]}'
            read -r head; echo '{"type":"done","unchanged":1}'; sleep 100
            """)
        let target = try scratch.target("x")
        let large = try scratch.resource("a", String(repeating: "x", count: 1 << 20))
        let error = try #require(throws: TargetError.self) {
            try target.plan(scratch.desired([large]), inventory: Inventory(), adopting: false)
        }
        #expect(
            error.message
                == "target 'x' broke the protocol at 'plan': it was done with 'plan' before it was asked all of it")
    }
}
