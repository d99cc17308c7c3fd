import TestSupport
import Testing

/// What `git ops doctor` says in the clone of an agent.
@Suite struct AgentDoctorTests {
    @Test func theCloneOfAnAgentNeedsNoHooks() throws {
        let site = try AgentSite("doctor")
        #expect(try site.once().succeeded)
        // As it is where nothing is set that belongs to the agent alone.
        for key in ["ops.agentListen", "ops.agentInterval"] { try site.agent.git("config", "--unset", key) }
        let well = try site.ops("doctor")
        #expect(well.code == 0, "\(well.all)")
        #expect(well.output.contains("ok: clone of an agent\nok: remote 'origin' answers\n"), "\(well.all)")
        #expect(!well.output.contains("hook") && !well.output.contains("receive."), "\(well.all)")
        #expect(try site.ops("doctor", "-q").output.isEmpty)
        // What somebody has set up to be pushed to is judged as that too.
        #expect(try site.ops("init").succeeded)
        try site.agent.git("config", "--unset-all", "receive.hideRefs")
        let both = try site.ops("doctor")
        #expect(both.code == 1 && both.output.contains("ok: clone of an agent\n") && both.output.contains("error: receive.hideRefs is not refs/ops"), "\(both.all)")
    }

    @Test func whatKeepsAnAgentFromWorkingIsSaid() throws {
        let site = try AgentSite("doctor-ill")
        func says(_ key: String, _ value: String, _ words: String) throws {
            let before = try site.agent.attempt("config", "--get", key)
            try site.agent.git("config", key, value)
            let ill = try site.ops("doctor", "-q")
            #expect(ill.code == 1 && ill.output.contains(words), "\(key): \(ill.all)")
            if before.succeeded { try site.agent.git("config", key, String(before.output.dropLast())) } else { try site.agent.git("config", "--unset", key) }
        }
        try says("ops.agentInterval", "soon", "error: ops.agentInterval is not a duration")
        try says("ops.agentHookSecretFile", site.scratch("gone"), "error: ops.agentHookSecretFile: there is no '\(site.scratch("gone"))'")
        try says("ops.agentRemote", "upstream", "error: ops.agentRemote names no remote: 'upstream'")
        try says("remote.origin.url", site.scratch("gone"), "error: remote 'origin' cannot be fetched from: '\(site.scratch("gone"))' does not appear to be a git repository")
    }

    @Test func whoeverVerifiesTrustsSomebody() throws {
        let site = try AgentSite("doctor-trust", settings: ["ops.default.verify": "head"])
        let nobody = "error: ops.default.verify is set and nobody is trusted: gpg.ssh.allowedSignersFile is not set"
        #expect(try site.ops("doctor", "-q").output.contains(nobody + ", and gpg has no keys\n"))
        try site.agent.git("config", "gpg.format", "ssh")
        #expect(try site.ops("doctor", "-q").output.contains(nobody + "\n"))
        try site.agent.git("config", "gpg.ssh.allowedSignersFile", site.scratch("signers"))
        #expect(try site.ops("doctor", "-q").output.contains("error: gpg.ssh.allowedSignersFile: there is no '"))
        try site.scratch.write("# nobody yet\n\n", to: "signers")
        #expect(try site.ops("doctor", "-q").output.contains("error: nobody is trusted: there is no key in '"))
        try site.scratch.write("ann@example.org ssh-ed25519 AAAA\n", to: "signers")
        #expect(try site.ops("doctor").output.contains("ok: signatures are judged by '\(site.scratch("signers"))'\n"))
        try site.agent.git("config", "ops.sign", "true")
        #expect(try site.ops("doctor", "-q").output.contains("error: ops.sign is set, and user.signingKey is not\n"))
    }
}
