import KubernetesModel
import Posix
import Testing
import TestSupport

@Suite struct ProtocolTests {
    private let head: JSON = [
        "type": "plan", "environment": "production", "owner": "p-1", "adopting": false, "timeout": 5, "configuration": ["kubeconfig": "/nonexistent"],
    ]

    @Test func theFirstVersionIsSpoken() throws {
        let program = try TargetProgram()
        #expect(
            try program.ask([["type": "hello", "versions": [1, 7]]])
                == [["type": "hello", "version": 1, "capabilities": ["objects", "content", "wait", "cancel", "health", "watch", "watch-health"]]])
        #expect(try program.ask([["type": "hello", "versions": [7]]]).last?["error"]?.string?.contains("version 1") == true)
    }

    @Test func whatIsNotUnderstoodIsAnErrorAndTheConversationGoesOn() throws {
        let program = try TargetProgram()
        for line in ["nonsense", "[]", "{}", #"{"type":7}"#, #"{"type":"dance"}"#, #"{"type":"live","path":7}"#, #"{"type":"live","path":"a"}"#] {
            try program.say(raw: line)
            #expect(try program.answer().last?["error"] != nil, "\(line)")
        }
        #expect(try program.ask([["type": "commit"]]) == [["type": "done"]])
        #expect(try program.ask([["type": "rollback"]]).last?["error"] != nil)
        #expect(try program.ask([["type": "wait", "timeout": 1]]).last?["error"] == "there is no plan to wait for")
    }

    @Test func aBodyIsReadToItsEndBeforeItIsAnswered() throws {
        let program = try TargetProgram()
        try program.say([head, ["type": "owned", "path": 7]])
        try program.say(raw: "secret nonsense")
        let answer = try program.ask([["type": "may-hold", "path": "a", "id": "0"], ["type": "end"]])
        #expect(answer.count == 1)
        #expect(answer[0]["error"] == "a message of type 'owned' was sent with a value of the wrong type in 'path'")
        let apply = try program.ask([["type": "apply"], ["type": "change", "action": "create", "path": "a"], ["type": "end"]])
        #expect(apply == [["error": "there is no plan that could be carried out", "partial": false]])
        #expect(try program.ask([["type": "commit"]]) == [["type": "done"]])
    }

    @Test func aMissingKubeconfigIsAnErrorThatNamesIt() throws {
        let program = try TargetProgram()
        let answer = try program.ask([head, ["type": "end"]])
        #expect(answer.last?["error"]?.string?.contains("/nonexistent") == true, "\(answer)")
    }

    @Test func aManifestThatCannotBeReadIsNotQuoted() throws {
        let scratch = try Scratch("kubeconfig")
        let text = kubeconfig(port: 1)
        var head = head
        head.set("configuration", "kubeconfig", to: .string(try scratch.write(text, to: "kubeconfig")))
        let program = try TargetProgram()
        let answer = try program.ask([
            head, ["type": "desired", "path": "_/Secret/a.yaml", "mode": "100644", "id": "0", "text": "a: [hunter2", "file": "apps/a.yaml", "line": 3], ["type": "end"],
        ])
        let error = try #require(answer.last?["error"]?.string)
        #expect(error.hasPrefix("apps/a.yaml:3: the manifest cannot be read"))
        #expect(!(error + program.notes).contains("hunter2"))
    }

    @Test func itEndsWithItsInput() throws {
        let program = try TargetProgram()
        _ = try program.ask([["type": "hello", "versions": [1]]])
        try program.hangUp()
    }

    @Test func aCancelThatCrossedTheLastAnswerIsIgnored() throws {
        let program = try TargetProgram()
        #expect(try program.ask([["type": "cancel"], ["type": "commit"]]) == [["type": "done"]])
    }

    @Test func itSaysWhatItIs() throws {
        for option in ["--version", "--help"] {
            let said = try run(programFolder + "/git-ops-target-kubernetes", [option])
            #expect(said.succeeded)
            #expect(said.output.hasPrefix("git-ops-target-kubernetes"))
            #expect(said.output.split(separator: "\n").count == 1)
        }
        #expect(try run(programFolder + "/git-ops-target-kubernetes", ["--what"]).code == 2)
    }
}
