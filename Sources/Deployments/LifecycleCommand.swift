import Git
import Glibc
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
    /// Where it is noted which process runs, for whoever comes after a crash.
    let stateFolder: String

    /// The most that is taken of what one command writes, in bytes.
    private static let mostOutput = 1 << 20

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
        // It begins when it is noted that it runs; where this process dies before that, it never does.
        let script = "read -r _ <&3 || exit 125; exec 3<&-\n" + line
        var command = Command("/bin/sh", ["-c", script], environment: variables(stage, staged: staged))
        // A first deployment that was undone has taken its directory with it.
        command.directory = staged ?? directory.flatMap { access($0, X_OK) == 0 ? $0 : nil } ?? "/"
        let input = paths.flatMap { path -> [UInt8] in path.bytes + [0] }
        var lines = LineSplitter()
        var taken = 0
        let place = LifecycleCommand.runningPath(stateFolder)
        defer { unlink(place) }
        do throws(SystemError) {
            let start = try Pipe()
            command.keeps = start.readEnd
            let end = try command.run(standardInput: input, timeout: timeout) { pid in
                start.closeReadEnd()
                LifecycleCommand.note(RunningProcess(pid), at: place)
                try? FileDescriptor.write([UInt8(ascii: "\n")], to: start.writeEnd)
                start.closeWriteEnd()
            } onOutput: { bytes in
                guard taken <= LifecycleCommand.mostOutput else { return }
                taken += bytes.count
                for line in lines.take(bytes) { onLine(outputLine(line)) }
                if taken > LifecycleCommand.mostOutput { onLine("(it writes more, which is left out)") }
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

    /// Not synced: where the machine goes down, the process goes with it.
    private static func note(_ process: RunningProcess, at place: String) {
        guard let file = try? FileDescriptor(opening: place, O_WRONLY | O_CREAT | O_TRUNC) else { return }
        try? file.write(Array(process.text.utf8))
    }

    private static func runningPath(_ folder: String) -> String { folder + "/command" }

    /// Ends what a deployment that was killed left running, so that it does not work beside the next.
    static func endLeftOver(stateFolder: String) {
        let place = runningPath(stateFolder)
        guard let bytes = try? contents(ofFile: place, limit: 4096) else { return }
        if let process = RunningProcess(text: String(decoding: bytes, as: UTF8.self)), process.isThere {
            kill(-process.pid, SIGTERM)
            let deadline = monotonicSeconds() + 5
            while process.isThere, monotonicSeconds() < deadline { usleep(10_000) }
            kill(-process.pid, SIGKILL)
        }
        unlink(place)
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

/// A process, told from a later one of the same number by the moment it was started.
private struct RunningProcess {
    let pid: pid_t
    private let started: String

    init(_ pid: pid_t) {
        self.pid = pid
        started = RunningProcess.start(of: pid) ?? "?"
    }

    init?(text: String) {
        let words = text.split(separator: " ")
        guard words.count == 2, let pid = pid_t(words[0]), pid > 1 else { return nil }
        self.pid = pid
        started = String(words[1])
    }

    var text: String { "\(pid) \(started)" }

    /// Whether it still runs.
    var isThere: Bool { RunningProcess.start(of: pid) == started }

    /// The 22nd word of `/proc/<pid>/stat` (proc(5)); the second, in brackets, may hold anything. A corpse
    /// is not there.
    private static func start(of pid: pid_t) -> String? {
        guard let bytes = try? contents(ofFile: "/proc/\(pid)/stat", limit: 4096),
            let bracket = bytes.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let words = String(decoding: bytes[(bracket + 1)...], as: UTF8.self).split(separator: " ")
        guard words.count > 19, words[0] != "Z", words[0] != "X" else { return nil }
        return String(words[19])
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
