import ArgumentParser
import Deployments
import Git
import Glibc
import Operations
import Posix

struct NudgeVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nudge", abstract: "Have the agent of this repository fetch now.", usage: "git ops nudge")

    func run() throws {
        guard try Session().nudgeAgent() else { throw Failure("no agent keeps this repository", hint: "git ops agent", exitCode: 1) }
    }
}

extension Session {
    /// Has the agent that keeps this repository look at everything now.
    /// - Returns: whether there is one.
    func nudgeAgent() throws -> Bool {
        let path = repository.commonDirectory + "ops/_agent/lock"
        guard FileLock.isHeld(path), let text = try contents(ofFile: path, limit: 40), let process = pid_t(String(decoding: text, as: UTF8.self)),
            process > 1
        else { return false }
        guard kill(process, SIGHUP) == 0 else { throw SystemError(errno, "cannot tell process \(process)") }
        return true
    }
}
