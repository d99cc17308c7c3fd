import Glibc
import Posix
import Synchronization
import TestSupport

/// A server of HTTP/1.1 on loopback that records what it is sent and does what a test wants, also what no
/// server should do.
final class Receiver: Sendable {
    enum Conduct: Sendable {
        case answer(Int, [(String, String)] = [], String = "")
        /// Says this, whatever it is, and closes the connection.
        case raw(String)
        /// Says this, and then nothing more.
        case unfinished(String)
        /// Says this, and then a byte now and then for as long as somebody listens.
        case trickle(String)
        /// Reads, and never answers.
        case silence
        /// Closes the connection without an answer.
        case cut
    }

    struct Request: Sendable {
        var method: String
        var path: String
        /// Names in lower case.
        var headers: [String: String]
        var body: String
    }

    let port: Int
    private let listener: Int32
    private let state: Mutex<(requests: [Request], open: [Int32])> = Mutex(([], []))

    var requests: [Request] { state.withLock { $0.requests } }
    var url: String { "http://127.0.0.1:\(port)" }

    /// - Parameter conduct: what to do about a request, by its number from 0.
    init(_ conduct: @escaping @Sendable (Request, Int) -> Conduct = { _, _ in .answer(200) }) throws {
        (listener, port) = try listening()
        inThread { [self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                state.withLock { $0.open.append(connection) }
                inThread { [self] in serve(connection, conduct) }
            }
        }
    }

    /// Lets go of everybody. A test calls it, since what listens holds the receiver.
    func close() {
        shutdown(listener, Int32(SHUT_RDWR))
        for connection in state.withLock({ $0.open }) { shutdown(connection, Int32(SHUT_RDWR)) }
    }

    private func serve(_ connection: Int32, _ conduct: @Sendable (Request, Int) -> Conduct) {
        var rest: [UInt8] = []
        while let request = read(connection, &rest) {
            let number = state.withLock { state in
                state.requests.append(request)
                return state.requests.count - 1
            }
            switch conduct(request, number) {
            case .answer(let status, let headers, let body):
                let lines = ["HTTP/1.1 \(status) Whatever", "content-length: \(body.utf8.count)"] + headers.map { "\($0.0): \($0.1)" }
                try? FileDescriptor.write(Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8), to: connection)
            case .raw(let text):
                try? FileDescriptor.write(Array(text.utf8), to: connection)
                shutdown(connection, Int32(SHUT_RDWR))
                return
            case .unfinished(let text): try? FileDescriptor.write(Array(text.utf8), to: connection)
            case .trickle(let text):
                try? FileDescriptor.write(Array(text.utf8), to: connection)
                return trickle(to: connection)
            case .silence: continue
            case .cut:
                shutdown(connection, Int32(SHUT_RDWR))
                return
            }
        }
    }

    private func read(_ connection: Int32, _ rest: inout [UInt8]) -> Request? {
        var lines: [String] = []
        while true {
            while let newline = rest.firstIndex(of: 10) {
                let line = String(decoding: rest[..<newline].filter { $0 != 13 }, as: UTF8.self)
                rest.removeFirst(newline + 1)
                guard line.isEmpty else {
                    lines.append(line)
                    continue
                }
                let words = (lines.first ?? "").split(separator: " ").map(String.init)
                guard words.count == 3 else { return nil }
                var headers: [String: String] = [:]
                for line in lines.dropFirst() {
                    let parts = line.split(separator: ":", maxSplits: 1)
                    if parts.count == 2 { headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " }) }
                }
                let length = headers["content-length"].flatMap { Int($0) } ?? 0
                while rest.count < length {
                    guard let some = try? FileDescriptor.read(from: connection), !some.isEmpty else { return nil }
                    rest += some
                }
                let body = String(decoding: rest.prefix(length), as: UTF8.self)
                rest.removeFirst(length)
                return Request(method: words[0], path: words[1], headers: headers, body: body)
            }
            guard let some = try? FileDescriptor.read(from: connection), !some.isEmpty else { return nil }
            rest += some
        }
    }
}

/// Writes a byte now and then for as long as somebody listens.
func trickle(to connection: Int32) {
    while send(connection, "2", 1, Int32(MSG_NOSIGNAL)) == 1 { usleep(100_000) }
}

/// A socket that listens on a free port of loopback.
func listening() throws -> (socket: Int32, port: Int) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(listener, $0, length) == 0 && listen(listener, 64) == 0 && getsockname(listener, $0, &length) == 0
        }
    }
    guard isBound else { throw TestFailure("cannot listen") }
    return (listener, Int(UInt16(bigEndian: address.sin_port)))
}

extension Receiver {
    /// Lines that somebody heard.
    final class Heard: Sendable {
        private let state: Mutex<[String]> = Mutex([])
        var lines: [String] { state.withLock { $0 } }

        func add(_ line: String) {
            state.withLock { $0.append(line) }
        }
    }
}
