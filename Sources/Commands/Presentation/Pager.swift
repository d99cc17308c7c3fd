import Glibc
import Operations
import Posix

/// Sends standard output through the pager that git would use, until `finish`.
final class Pager {
    private let watch: ProcessWatch
    private let saved: Int32

    /// - Returns: nil where there is no terminal, no pager, or one runs already.
    init?(_ session: Session) {
        guard session.terminal.isOutputTerminal, session.variables["GIT_PAGER_IN_USE"] == nil,
            let pager = session.git.line(["var", "GIT_PAGER"]), !pager.isEmpty, pager != "cat",
            let pipe = try? Pipe()
        else { return nil }
        var environment = session.variables
        // git's own defaults (git(1), core.pager).
        if environment["LESS"] == nil { environment["LESS"] = "FRX" }
        if environment["LV"] == nil { environment["LV"] = "-c" }
        var command = Command("/bin/sh", ["-c", pager], environment: environment)
        command.input = .descriptor(pipe.readEnd)
        guard let pid = try? command.start(), let watch = try? ProcessWatch(pid) else { return nil }
        self.watch = watch
        saved = dup(1)
        dup2(pipe.writeEnd, 1)
    }

    /// Lets the pager show what is left, and waits for it.
    func finish() {
        dup2(saved, 1)
        close(saved)
        _ = try? watch.reap()
    }
}
