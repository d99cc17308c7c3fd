import Deployments
import Environments
import Git
import Glibc
import Manifests
import Operations
import Posix
import Rendering

/// Where a verb writes: results to standard output, messages to standard error, in git's form.
struct Terminal {
    let isOutputTerminal = isatty(1) == 1
    let isErrorTerminal = isatty(2) == 1

    /// The places of a line of the terminal on standard output; nil where it is none.
    var width: Int? {
        var size = winsize()
        guard isOutputTerminal, ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// Writes to standard output. Ends the process as SIGPIPE would where nobody reads any more.
    func write(_ text: String) { write(bytes: Array(text.utf8)) }

    func write(bytes: [UInt8]) {
        do throws(SystemError) {
            try FileDescriptor.write(bytes, to: 1)
        } catch {
            if error.number == EPIPE { exit(141) }
            exit(128)
        }
    }

    /// Writes a line to standard output.
    func print(_ line: String = "") {
        write(line + "\n")
    }

    /// Writes a line to standard error. Where nobody reads it, there is nobody to tell.
    func message(_ line: String) {
        try? FileDescriptor.write(Array((line + "\n").utf8), to: 2)
    }

    /// Tells of an error in git's form: `fatal: …`, then `hint: …`.
    /// - Returns: the exit code.
    func report(_ error: any Error, prefix: String = "fatal") -> Int32 {
        let failure = Failure(error)
        for diagnostic in failure.diagnostics { message(diagnostic.rendered) }
        message("\(prefix): \(failure.message)")
        if let hint = failure.hint { message("hint: \(hint)") }
        return failure.exitCode
    }
}

extension Session {
    var terminal: Terminal { Terminal() }
}
