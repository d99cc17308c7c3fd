import Deployments
import Git
import Posix

extension Session {
    /// The variables of a git that speaks for itself, and never asks anybody anything.
    package var agentVariables: [String: String] {
        var environment = gitVariables
        environment["LC_ALL"] = "C"
        environment["GIT_TERMINAL_PROMPT"] = "0"
        environment["SSH_ASKPASS"] = nil
        // What is verified is what is deployed, and not what somebody has put in its place.
        environment["GIT_NO_REPLACE_OBJECTS"] = "1"
        // A file that is there makes git give advice.
        environment["GIT_GRAFT_FILE"] = "/dev/null/none"
        // Notes are merged by a commit, and a server often has no identity.
        let committer = environments.committer(.now())
        for role in ["AUTHOR", "COMMITTER"] {
            environment["GIT_\(role)_NAME"] = environment["GIT_\(role)_NAME"] ?? committer.name
            environment["GIT_\(role)_EMAIL"] = environment["GIT_\(role)_EMAIL"] ?? committer.email
        }
        if environment["GIT_SSH_COMMAND"] == nil, environment["GIT_SSH"] == nil, configuration["core.sshCommand"] == nil {
            environment["GIT_SSH_COMMAND"] = "ssh -o BatchMode=yes -o ConnectTimeout=20 -o ServerAliveInterval=15"
        }
        return environment
    }
}
