import Glibc
import Logging
import Posix
import ServiceLifecycle
import Synchronization
import TestSupport

@testable import AgentService

/// Does what blocks in a thread of its own: those of the cooperative pool are what endpoints answer with.
func aside<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in inThread { continuation.resume(with: Result { try body() }) } }
}

/// What somebody was told, in order.
final class Heard: Sendable {
    private let state: Mutex<[String]> = Mutex([])
    var lines: [String] { state.withLock { $0 } }

    func add(_ line: String) { state.withLock { $0.append(line) } }
}

/// A log whose messages are kept, with their metadata in the order of their names.
struct KeptLog: LogHandler {
    let heard: Heard
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        heard.add("\(event.level) \(event.message)" + all.map { " \($0.key)=\($0.value)" }.joined())
    }
}

func keptLogger(_ heard: Heard) -> Logger { Logger(label: "test") { _ in KeptLog(heard: heard) } }

/// Endpoints that answer on a port of their own while a test runs.
final class EndpointSite: Sendable {
    let nudges = Heard()
    let log = Heard()
    let metrics = PrometheusMetrics()
    let unhealthy: Mutex<[String]> = Mutex([])
    let unready: Mutex<[String]> = Mutex([])
    private let address = Mutex("")

    var url: String { "http://" + address.withLock { $0 } }
    var port: UInt16 { UInt16(url.split(separator: ":").last ?? "") ?? 0 }

    /// Lets a test speak with endpoints, which are closed then.
    /// - Parameter body: is given what closes them sooner.
    static func with(
        secrets: [String] = [], listen: String = "127.0.0.1:0", limits: EndpointLimits = EndpointLimits(),
        _ body: (EndpointSite, ServiceGroup) async throws -> Void
    ) async throws {
        let site = EndpointSite()
        let (opened, opening) = AsyncStream.makeStream(of: String.self)
        let endpoints = Endpoints(
            EndpointSettings(listen: listen, hookSecrets: secrets), limits, metrics: site.metrics, logger: keptLogger(site.log),
            unhealthy: { site.unhealthy.withLock { $0 } }, unready: { site.unready.withLock { $0 } }, nudge: { site.nudges.add($0) },
            listening: { opening.yield($0) })
        let group = ServiceGroup(configuration: .init(services: [endpoints], logger: keptLogger(Heard())))
        let running = Task {
            defer { opening.finish() }
            try await group.run()
        }
        for await text in opened {
            site.address.withLock { $0 = text }
            break
        }
        do {
            if site.address.withLock({ !$0.isEmpty }) { try await body(site, group) }
        } catch {
            await group.triggerGracefulShutdown()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await running.value
    }

    struct Answer: Equatable {
        var status: Int
        var body: String
        /// Names in lower case.
        var headers: [String: String] = [:]
    }

    /// Asks with curl.
    func ask(_ path: String, _ arguments: String..., input: String? = nil) async throws -> Answer {
        try await aside { [self] in try curl(path, arguments, input) }
    }

    private func curl(_ path: String, _ arguments: [String], _ input: String?) throws -> Answer {
        let scratch = try Scratch("ask")
        var all = ["-s", "-m", "60", "-D", scratch("head"), "-o", scratch("body"), "-w", "%{http_code}", url + path] + arguments
        if let input { all += ["--data-binary", "@" + (try scratch.write(input, to: "input"))] }
        let curl = try run("curl", all)
        guard let status = Int(curl.output) else { throw TestFailure("curl: \(curl.all)") }
        var headers: [String: String] = [:]
        for line in (scratch.text("head") ?? "").split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " }) }
        }
        return Answer(status: status, body: scratch.text("body") ?? "", headers: headers)
    }

    /// A connection on which a test says what it likes.
    func connection() throws -> Connection { try Connection(port) }

    final class Connection: Sendable {
        let socket: FileDescriptor

        init(_ port: UInt16) throws {
            socket = FileDescriptor(owning: Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0))
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            let isConnected = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(socket.number, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            guard isConnected else { throw SystemError(errno, "cannot connect") }
        }

        /// - Returns: whether it could be sent.
        @discardableResult
        func say(_ text: String) -> Bool {
            let bytes = Array(text.utf8)
            return send(socket.number, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
        }

        /// What comes until the other side ends it.
        func rest() async throws -> String {
            try await aside { [self] in
                var all: [UInt8] = []
                while let some = try? socket.read(), !some.isEmpty { all += some }
                return String(decoding: all, as: UTF8.self)
            }
        }

        /// What comes first.
        func first() async throws -> String { try await aside { [self] in String(decoding: try socket.read(), as: UTF8.self) } }
    }
}
