import Git
import Glibc
import Posix
import TestSupport
import Testing

/// A clock that somebody sets while the agent runs, hours forward and back.
@Suite(.enabled(if: FakeClock.library != nil, "faketime sets the clock of one process"), .timeLimit(.minutes(10))) struct AgentClockTests {
    private func end(_ agent: AgentSite.Running) throws {
        kill(agent.process.pid, SIGTERM)
        #expect(try agent.process.reap().succeeded, "\(agent.said)")
    }

    private func lag(_ address: String, _ environment: String) throws -> Double? {
        let metrics = try run("curl", ["-s", "http://\(address)/metrics"]).output
        let line = metrics.split(separator: "\n").first { $0.hasPrefix("git_ops_agent_lag_seconds{environment=\"\(environment)\"} ") }
        return line?.split(separator: " ").last.flatMap { Double($0) }
    }

    @Test func itChangesNothingButDates() throws {
        let site = try AgentSite("clock", settings: ["ops.agentInterval": "1s"])
        let address = "127.0.0.1:\(try freePort())"
        try site.agent.git("config", "ops.agentListen", address)
        let clock = try FakeClock(site.scratch)
        let agent = try site.start(clock.variables)
        defer { kill(-agent.process.pid, SIGKILL) }
        var commits: [ObjectID] = []
        for (number, shift) in ["+0", "+7h", "-30h", "+3d", "+0"].enumerated() {
            try clock.set(shift)
            commits.append(try site.push("Change \(number)", ["\(number)": "one\n"]))
            // It fetches by itself.
            try eventually("\(number) is deployed: \(agent.said)") { site.live("\(number)") == "one\n" }
            try eventually("the remote has the record: \(agent.said)") {
                (try? site.trailer("Source-Commit", in: site.remote)) == commits[number].description
            }
            try eventually("it is not behind: \(agent.said)") { try lag(address, "default") == 0 }
            try site.scratch.write("changed\n", to: "live/\(number)")
            try eventually("it is put back: \(agent.said)") { site.live("\(number)") == "one\n" }
        }
        try end(agent)
        let days = Set(agent.said.split(separator: "\n").compactMap { $0.firstMatch(of: /time=(\d+-\d+-\d+)T/).map { String($0.1) } })
        #expect(days.count >= 3, "\(agent.said)")
        #expect(agent.count("level=error") == 0, "\(agent.said)")
        let lines = try site.agent.git("log", "--first-parent", "--format=%(trailers:key=Source-Commit,valueonly,separator=%x2C) %(trailers:key=Message,valueonly,separator=%x2C)", "refs/ops/default")
        // It may have begun with the commit before the first.
        let deployed = lines.split(separator: "\n").filter { !$0.contains("repair: ") }.map { String($0.prefix { $0 != " " }) }.filter { commit in
            commits.contains { $0.description == commit }
        }
        #expect(deployed == commits.reversed().map(\.description), "\(lines)")
        #expect(try site.ops("verify").code == 0)
        #expect(try site.ops("status", "--porcelain").output.hasPrefix("default in-sync "))
    }

    @Test(.enabled(if: APIServer.isThere, "Tests/api-server finds or builds one")) func whoLeadsGoesOnLeading() throws {
        let cluster = try APIServer.shared()
        try cluster.makeNamespace("agent-clock")
        let site = try AgentSite("clock-lease", settings: ["ops.agentInterval": "1s", "ops.agentLease": "agent-clock/agent"])
        let clock = try FakeClock(site.scratch)
        let second = TestRepository(existing: site.scratch("second.git"))
        let made = try run("cp", ["-R", site.agent.path, second.path])
        #expect(made.succeeded, "\(made.all)")
        func variables(_ name: String) -> [String: String] {
            clock.variables.merging(["KUBECONFIG": cluster.kubeconfig, "POD_NAME": name]) { $1 }
        }
        let leader = try site.start(variables("one"))
        defer { kill(-leader.process.pid, SIGKILL) }
        try leader.await("leads from now on")
        let other = try site.start(in: second, variables("two"))
        defer { kill(-other.process.pid, SIGKILL) }
        try other.await("msg=\"started\"")
        // The server's certificate is not valid before it was made.
        for (number, shift) in ["+7h", "+0", "+20h", "+0"].enumerated() {
            try clock.set(shift)
            let commit = try site.push("Change \(number)", ["a": "\(number)\n"])
            try eventually("\(number) is deployed: \(leader.said)") { (try? site.trailer("Source-Commit", in: site.remote)) == commit.description }
            // For longer than a request of the Lease may take its time.
            sleep(3)
        }
        #expect(leader.count("does not lead") == 0 && other.count("leads from now on") == 0, "\(leader.said)\n\(other.said)")
        try end(other)
        try end(leader)
        #expect(try site.ops("verify").code == 0)
    }
}

/// The clock of one process.
private struct FakeClock {
    /// Debian's faketime.
    static let library = ["x86_64", "aarch64"].map { "/usr/lib/\($0)-linux-gnu/faketime/libfaketimeMT.so.1" }.first { (path: String) in access(path, R_OK) == 0 }

    let scratch: Scratch

    init(_ scratch: Scratch) throws {
        self.scratch = scratch
        try set("+0")
    }

    /// - Parameter shift: beside the true time, as `-5h`.
    func set(_ shift: String) throws { try scratch.write(shift + "\n", to: "clock") }

    /// What counts seconds goes on as it does when a clock is set.
    var variables: [String: String] {
        [
            "LD_PRELOAD": FakeClock.library ?? "", "FAKETIME_TIMESTAMP_FILE": scratch("clock"), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1",
            // The times of files stay as well.
            "NO_FAKE_STAT": "1",
        ]
    }
}
