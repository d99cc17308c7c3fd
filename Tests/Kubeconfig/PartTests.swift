@testable import Kubeconfig
import KubernetesModel
import Manifests
import Posix
import TestSupport
import Testing

@Suite struct PartTests {
    @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy")])
    func base64(plain: String, encoded: String) {
        // RFC 4648, section 10.
        #expect(Base64.encoded(Array(plain.utf8)) == encoded)
        #expect(Base64.decoded(encoded, isExact: true) == Array(plain.utf8))
    }

    @Test(arguments: ["Zg=", "Zg", "Zh==", "Zm9=", "Z===", "Zg==Zg==", "Zm 9v", "Zm9v=", "Zm-v"])
    func noBase64(text: String) {
        #expect(Base64.decoded(text, isExact: true) == nil)
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0.0), ("2026-11-23T04:40:12Z", 1_795_408_812), ("2026-11-23T04:40:12.25Z", 1_795_408_812.25),
        ("2026-11-23t06:10:12+01:30", 1_795_408_812), ("2026-11-22T23:40:12-05:00", 1_795_408_812), ("2000-02-29T00:00:00Z", 951_782_400),
        ("0001-01-01T00:00:00Z", -62_135_596_800), ("2016-12-31T23:59:60Z", 1_483_228_800),
    ])
    func timestamps(text: String, seconds: Double) {
        #expect(Timestamp.seconds(text) == seconds)
    }

    @Test(arguments: [
        "", "2026-11-23", "2026-11-23T04:40:12", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-11-23T24:00:00Z",
        "2026-11-23T04:40:12.Z", "2026-11-23T04:40:12+1:30", "2026-11-23 04:40:12Z", "2026-11-23T04:40:12ZZ", "+026-11-23T04:40:12Z",
    ])
    func noTimestamps(text: String) {
        #expect(Timestamp.seconds(text) == nil)
    }

    @Test func spaceIsCutAtBothEnds() {
        #expect(Array(trimmed(Array(" \n\ta b\r\n".utf8))) == Array("a b".utf8))
        #expect(trimmed(Array(" \n".utf8)).isEmpty)
        #expect(trimmed([]).isEmpty)
    }
}

/// A clock that is set by hand.
final class HandClock: @unchecked Sendable {
    // Only one test at a time has it.
    var seconds: Double

    init(_ seconds: Double) {
        self.seconds = seconds
    }
}

@Suite struct FileCredentialTests {
    @Test func filesAreReadAgainEveryMinute() async throws {
        let scratch = try Scratch("token")
        try scratch.write(" one\n", to: "token")
        let clock = HandClock(1000)
        let source = FileCredentialSource(CredentialFiles(tokenFile: .init(path: scratch("token")))) { clock.seconds }
        func token(_ refused: String? = nil) async throws -> String? {
            try await source.credentials(insteadOf: refused.map { Credentials(authorization: "Bearer " + $0) }).authorization
        }
        #expect(try await token() == "Bearer one")
        try scratch.write("two", to: "token")
        clock.seconds += 59
        #expect(try await token() == "Bearer one")
        clock.seconds += 1
        #expect(try await token() == "Bearer two")
        // What was read before serves while there is nothing, or nothing of use.
        for broken in [nil, "", "a\nb"] {
            removeAll(scratch("token"))
            if let broken { try scratch.write(broken, to: "token") }
            clock.seconds += 60
            #expect(try await token() == "Bearer two")
        }
        try scratch.write("three", to: "token")
        #expect(try await token() == "Bearer three")
        // A token that is refused is read anew at once, one that is not the last is not.
        try scratch.write("four", to: "token")
        #expect(try await token("two") == "Bearer three")
        #expect(try await token("three") == "Bearer four")
    }

    @Test func aFileThatWasNeverReadableIsAnError() async throws {
        let site = try Site(kubeconfig(user: "tokenFile: t"))
        #expect(await site.credentialFault(try site.access().credentials)
            == "~/config:16:16: \"tokenFile\": cannot read '~/t': there is no such file")
        try site.scratch.write(" \n", to: "t")
        #expect(await site.credentialFault(try site.access().credentials) == "~/config:16:16: \"tokenFile\": '~/t' is empty")
    }

    @Test func theFileOfATokenWinsOverTheToken() async throws {
        let site = try Site(kubeconfig(user: "tokenFile: t\ntoken: abc"))
        let source = try site.access().credentials
        #expect(try await source.credentials(insteadOf: nil).authorization == "Bearer abc")
        try site.scratch.write("def", to: "t")
        let credentials = try await source.credentials(insteadOf: Credentials(authorization: "Bearer abc"))
        #expect(credentials.authorization == "Bearer def")
    }
}
