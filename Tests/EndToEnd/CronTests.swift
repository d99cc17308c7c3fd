import TestSupport
import Testing

/// A PATH that does not have the folder of the programs, as cron's does not have /usr/local/bin.
@Suite struct CronTests {
    private static let variables = testVariables(["PATH": "/usr/bin:/bin"])

    @Test func theAgentIsFoundBesideTheProgram() throws {
        let site = try AgentSite("cron")
        let once = try run("\(programFolder)/git-ops", ["agent", "--once"], in: site.agent.path, variables: CronTests.variables)
        #expect(once.succeeded, "\(once.all)")
        #expect(site.live("README") == "zero\n")
    }

    @Test func soIsATarget() throws {
        let site = try AgentSite("cron-target")
        try site.agent.git("config", "ops.default.target", "kubernetes")
        let diff = try run("\(programFolder)/git-ops", ["diff"], in: site.agent.path, variables: CronTests.variables)
        // There is no cluster, and that is what the target says.
        #expect(!diff.succeeded && !diff.error.contains("PATH"), "\(diff.all)")
        try site.agent.git("config", "ops.default.target", "nowhere")
        let other = try run("\(programFolder)/git-ops", ["diff"], in: site.agent.path, variables: CronTests.variables)
        #expect(other.error.contains("which is: /usr/bin:/bin:\(programFolder)\n"), "\(other.all)")
    }
}
