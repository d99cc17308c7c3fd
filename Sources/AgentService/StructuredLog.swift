import Glibc
public import Logging
import Posix
import Synchronization

/// Writes each message as one line, for people and programs alike.
///
/// A line of `logfmt` is `time=2026-11-23T17:00:00.123Z level=info msg="fetched" environment=production`; one of
/// `json` has the same keys in an object. Metadata follow by name, and where they are called as one of the keys in
/// front they have a `_` behind. Control characters, also those that would command a terminal or turn the direction
/// of writing, are escaped.
///
/// A line is written as a whole, and lines of several threads do not mix. Where nobody reads the pipe that it goes
/// to, a message waits for `patience`, and is dropped then; those that come while it is full are dropped at once. How
/// many went is said in a line of its own as soon as there is room.
public struct StructuredLog: LogHandler {
    /// How lines are written.
    public enum Format: String, Sendable, CaseIterable {
        case logfmt
        case json
    }

    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?
    private let format: Format
    private let output: LogOutput

    /// - Parameters:
    ///   - format: how lines are written.
    ///   - level: of what is less than this, nothing is said.
    ///   - output: where lines go, which all handlers of a program share.
    public init(_ format: Format, level: Logger.Level = .info, output: LogOutput = .standardError) {
        self.format = format
        self.output = output
        logLevel = level
    }

    /// The level of a name: `debug`, `INFO`, `warn`; nil for what is none.
    public static func level(named name: String) -> Logger.Level? {
        switch name.lowercased() {
        case "warn": .warning
        case "err": .error
        case let name: Logger.Level(rawValue: name)
        }
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
        if let given = event.metadata { all.merge(given) { _, new in new } }
        if let error = event.error, all["error"] == nil { all["error"] = .string("\(error)") }
        let now = Moment.now()
        output.write(LogLine(time: now, level: event.level, message: event.message.description, metadata: all).bytes(format)) { dropped in
            LogLine(
                time: now, level: .warning, message: "messages were dropped because nobody read them",
                metadata: ["dropped": .stringConvertible(dropped)]
            ).bytes(format)
        }
    }
}

/// Where lines of a log go.
public final class LogOutput: Sendable {
    /// The standard error of this process.
    public static let standardError = LogOutput(STDERR_FILENO)

    private let number: Int32
    private let patience: Double
    private let state = Mutex(State())

    private struct State {
        /// Lines that went nowhere since the last that was written.
        var dropped = 0
        /// Whether the last who came waited in vain, so that not everybody has to.
        var isFull = false
        /// What is left of a line that is half written; nothing may come between.
        var rest: ArraySlice<UInt8> = []
    }

    /// - Parameters:
    ///   - number: a descriptor, which is not closed.
    ///   - patience: seconds that a message waits for room.
    public init(_ number: Int32, patience: Double = 1) {
        self.number = number
        self.patience = patience
    }

    /// - Parameters:
    ///   - line: with its newline.
    ///   - notice: the line that says that a number of lines was dropped.
    func write(_ line: [UInt8], _ notice: (Int) -> [UInt8]) {
        state.withLock { state in
            let deadline = monotonicSeconds() + (state.isFull ? 0 : patience)
            state.isFull = !send(&state.rest, deadline)
            if state.isFull {
                state.dropped += 1
                return
            }
            let told = state.dropped > 0 ? notice(state.dropped) : []
            var whole = (told + line)[...]
            state.isFull = !send(&whole, deadline)
            if whole.count == told.count + line.count {
                state.dropped += 1
            } else {
                // What of it is not out goes first when there is room.
                state.dropped = 0
                state.rest = whole
            }
        }
    }

    /// - Returns: whether all went out. What did is removed.
    private func send(_ bytes: inout ArraySlice<UInt8>, _ deadline: Double) -> Bool {
        while !bytes.isEmpty {
            // A pipe that takes this much takes it without waiting, and as a whole (pipe(7), PIPE_BUF).
            let part = bytes.prefix(Int(PIPE_BUF))
            var entry = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
            let wait = max(0, deadline - monotonicSeconds())
            let ready = poll(&entry, 1, Int32((wait * 1000).rounded(.up)))
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { return false }
            // Its readers are gone; to write would end the process where it does not ignore SIGPIPE.
            if entry.revents & Int16(POLLERR | POLLNVAL) != 0 {
                bytes = []
                return true
            }
            let written = part.withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) }
            if written < 0 {
                if errno == EINTR { continue }
                if errno == EAGAIN, monotonicSeconds() < deadline { continue }
                // Where it cannot be written at all there is nobody to tell.
                if errno != EAGAIN { bytes = [] }
                return bytes.isEmpty
            }
            bytes = bytes.dropFirst(written)
        }
        return true
    }
}
