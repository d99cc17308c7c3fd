import Kubeconfig
import KubernetesModel
import NIOCore
import Testing

@testable import Kubernetes

@Suite struct AddressTests {
    @Test(arguments: [
        ("https://10.0.0.7:6443/prefix/", "https 10.0.0.7 6443 /prefix"), ("https://API.example.org", "https api.example.org 443 "),
        ("http://[::1]:8080", "http ::1 8080 "), ("https://[fe80::1]/a/b", "https fe80::1 443 /a/b"),
        ("socks5://proxy", "socks5 proxy 1080 "),
        ("https://user:pass@host:1", "https host 1 "),
    ]) func addressesAreRead(_ text: String, _ parts: String) {
        let endpoint = Endpoint(text)
        #expect(endpoint.map { "\($0.scheme) \($0.host) \($0.port) \($0.path)" } == parts)
    }

    @Test(arguments: [
        "", "host:1", "https://", "https://:1", "https://a:0", "https://a:65536", "https://a:b", "ftp://a", "https://a b", "https://a%41",
        "https://[::1]x",
    ])
    func whatIsNoAddressIsNone(_ text: String) {
        #expect(Endpoint(text) == nil)
    }

    /// Cases of golang.org/x/net/http/httpproxy's proxy_test.go.
    @Test(
        arguments: [
            ("https://example.com", ["HTTPS_PROXY": "cache:1"], "http://cache:1"),
            ("https://example.com", ["https_proxy": "http://cache:1"], "http://cache:1"),
            ("https://example.com", ["HTTP_PROXY": "cache:1"], nil),
            ("http://example.com", ["HTTP_PROXY": "cache:1"], "http://cache:1"),
            ("http://example.com", ["HTTP_PROXY": "cache:1", "REQUEST_METHOD": "GET"], nil),
            ("https://localhost", ["HTTPS_PROXY": "cache:1"], nil), ("https://127.0.0.3", ["HTTPS_PROXY": "cache:1"], nil),
            ("https://[::1]", ["HTTPS_PROXY": "cache:1"], nil),
            ("https://example.com", ["HTTPS_PROXY": "cache:1", "NO_PROXY": "example.com"], nil),
            ("https://www.example.com", ["HTTPS_PROXY": "cache:1", "NO_PROXY": "example.com"], nil),
            ("https://www.example.com", ["HTTPS_PROXY": "cache:1", "no_proxy": " a, .EXAMPLE.com"], nil),
            ("https://example.com", ["HTTPS_PROXY": "cache:1", "NO_PROXY": ".example.com"], "http://cache:1"),
            ("https://example.com", ["HTTPS_PROXY": "cache:1", "NO_PROXY": "*.example.com"], "http://cache:1"),
            ("https://www.example.com", ["HTTPS_PROXY": "cache:1", "NO_PROXY": "*.example.com"], nil),
            ("https://myexample.com", ["HTTPS_PROXY": "cache:1", "NO_PROXY": "example.com"], "http://cache:1"),
            ("https://example.com:6443", ["HTTPS_PROXY": "cache:1", "NO_PROXY": "example.com:6443"], nil),
            ("https://example.com:6443", ["HTTPS_PROXY": "cache:1", "NO_PROXY": "example.com:443"], "http://cache:1"),
            ("https://10.1.2.3", ["HTTPS_PROXY": "cache:1", "NO_PROXY": "10.0.0.0/8"], nil),
            ("https://11.1.2.3", ["HTTPS_PROXY": "cache:1", "NO_PROXY": "10.0.0.0/8"], "http://cache:1"),
            ("https://10.1.2.3", ["HTTPS_PROXY": "cache:1", "NO_PROXY": "10.1.2.3"], nil),
            ("https://[fd00::7]", ["HTTPS_PROXY": "cache:1", "NO_PROXY": "fd00::/16"], nil),
            ("https://[fd00::7]", ["HTTPS_PROXY": "cache:1", "NO_PROXY": "fd00::7"], nil),
            ("https://example.com", ["HTTPS_PROXY": "cache:1", "NO_PROXY": "*"], nil),
        ] as [(String, [String: String], String?)]) func proxiesAreThoseOfGo(
            _ server: String, _ variables: [String: String], _ proxy: String?
        ) throws
    {
        #expect(ProxyVariables(variables).proxy(for: try #require(Endpoint(server))) == proxy)
    }

    /// Cases of crypto/x509's verify_test.go (`matchHostnamesTests`).
    @Test(arguments: [
        ("a.b.c", "a.b.c", true), ("a.b.c", "A.b.C", true), ("a.b.c", "b.b.c", false), ("a.b.c", "*.b.c", true), ("*.b.c", "*.b.c", true),
        ("a.b.c", "*.c", false), ("a.b.c", "a*.b.c", false), ("a.b.c", "a.*.c", false), ("a.b.c", "*", false), ("c", "*", false),
        ("a.b.c.", "a.b.c", true), ("a.b.c", "a.b.c.", false), ("", "", false), (".b.c", "*.b.c", false), ("10.0.0.1", "10.0.0.1", false),
    ]) func namesOfCertificatesAreMatchedAsGoDoes(_ name: String, _ pattern: String, _ matches: Bool) {
        #expect(CertificateName(name).matches(pattern) == matches)
    }

    @Test func partsOfPathsAreEscaped() {
        #expect(APIPath.escaped("system:node/a b%é") == "system:node%2Fa%20b%25%C3%A9")
        #expect(APIPath.query([("labelSelector", "a in (b,c),d!=e&f")]) == "?labelSelector=a%20in%20%28b%2Cc%29%2Cd%21%3De%26f")
        #expect(oneLine("a\nb\u{1B}[31m\u{202E}c", 100) == "a\\nb\\u{1b}[31m\\u{202e}c")
        #expect(oneLine(String(repeating: "x", count: 2000)).count == 1001)
    }

    @Test func whoIsImpersonatedIsInHeaders() {
        let headers = impersonationHeaders(
            Impersonation(user: "jane", uid: "7", groups: ["a", "b"], extra: ["Example.org/x%": ["1", "2"]]))
        #expect(
            headers.map { "\($0): \($1)" } == [
                "impersonate-user: jane", "impersonate-uid: 7", "impersonate-group: a", "impersonate-group: b",
                "impersonate-extra-Example.org%2Fx%25: 1", "impersonate-extra-Example.org%2Fx%25: 2",
            ])
    }
}

@Suite struct PaceTests {
    @Test func waitsDoubleUpToTenSeconds() {
        let most = (1...8).map { Backoff.seconds(try: $0, random: 1) }
        #expect(most == [0.25, 0.5, 1, 2, 4, 8, 10, 10])
        #expect(Backoff.seconds(try: 100, random: 0.5) == 5)
        #expect(Backoff.seconds(try: 3, random: 0) == 0)
    }

    @Test func theLimitFollowsTheServer() async {
        let limit = ConcurrencyLimit(most: 64)
        #expect(await limit.width == 16)
        for _ in 0..<16 { #expect(await limit.enter()) }
        for _ in 0..<16 { await limit.leave(.throttled(started: 0)) }
        // One round of refusals halves once.
        #expect(await limit.width == 8)
        for _ in 0..<3000 {
            for _ in 0..<Int(await limit.width) { _ = await limit.enter() }
            for _ in 0..<Int(await limit.width) { await limit.leave(.went(started: .infinity, took: 0.01)) }
        }
        #expect(await limit.width == 64)
        for _ in 0..<20 {
            _ = await limit.enter()
            await limit.leave(.throttled(started: .infinity))
        }
        #expect(await limit.width == 1)
    }

    @Test func slowAnswersHalveTheLimit() async {
        let limit = ConcurrencyLimit(most: 64)
        for took in [0.01, 0.01, 0.9] {
            _ = await limit.enter()
            await limit.leave(.went(started: .infinity, took: took))
        }
        // Below a second, no answer is slow.
        #expect(await limit.width >= 16)
        for _ in 0..<10 {
            _ = await limit.enter()
            await limit.leave(.went(started: 0, took: 3))
        }
        #expect(await limit.width < 16)
    }

    @Test func whoWaitsForATurnMayGiveUp() async {
        let limit = ConcurrencyLimit(most: 1)
        #expect(await limit.enter())
        let waiting = Task { await limit.enter() }
        waiting.cancel()
        #expect(await !waiting.value)
        await limit.leave(.failed)
        #expect(await limit.enter())
    }
}

@Suite struct AnswerTests {
    @Test func linesAreFoundWhereverTheyAreCut() throws {
        let text = "one\n\n{\"two\":2}\nthree"
        for size in 1...text.utf8.count {
            var reader = LineReader(limit: 100)
            var lines: [String] = []
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                reader.add(ByteBuffer(bytes: rest.prefix(size)))
                rest = rest.dropFirst(size)
                while let line = try reader.next() { lines.append(String(buffer: line)) }
            }
            #expect(lines == ["one", "", "{\"two\":2}"])
            #expect(reader.hasRest)
        }
    }

    @Test func linesWithoutEndAreRefused() throws {
        var reader = LineReader(limit: 10)
        reader.add(ByteBuffer(string: "0123456789"))
        #expect(try reader.next() == nil)
        reader.add(ByteBuffer(string: "0"))
        #expect(throws: ClusterError.self) { try reader.next() }
    }

    @Test(arguments: [
        (401, "Unauthorized", "Unauthorized", ClusterError.Reason.unauthorized, false, false),
        (403, "Forbidden", "no", .forbidden, false, false),
        (404, "NotFound", "no", .notFound, false, false), (409, "AlreadyExists", "no", .alreadyExists, false, false),
        (409, "Conflict", "no", .conflict, false, false), (410, "Expired", "no", .gone, false, false),
        (422, "Invalid", "no", .invalid, false, false),
        (400, "BadRequest", "no", .invalid, false, false), (429, "TooManyRequests", "no", .unavailable, true, true),
        (504, "Timeout", "no", .unavailable, true, false), (500, "ServerTimeout", "no", .unavailable, true, false),
        (500, "InternalError", "no", .other, false, false), (415, "UnsupportedMediaType", "no", .other, false, false),
        (
            500, "InternalError", "failed calling webhook \"a\": dial tcp 10.0.0.1:443: connect: connection refused", .unavailable, false,
            true
        ),
        (
            500, "InternalError", "failed calling webhook \"a\": Post \"https://a.b/c?timeout=10s\": dial tcp 10.0.0.1:443: connect: connection refused",
            .unavailable, false, true
        ),
        (500, "InternalError", "failed calling webhook \"a\": context deadline exceeded", .unavailable, true, true),
        (409, "Conflict", "Operation cannot be fulfilled on resourcequotas \"q\": the object has been modified", .unavailable, true, true),
    ]) func statusesHaveReasons(
        _ code: Int, _ word: String, _ message: String, _ reason: ClusterError.Reason, _ isRetried: Bool, _ nothingDone: Bool
    ) {
        let failure = StatusFailure.failure(
            of: ["kind": "Status", "code": .int(Int64(code)), "reason": .string(word), "message": .string(message)], status: code)
        #expect(failure.error.reason == reason)
        #expect(failure.error.status == code)
        #expect(failure.mayBeRetried == isRetried)
        #expect(!isRetried || (failure.arrival == .nothingDone) == nothingDone)
        #expect(failure.error.mayPass == (reason == .unavailable))
    }
}
