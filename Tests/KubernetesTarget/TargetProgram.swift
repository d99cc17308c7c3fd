import Glibc
import KubernetesModel
import Posix
import TestSupport

/// The one that can be changed; `Manifests` has another of that name.
typealias JSON = KubernetesModel.JSON

/// The built program, spoken with as git-ops does.
final class TargetProgram {
    let watch: ProcessWatch
    private var input: FileDescriptor
    private var output: FileDescriptor
    private let scratch: Scratch
    private var buffer: [UInt8] = []
    private var isReaped = false

    /// What it said to people.
    var notes: String { scratch.text("notes") ?? "" }

    init() throws {
        scratch = try Scratch("target")
        let (toProgram, fromProgram) = (try Pipe(), try Pipe())
        var command = Command(programFolder + "/git-ops-target-kubernetes", [], environment: testVariables())
        command.directory = "/"
        command.input = .descriptor(toProgram.readEnd)
        command.output = .descriptor(fromProgram.writeEnd)
        let notes = try FileDescriptor(opening: scratch("notes"), O_WRONLY | O_CREAT | O_APPEND)
        command.error = .descriptor(notes.number)
        watch = try ProcessWatch(try command.start(ownGroup: true))
        input = FileDescriptor(owning: fcntl(toProgram.writeEnd, F_DUPFD_CLOEXEC, 0))
        output = FileDescriptor(owning: fcntl(fromProgram.readEnd, F_DUPFD_CLOEXEC, 0))
    }

    deinit {
        guard !isReaped else { return }
        Glibc.kill(watch.pid, SIGKILL)
        _ = try? watch.reap()
    }

    func say(_ lines: [JSON]) throws {
        try input.write(lines.flatMap { $0.bytes + [UInt8(ascii: "\n")] })
    }

    func say(raw line: String) throws { try input.write(Array((line + "\n").utf8)) }

    /// The next line; nil at the end.
    func line() throws -> JSON? {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                defer { buffer.removeFirst(end + 1) }
                return try JSON(parsing: Array(buffer[..<end]))
            }
            var polls = [pollfd(fd: output.number, events: Int16(POLLIN), revents: 0)]
            guard poll(&polls, 1, 120_000) == 1 else { throw TestFailure("the program says nothing") }
            let bytes = try output.read()
            if bytes.isEmpty { return nil }
            buffer += bytes
        }
    }

    /// All lines up to the one that ends an answer.
    func answer() throws -> [JSON] {
        var lines: [JSON] = []
        while true {
            guard let line = try line() else { throw TestFailure("the program has ended: \(notes)") }
            lines.append(line)
            if line["error"] != nil || ["done", "content", "hello"].contains(line["type"]?.string ?? "") { return lines }
        }
    }

    func ask(_ lines: [JSON]) throws -> [JSON] {
        try say(lines)
        return try answer()
    }

    /// Closes both of its streams, as the end of git-ops does, and waits until it has ended by itself.
    func hangUp() throws {
        closeInput()
        stopReading()
        try end()
    }

    /// Says nothing more, and reads on.
    func closeInput() { input = FileDescriptor(owning: open("/dev/null", O_RDWR | O_CLOEXEC)) }

    func stopReading() { output = FileDescriptor(owning: open("/dev/null", O_RDWR | O_CLOEXEC)) }

    /// Whether it ends by itself within some seconds.
    func ends(within seconds: Int32) -> Bool {
        var polls = [pollfd(fd: watch.descriptor, events: Int16(POLLIN), revents: 0)]
        return poll(&polls, 1, seconds * 1000) == 1
    }

    /// Waits until it has ended by itself.
    func end() throws {
        guard ends(within: 60) else { throw TestFailure("it does not end") }
        _ = try watch.reap()
        isReaped = true
    }

    func kill() throws {
        Glibc.kill(watch.pid, SIGKILL)
        _ = try watch.reap()
        isReaped = true
    }
}
