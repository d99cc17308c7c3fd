import Git
import Posix

/// Runs the commands that the configuration of an environment names, each with a clean environment, its
/// own process group and a time limit. Nothing of a push reaches them but the names of changed paths.
struct LifecycleCommand {
    let environment: Environment
    let commit: ObjectID
    /// Where the target is, if it is a directory.
    let directory: String?
    /// Seconds.
    let timeout: Double

    /// - Parameters:
    ///   - stage: which of them.
    ///   - staged: the staged copy, for `preApply`.
    ///   - paths: given on standard input, each ended by NUL.
    ///   - onLine: given each line that it writes.
    /// - Returns: nil where it went well or none is configured; else why not.
    func run(
        _ stage: LifecycleStage, staged: String? = nil, paths: [RepositoryPath], onLine: (String) -> Void
    ) -> String? {
        guard let line = environment.settings.command(stage) else { return nil }
        var command = Command("/bin/sh", ["-c", line], environment: variables(stage, staged: staged))
        command.directory = staged ?? directory ?? "/"
        let input = paths.flatMap { path -> [UInt8] in path.bytes + [0] }
        var lines = LineSplitter()
        do throws(SystemError) {
            let end = try command.run(standardInput: input, timeout: timeout) { bytes in
                for line in lines.take(bytes) { onLine(outputLine(line)) }
            }
            for line in lines.rest() { onLine(outputLine(line)) }
            switch end {
            case .exited(0): return nil
            case .timedOut: return "\(stage.rawValue) did not end within \(durationText(timeout))"
            default: return "\(stage.rawValue) failed: \(end)"
            }
        } catch {
            return "\(stage.rawValue) could not be run: \(error)"
        }
    }

    private func variables(_ stage: LifecycleStage, staged: String?) -> [String: String] {
        let user = localUser()
        var variables = [
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": user.home, "USER": user.name, "LOGNAME": user.name, "LANG": "C.UTF-8",
            "GIT_OPS_ENVIRONMENT": environment.name, "GIT_OPS_COMMIT": commit.description,
            "GIT_OPS_STAGE": stage.rawValue,
        ]
        if let directory { variables["GIT_OPS_DIRECTORY"] = directory }
        if let staged { variables["GIT_OPS_STAGED"] = staged }
        return variables
    }
}

/// Cuts a stream of bytes into lines; a line that never ends is cut where it is too long.
public struct LineSplitter {
    private var pending: [UInt8] = []
    private let longest: Int

    public init(longest: Int = 65536) {
        self.longest = longest
    }

    /// The lines that are whole now.
    public mutating func take(_ bytes: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") || pending.count >= longest {
                lines.append(pending)
                pending = byte == UInt8(ascii: "\n") ? [] : [byte]
            } else {
                pending.append(byte)
            }
        }
        return lines
    }

    /// What came after the last line break, at the end.
    public mutating func rest() -> [[UInt8]] {
        defer { pending = [] }
        return pending.isEmpty ? [] : [pending]
    }
}
