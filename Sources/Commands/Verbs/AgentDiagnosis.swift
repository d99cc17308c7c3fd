import Deployments
import Git
import Glibc
import Operations
import Posix

extension Diagnosis {
    /// Seconds for a remote to say that it is there.
    private static let patience = 30.0

    /// Whether an agent works here, or is meant to: then nobody has to push here.
    var isAgents: Bool {
        var status = stat()
        if lstat(session.repository.commonDirectory + "ops/_agent", &status) == 0 { return true }
        if (try? session.repository.references(matching: "refs/ops/_agent/*").isEmpty) == false { return true }
        return session.configuration.entries.contains { $0.key.hasPrefix("ops.agent") && !$0.key.dropFirst(4).contains(".") }
    }

    /// What an agent needs.
    func agent() -> [Finding] {
        let settings: AgentSettings
        do {
            settings = try AgentSettings(session.configuration)
            _ = try settings.hookSecrets()
        } catch {
            let failure = Failure(error)
            return [.wrong(failure.message, mend: failure.hint ?? "see git-ops-config(5), The agent")] + trust() + signing()
        }
        let isHeld = FileLock.isHeld(session.repository.commonDirectory + "ops/_agent/lock")
        return [.fine("clone of an agent" + (isHeld ? ", which runs" : ""))] + remote(settings.remote) + trust() + signing()
    }

    private func remote(_ name: String) -> [Finding] {
        let shown = plainLine(name, limit: 80)
        var output: [UInt8] = []
        let mend = "git ls-remote \(shown), as the user that the agent runs as"
        do {
            let end = try Command("git", ["ls-remote", "--quiet", name, "HEAD"], environment: session.agentVariables).run(timeout: Diagnosis.patience) { output += $0 }
            if end.succeeded { return [.fine("remote '\(shown)' answers")] }
            let lines = GitProcess.lines(output)
            let words = (lines.first { $0.hasPrefix("fatal: ") } ?? lines.first).map { $0.hasPrefix("fatal: ") ? String($0.dropFirst(7)) : $0 }
            return [.wrong("remote '\(shown)' cannot be fetched from: \(plainLine(words ?? "it does not answer", limit: 200))", mend: mend)]
        } catch {
            return [.wrong("remote '\(shown)' cannot be fetched from: \(Failure(error).message)", mend: mend)]
        }
    }

    /// Whether there is anybody whose signature counts.
    private func trust() -> [Finding] {
        let verified = session.configuration.subsections(of: "ops").filter { name in
            let settings = EnvironmentSettings(environment: name, configuration: session.configuration)
            return settings.target != nil && (try? settings.signaturePolicy()).map { $0 != .none } ?? false
        }
        guard let name = verified.first else { return [] }
        let mend = "git config gpg.ssh.allowedSignersFile /etc/git-ops/signers"
        guard let path = session.git.line(["config", "--type=path", "--get", "gpg.ssh.allowedSignersFile"]), !path.isEmpty else {
            let isSSH = session.configuration["gpg.format"] == "ssh"
            guard isSSH || !gpgHasKeys() else { return [.fine("signatures are judged by the keys of gpg")] }
            return [
                .wrong(
                    "ops.\(plainLine(name, limit: 80)).verify is set and nobody is trusted: gpg.ssh.allowedSignersFile is not set" + (isSSH ? "" : ", and gpg has no keys"),
                    mend: mend)
            ]
        }
        let shown = plainLine(path, limit: 200)
        do {
            guard let bytes = try contents(ofFile: path) else { return [.wrong("gpg.ssh.allowedSignersFile: there is no '\(shown)'", mend: mend)] }
            let hasKeys = GitProcess.lines(bytes).contains { line in line.first { $0 != " " && $0 != "\t" }.map { $0 != "#" } ?? false }
            return hasKeys
                ? [.fine("signatures are judged by '\(shown)'")] : [.wrong("nobody is trusted: there is no key in '\(shown)'", mend: "see ssh-keygen(1), allowed signers")]
        } catch {
            return [.wrong("gpg.ssh.allowedSignersFile: \(error)", mend: "chmod, for the user that the agent runs as")]
        }
    }

    private func gpgHasKeys() -> Bool {
        let program = session.configuration["gpg.openpgp.program"] ?? session.configuration["gpg.program"] ?? "gpg"
        var output: [UInt8] = []
        let end = try? Command(program, ["--batch", "--list-keys", "--with-colons"], environment: session.variables).run(timeout: Diagnosis.patience) { output += $0 }
        return end?.succeeded ?? false && GitProcess.lines(output).contains { $0.hasPrefix("pub:") }
    }

    /// Whether there is what the record is to be signed with.
    private func signing() -> [Finding] {
        guard session.configuration.boolean("ops.sign") == true, session.configuration["gpg.format"] == "ssh",
            session.configuration["gpg.ssh.defaultKeyCommand"] == nil
        else { return [] }
        let mend = "git config user.signingKey <file of a private key that has no passphrase>"
        guard let key = session.git.line(["config", "--type=path", "--get", "user.signingKey"]), !key.isEmpty else {
            return [.wrong("ops.sign is set, and user.signingKey is not", mend: mend)]
        }
        guard !key.hasPrefix("key::"), !key.hasPrefix("ssh-"), access(key, R_OK) != 0 else { return [] }
        return [.wrong("user.signingKey: '\(plainLine(key, limit: 200))' cannot be read", mend: mend)]
    }
}
