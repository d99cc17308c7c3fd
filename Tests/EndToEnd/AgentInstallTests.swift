import Git
import Posix
import TestSupport
import Testing

/// What `git ops agent install` prints; that it is valid is tested with the texts.
@Suite struct AgentInstallTests {
    @Test func theUnitIsOfThisRepositoryAndItsDirectories() throws {
        let site = try AgentSite("install", environments: ["production", "staging"])
        let unit = try run("git", ["ops", "agent", "install", "--systemd", "--user", "www-data"], in: site.agent.path)
        #expect(unit.code == 0, "\(unit.all)")
        #expect(unit.output.contains("\nUser=www-data\n"))
        #expect(unit.output.contains("\nWorkingDirectory=\(site.agent.path)\n"))
        for name in ["production", "staging"] { #expect(unit.output.contains(site.scratch("live/\(name)"))) }
    }

    @Test func theManifestsAreOfThisRepositoryAndItsEnvironments() throws {
        let site = try AgentSite("install-kubernetes", environments: ["production", "staging"])
        try site.agent.git("config", "ops.staging.namespace", "stage")
        let missing = try run("git", ["ops", "agent", "install", "--kubernetes"], in: site.agent.path)
        #expect(missing.code == 129 && missing.error.hasPrefix("fatal: the image is missing\nhint: --image "), "\(missing.all)")
        let manifests = try run("git", ["ops", "agent", "install", "--kubernetes", "--image", "registry.example.org/git-ops:1"], in: site.agent.path)
        #expect(manifests.code == 0, "\(manifests.all)")
        #expect(manifests.output.contains("registry.example.org/git-ops:1") && manifests.output.contains(site.remote.path))
        #expect(manifests.output.contains("namespace: production\n") && manifests.output.contains("namespace: stage\n"))
        #expect(!manifests.output.contains("namespace: staging\n"))
    }

    @Test func whatForIsAsked() throws {
        let site = try AgentSite("install-neither")
        let end = try run("git", ["ops", "agent", "install"], in: site.agent.path)
        #expect(end.code == 129 && end.error == "fatal: what for? --systemd or --kubernetes\n", "\(end.all)")
    }
}
