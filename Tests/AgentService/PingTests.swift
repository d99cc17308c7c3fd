import Glibc
import Posix
import Synchronization
import TestSupport
import Testing

@testable import AgentService

@Suite(.timeLimit(.minutes(5))) struct PingTests {
    /// Pings, and waits until it is over.
    private func pinged(_ ping: DeadManPing) async throws {
        ping.ping()
        while ping.isUnderWay { try await Task.sleep(for: .milliseconds(10)) }
    }

    @Test func troubleIsToldOnceAndSoIsItsEnd() async throws {
        try await EndpointSite.with { (site, _) async throws in
            let log = Heard()
            let ping = try DeadManPing(url: site.url + "/healthz?s3cret", logger: keptLogger(log), variables: [:])
            try await pinged(ping)
            #expect(log.lines.isEmpty)
            site.unhealthy.withLock { $0 = ["no"] }
            for _ in 0..<3 { try await pinged(ping) }
            site.unhealthy.withLock { $0 = [] }
            for _ in 0..<3 { try await pinged(ping) }
            #expect(
                log.lines == [
                    "warning the dead man's switch does not hear of us address=\(site.url)/… reason=it answers 503",
                    "info the dead man's switch hears of us again address=\(site.url)/…",
                ])
            await ping.shutdown()
            ping.ping()
            #expect(!ping.isUnderWay)
        }
    }

    @Test func whereNobodyAnswersOneIsUnderWayAndNobodyWaits() async throws {
        let listener = FileDescriptor(owning: socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener.number, $0, length) == 0 && listen(listener.number, 8) == 0 && getsockname(listener.number, $0, &length) == 0
            }
        }
        #expect(isBound)
        let port = UInt16(bigEndian: address.sin_port)
        let log = Heard()
        let ping = try DeadManPing(url: "http://127.0.0.1:\(port)/s3cret", logger: keptLogger(log), seconds: 0.5, variables: [:])
        for _ in 0..<100 { ping.ping() }
        #expect(ping.isUnderWay)
        while ping.isUnderWay { try await Task.sleep(for: .milliseconds(10)) }
        #expect(log.lines.count == 1)
        #expect(log.lines.first?.contains("does not hear of us address=http://127.0.0.1:\(port)/… reason=") ?? false)
        #expect(!log.lines.contains { $0.contains("s3cret") })
        // Of a hundred, one came.
        var entry = pollfd(fd: listener.number, events: Int16(POLLIN), revents: 0)
        var count = 0
        while poll(&entry, 1, 0) > 0 {
            close(accept(listener.number, nil, nil))
            count += 1
        }
        #expect(count == 1)
        await ping.shutdown()
    }

    @Test func proxiesAreThoseOfTheEnvironment() async throws {
        try await EndpointSite.with { (site, _) async throws in
            let log = Heard()
            // The proxy is no proxy, and says so.
            let ping = try DeadManPing(url: "http://ping.example.test/healthz", logger: keptLogger(log), variables: ["HTTP_PROXY": site.url])
            try await pinged(ping)
            #expect(log.lines.count <= 1)
            #expect(!log.lines.contains { $0.contains("resolve") || $0.contains("not known") }, "\(log.lines)")
            await ping.shutdown()
        }
        let failure = #expect(throws: ServiceFailure.self) {
            _ = try DeadManPing(url: "http://a.example/", logger: keptLogger(Heard()), variables: ["HTTP_PROXY": "gopher://x:1"])
        }
        #expect(failure?.message.contains("not supported") ?? false)
    }

    @Test(arguments: ["", "hc-ping.com/s3cret", "ftp://x/s3cret", "https://", "https://bob:s3cret@x/", "https://x/s3cret\n", "https://x y/s3cret"])
    func whatIsNoAddressIsNotRepeated(_ url: String) {
        let failure = #expect(throws: ServiceFailure.self) { _ = try DeadManPing(url: url, logger: keptLogger(Heard()), variables: [:]) }
        #expect(failure?.message == "the address to ping is none of HTTP")
    }
}
