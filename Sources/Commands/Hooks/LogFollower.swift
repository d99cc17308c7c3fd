import Deployments
import Glibc
import Posix

/// A request whose answer is waited for.
struct FollowedRequest {
    let environment: String
    /// The file of the answer.
    let log: String
    /// The process that answers it, or that waits until another has.
    let worker: ProcessWatch
}

/// Prints the answers to requests as they are written, until each has ended.
struct LogFollower {
    private var open: [Followed]
    private let watch: FileWatch

    private final class Followed {
        let request: FollowedRequest
        let file: FileDescriptor
        var lines = LineSplitter()
        var code: Int32?

        init(_ request: FollowedRequest) throws {
            self.request = request
            file = try FileDescriptor(opening: request.log, O_RDONLY)
        }
    }

    init(_ requests: [FollowedRequest]) throws {
        watch = try FileWatch()
        for request in requests { try watch.add(request.log) }
        open = try requests.map { try Followed($0) }
    }

    /// - Returns: the worst of the exit codes.
    func follow() throws -> Int32 {
        var ended: Set<Int32> = []
        while true {
            // Whoever has ended by now has written all it will.
            let finished = ended
            watch.drain()
            for followed in open where followed.code == nil {
                guard try printNew(followed) else { return 0 }
                if followed.code == nil, finished.contains(followed.request.worker.descriptor) {
                    write("error: \(followed.request.environment): the process that deploys it died\n")
                    write("hint: on the server: git ops apply \(followed.request.environment)\n")
                    followed.code = 128
                }
            }
            let waiting = open.filter { $0.code == nil }
            if waiting.isEmpty { return open.compactMap(\.code).max() ?? 0 }
            var polls = [pollfd(fd: watch.descriptor, events: Int16(POLLIN), revents: 0)]
            for followed in waiting where !ended.contains(followed.request.worker.descriptor) {
                polls.append(pollfd(fd: followed.request.worker.descriptor, events: Int16(POLLIN), revents: 0))
            }
            // One more look at the log after a worker's end, at once.
            let patience: Int32 = polls.count - 1 < waiting.count ? 0 : -1
            _ = poll(&polls, nfds_t(polls.count), patience)
            for entry in polls.dropFirst() where entry.revents != 0 { ended.insert(entry.fd) }
        }
    }

    /// - Returns: false where nobody reads any more.
    private func printNew(_ followed: Followed) throws -> Bool {
        while true {
            let bytes = try followed.file.read()
            if bytes.isEmpty { return true }
            for line in followed.lines.take(bytes) {
                let text = String(decoding: line, as: UTF8.self)
                if text.hasPrefix(DeploymentQueue.endMark) {
                    followed.code = Int32(text.dropFirst(DeploymentQueue.endMark.count)) ?? 128
                    return true
                }
                guard write(text + "\n") else { return false }
            }
        }
    }

    /// Writes to standard error without ever blocking for long: a pusher that died leaves a pipe that
    /// nobody empties.
    @discardableResult
    private func write(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: 4096) {
            var polls = [pollfd(fd: 2, events: Int16(POLLOUT), revents: 0)]
            // A pipe that is ready takes PIPE_BUF bytes, 4096, without blocking (pipe(7)).
            guard poll(&polls, 1, 10_000) == 1, polls[0].revents & Int16(POLLOUT) != 0 else { return false }
            let chunk = Array(bytes[start..<min(start + 4096, bytes.count)])
            guard (try? FileDescriptor.write(chunk, to: 2)) != nil else { return false }
        }
        return true
    }
}
