import Notices
import TestSupport
import Testing

@testable import Notifications

@Suite struct SettingsTests {
    @Test func channelsHaveWhatIsSetForAllUnlessTheySayOtherwise() throws {
        let channels = channels([
            ("on", "failed recovered"), ("a.kind", "slack"), ("a.url", "https://hooks.example.org/services/T0/B0/secret"),
            ("b.kind", "webhook"), ("b.url", "http://10.0.0.1:8080/x"), ("b.on", "deployed, failed"), ("b.environments", "staging"),
        ])
        #expect(channels.map(\.name) == ["a", "b"])
        #expect(channels.map(\.place) == ["https://hooks.example.org/…", "http://10.0.0.1:8080/…"])
        #expect(channels[0].wanted == Channel.Selection(kinds: [.failed, .recovered]))
        #expect(channels[1].wanted == Channel.Selection(kinds: [.deployed, .failed], environments: ["staging"]))
        var told = Told()
        #expect(told.form(of: try sample(.failed, of: "staging"), for: channels[1]) != nil)
        #expect(told.form(of: try sample(.failed), for: channels[1]) == nil)
        #expect(told.form(of: try sample(.drifted, of: "staging"), for: channels[1]) == nil)
    }

    @Test(arguments: [
        ([("a.url", "https://x")], "opsChannel.a.kind is not set"), ([("a.kind", "pigeon")], "'pigeon', which is no kind of channel"),
        ([("a.kind", "slack")], "opsChannel.a.url is not set"),
        ([("a.kind", "slack"), ("a.url", "https://bob:pass@x/")], "opsChannel.a.url is no address"),
        ([("a.kind", "slack"), ("a.url", "http://example.org/secret")], "opsChannel.a.url is to be kept secret"),
        ([("a.kind", "slack"), ("a.url", "ftp://x/secret")], "opsChannel.a.url is no address"),
        ([("a.kind", "slack"), ("a.ulr", "https://x/secret")], "opsChannel.a.ulr is no setting"),
        ([("a.kind", "webhook"), ("a.url", "https://x"), ("a.on", "faild")], "opsChannel.a.on has 'faild'"),
        ([("a.kind", "webhook"), ("a.url", "https://x"), ("a.secretFile", "s")], "opsChannel.a.secretFile is not an absolute path"),
        ([("a.kind", "webhook"), ("a.url", "https://x"), ("a.secretFile", "/nonexistent/s")], "which is not there"),
        ([("a.kind", "webhook"), ("a.url", "https://x"), ("a.secret", "s"), ("a.secretFile", "/s")], "both opsChannel.a.secret and"),
        ([("a.kind", "webhook"), ("a.url", "https://x"), ("a.caFile", "/dev/null")], "there are no certificates in '/dev/null'"),
    ] as [([(String, String)], String)]) func whatIsWrongIsSaid(_ settings: [(String, String)], _ words: String) throws {
        guard case .failure(let trouble) = try #require(channels(settings).first).courier else {
            Issue.record("it is taken")
            return
        }
        #expect(trouble.message.contains(words))
        #expect(!(trouble.message + (trouble.hint ?? "")).contains("secret'"))
        #expect(!(trouble.message + (trouble.hint ?? "")).contains("bob"))
    }

    @Test func secretsComeFromFilesAndShowNothing() throws {
        let scratch = try Scratch("secret")
        try scratch.write("hunter2\n", to: "s")
        let channel = try #require(
            channels([("a.kind", "webhook"), ("a.url", "https://x/y"), ("a.secretFile", scratch("s"))]).first)
        let courier = try #require(try channel.courier.get() as? WebhookCourier)
        #expect(courier.secret?.text == "hunter2")
        #expect(!"\(courier.secret as Any) \(String(reflecting: courier.secret))".contains("hunter2"))
        var dumped = ""
        dump(courier.secret, to: &dumped)
        #expect(!dumped.contains("hunter2"))
    }

    @Test func channelsOfAnyNameHaveFoldersOfTheirOwn() {
        let names = ["a", "A/b", "..", "ä b", String(repeating: "/", count: 100), String(repeating: "/", count: 101)]
        let folders = names.map(Spool.folder)
        #expect(Set(folders).count == names.count)
        #expect(folders.allSatisfy { !$0.contains("/") && !$0.contains(".") && $0.utf8.count <= 255 })
    }
}
