import Kubeconfig
import Kubernetes
import KubernetesModel
import Posix
import ServiceLifecycle
import TestSupport
import Testing

@testable import AgentService

@Suite(.enabled(if: APIServer.isThere), .timeLimit(.minutes(5))) struct ElectionTests {
    /// Shorter than in earnest, for what does not depend on that a server always answers within seconds.
    private static let brief = LeaderElection.Rules(lease: 6, renewal: 4, retry: 0.3, request: 2)

    /// A candidate that stands until it is told to stop, or dies.
    private final class Candidate: Sendable {
        let election: LeaderElection
        let changes = Heard()
        let nudges = Heard()
        let log = Heard()
        private let group: ServiceGroup
        private let running: Task<Void, any Error>

        init(_ access: ClusterAccess, _ name: String, _ rules: LeaderElection.Rules = .init()) {
            let (changes, nudges) = (changes, nudges)
            election = LeaderElection(
                access: access, namespace: nil, name: "agent", identity: name, rules, logger: keptLogger(log),
                changed: { changes.add($0 ? "leads" : "stops") }, nudged: { nudges.add("nudged") })
            group = ServiceGroup(configuration: .init(services: [election], logger: keptLogger(Heard())))
            running = Task { [group] in try await group.run() }
        }

        var leads: Bool { election.isLeader() }

        func stop() async throws {
            await group.triggerGracefulShutdown()
            try await running.value
        }

        /// Ends without giving anything away.
        func die() async {
            running.cancel()
            _ = await running.result
        }

        /// The error that ends it.
        func end() async -> Result<Void, any Error> { await running.result }

        func wins() async throws {
            while !leads { try await Task.sleep(for: .milliseconds(5)) }
        }

        /// Waits until it has seen the Lease of another.
        func follows() async throws {
            while !log.lines.contains(where: { $0.contains("another leads") }) { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    /// Lets a test work in a namespace of its own.
    private func withSite(_ namespace: String, _ body: (APIServer, ClusterAccess) async throws -> Void) async throws {
        let server = try await aside { try APIServer.shared() }
        try await aside { try server.makeNamespace(namespace) }
        let access = try Kubeconfig.access(file: server.kubeconfig, context: "admin", namespace: namespace, environment: [:])
        try await body(server, access)
    }

    /// A way to the server that can be cut.
    private func relayed(_ access: ClusterAccess) throws -> (Relay, ClusterAccess) {
        let port = try #require(access.server.split(separator: ":").last.flatMap { UInt16($0) })
        let relay = try Relay(to: port)
        var far = access
        far.server = "https://127.0.0.1:\(relay.port)"
        return (relay, far)
    }

    private func spec(_ server: APIServer, _ namespace: String) async throws -> JSON {
        let answer = try await aside { try server.request("GET", "/apis/coordination.k8s.io/v1/namespaces/\(namespace)/leases/agent") }
        return try JSON(parsing: Array(answer.body.utf8))["spec"] ?? .null
    }

    @Test func oneLeadsAndTheOtherFollowsAtOnceWhenItStops() async throws {
        try await withSite("election-stop") { (server, access) async throws in
            let first = Candidate(access, "one")
            try await first.wins()
            let second = Candidate(access, "two")
            let held = try await spec(server, "election-stop")
            #expect(held["holderIdentity"]?.string == first.election.identity)
            #expect(held["holderIdentity"]?.string?.hasPrefix("one_") ?? false)
            #expect(held["leaseDurationSeconds"]?.int == 15)
            // For longer than it would last without renewals.
            let start = monotonicSeconds()
            while monotonicSeconds() < start + 17 {
                #expect(!second.leads)
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(first.changes.lines == ["leads"])
            #expect(try await spec(server, "election-stop")["leaseTransitions"]?.int == 0)
            try await first.stop()
            #expect(!first.leads)
            #expect(first.changes.lines == ["leads", "stops"])
            try await second.wins()
            let taken = try await spec(server, "election-stop")
            #expect(taken["holderIdentity"]?.string == second.election.identity)
            #expect(taken["leaseTransitions"]?.int == 1)
            try await second.stop()
            #expect(try await spec(server, "election-stop")["holderIdentity"]?.string == "")
        }
    }

    @Test func whoDiesIsFollowedWhenTheLeaseIsOver() async throws {
        try await withSite("election-death") { (server, access) async throws in
            let first = Candidate(access, "one", ElectionTests.brief)
            try await first.wins()
            let second = Candidate(access, "two", ElectionTests.brief)
            // Another may have the same name.
            let third = Candidate(access, "one", ElectionTests.brief)
            try await second.follows()
            try await third.follows()
            await first.die()
            let death = monotonicSeconds()
            while !second.leads, !third.leads { try await Task.sleep(for: .milliseconds(5)) }
            // The last renewal may be that much older.
            let rules = ElectionTests.brief
            #expect(monotonicSeconds() - death > rules.lease - rules.retry - rules.request)
            #expect(second.leads != third.leads)
            try await second.stop()
            try await third.stop()
        }
    }

    @Test func whoIsCutOffStopsBeforeTheOtherBegins() async throws {
        try await withSite("election-cut") { (server, access) async throws in
            let (relay, far) = try relayed(access)
            let first = Candidate(far, "far")
            try await first.wins()
            let second = Candidate(access, "near")
            relay.cut()
            while !second.leads { try await Task.sleep(for: .milliseconds(2)) }
            // Asked later, so it is nothing that was true before only.
            #expect(!first.leads)
            #expect(first.changes.lines == ["leads", "stops"])
            #expect(first.log.lines.count { $0.contains("the Lease cannot be had") } >= 1)
            relay.mend()
            // The one that is back waits, and does not take it.
            while !first.log.lines.contains(where: { $0.contains("can be reached again") }) { try await Task.sleep(for: .milliseconds(20)) }
            #expect(!first.leads && second.leads)
            try await second.stop()
            try await first.wins()
            try await first.stop()
            #expect(first.changes.lines == ["leads", "stops", "leads", "stops"])
        }
    }

    @Test func whoIsInterruptedForAMomentGoesOn() async throws {
        try await withSite("election-moment") { (server, access) async throws in
            let (relay, far) = try relayed(access)
            let only = Candidate(far, "far", .init(retry: 0.3))
            try await only.wins()
            // Each may have arrived without that anybody heard so.
            for number in 0..<3 {
                relay.cut(after: 10)
                while relay.cuts == number { try await Task.sleep(for: .milliseconds(10)) }
                try await Task.sleep(for: .milliseconds(400))
            }
            #expect(only.leads)
            #expect(only.changes.lines == ["leads"])
            try await only.stop()
        }
    }

    @Test func whatOthersChangeInTheLeaseIsSeen() async throws {
        try await withSite("election-conflict") { (server, access) async throws in
            let only = Candidate(access, "one", .init(retry: 0.3))
            try await only.wins()
            let path = "/apis/coordination.k8s.io/v1/namespaces/election-conflict/leases/agent"
            for number in 0..<5 {
                let answer = try await aside {
                    try server.request("PATCH", path, type: "application/merge-patch+json", #"{"metadata":{"annotations":{"a":"\#(number)"}}}"#)
                }
                #expect(answer.status == 200)
                try await Task.sleep(for: .milliseconds(300))
            }
            #expect(only.leads)
            #expect(only.changes.lines == ["leads"])
            #expect(!only.log.lines.contains { $0.hasPrefix("warning") })
            // Who takes it by force has it.
            let taken = try await aside {
                try server.request("PATCH", path, type: "application/merge-patch+json", #"{"spec":{"holderIdentity":"thief"}}"#)
            }
            #expect(taken.status == 200)
            while only.changes.lines.count < 2 { try await Task.sleep(for: .milliseconds(10)) }
            #expect(!only.leads)
            try await only.stop()
            #expect(try await spec(server, "election-conflict")["holderIdentity"]?.string == "thief")
        }
    }

    @Test func whoLeadsHearsOfANudgeOfAnother() async throws {
        try await withSite("election-nudge") { (server, access) async throws in
            let first = Candidate(access, "one", .init(retry: 0.3))
            try await first.wins()
            let second = Candidate(access, "two", .init(retry: 0.3))
            // Who leads has heard it itself.
            first.election.nudge()
            second.election.nudge()
            while first.nudges.lines.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
            // Many at once are not many changes of the Lease.
            for _ in 0..<1000 { second.election.nudge() }
            while first.nudges.lines.count < 2 { try await Task.sleep(for: .milliseconds(10)) }
            try await Task.sleep(for: .seconds(3))
            #expect((2...3).contains(first.nudges.lines.count))
            #expect(second.nudges.lines.isEmpty)
            #expect(first.changes.lines == ["leads"])
            #expect(try await spec(server, "election-nudge")["leaseTransitions"]?.int == 0)
            // An old one is nothing to who takes over, and looks anyway.
            try await first.stop()
            try await second.wins()
            try await Task.sleep(for: .seconds(1))
            #expect(second.nudges.lines.isEmpty)
            try await second.stop()
        }
    }

    @Test func aLeaseThatIsDeletedIsNotFree() async throws {
        try await withSite("election-deleted") { (server, access) async throws in
            let (relay, far) = try relayed(access)
            let first = Candidate(far, "far", .init(retry: 0.3))
            try await first.wins()
            let second = Candidate(access, "near")
            @Sendable func delete() async throws {
                let path = "/apis/coordination.k8s.io/v1/namespaces/election-deleted/leases/agent"
                _ = try await aside { try server.request("DELETE", path) }
            }
            // Who leads makes it anew.
            try await second.follows()
            try await delete()
            while try await spec(server, "election-deleted")["holderIdentity"]?.string != first.election.identity {
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(first.changes.lines == ["leads"])
            // Who cannot see that it is gone leads for a while.
            try await Task.sleep(for: .seconds(1))
            relay.cut()
            try await delete()
            while !second.leads { try await Task.sleep(for: .milliseconds(2)) }
            #expect(!first.leads)
            try await second.stop()
            await first.die()
        }
    }

    /// Who has just been started knows of nobody who led, and somebody may.
    @Test func whoFindsNoLeaseDoesNotLeadWhileAnotherMay() async throws {
        try await withSite("election-newcomer") { (server, access) async throws in
            let (relay, far) = try relayed(access)
            let first = Candidate(far, "far", ElectionTests.brief)
            try await first.wins()
            relay.cut()
            let path = "/apis/coordination.k8s.io/v1/namespaces/election-newcomer/leases/agent"
            _ = try await aside { try server.request("DELETE", path) }
            let second = Candidate(access, "near", ElectionTests.brief)
            while !second.leads { try await Task.sleep(for: .milliseconds(2)) }
            // Asked later, so it is nothing that was true before only.
            #expect(!first.leads)
            #expect(second.log.lines.contains { $0.hasPrefix("info there was no Lease; leading in 6 s") })
            // Who is told to stop before it led gives nothing away: another may lead still.
            try await second.stop()
            await first.die()
            _ = try await aside { try server.request("DELETE", path) }
            let third = Candidate(access, "third", ElectionTests.brief)
            while !third.log.lines.contains(where: { $0.contains("there was no Lease") }) { try await Task.sleep(for: .milliseconds(2)) }
            try await third.stop()
            #expect(third.changes.lines.isEmpty)
            #expect(try await spec(server, "election-newcomer")["holderIdentity"]?.string == third.election.identity)
        }
    }

    @Test func whoMayNotIsToldWhatIsMissing() async throws {
        try await withSite("election-rights") { (server, _) async throws in
            let access = try Kubeconfig.access(file: server.kubeconfig, context: "weak", namespace: "election-rights", environment: [:])
            let weak = Candidate(access, "weak")
            let failure = await #expect(throws: ServiceFailure.self) { try await weak.end().get() }
            #expect(failure?.message.hasPrefix("cannot hold the Lease 'agent' in the namespace 'election-rights': ") ?? false)
            #expect(failure?.hint == "a Role has to allow get, create and patch of leases of coordination.k8s.io in that namespace")
            #expect(!weak.leads)
        }
    }

    @Test func aNamespaceThatIsNotThereIsSaid() async throws {
        try await withSite("election-absent") { (server, _) async throws in
            let access = try Kubeconfig.access(file: server.kubeconfig, context: "admin", namespace: "no-such-place", environment: [:])
            let failure = await #expect(throws: ServiceFailure.self) { try await Candidate(access, "one").end().get() }
            #expect(failure?.hint == "is there such a namespace?")
        }
    }
}
