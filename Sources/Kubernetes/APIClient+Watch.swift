import AsyncHTTPClient
import Kubeconfig
import KubernetesModel
import NIOCore
import NIOHTTP1

extension APIClient {
    /// The most bytes of one event: etcd takes 1.5 MiB, and managedFields and other versions add to that.
    private static let eventLimit = 8 << 20

    /// To begin it is tried as any request is; afterwards a lost connection is thrown, with `mayPass`. A connection
    /// on which nothing comes for `Options.idleTimeout` is a lost one. `body` should not take that long either.
    /// - Throws: `ClusterError`, and what `body` throws.
    public func watch(
        _ query: ObjectQuery, from resourceVersion: String, timeout: Int, _ body: @Sendable (WatchEvent) async throws -> Void
    ) async throws {
        var parameters = [
            ("watch", "true"), ("allowWatchBookmarks", "true"), ("timeoutSeconds", String(timeout)), ("resourceVersion", resourceVersion),
        ]
        if let selector = query.labelSelector { parameters.append(("labelSelector", selector)) }
        var request = APIRequest(
            path: try APIPath.collection(query.resource, namespace: query.namespace) + APIPath.query(parameters))
        if query.metadataOnly { request.accept = accepting("PartialObjectMetadata") }
        request.patience = query.patience
        let use = await transports.enterWatch()
        do {
            try await follow(request, query, use, body)
        } catch {
            await transports.leave(use)
            throw error
        }
        await transports.leave(use)
    }

    private func follow(
        _ request: APIRequest, _ query: ObjectQuery, _ use: Transports.Use, _ body: @Sendable (WatchEvent) async throws -> Void
    ) async throws {
        let opened = Opened()
        // The answer of `retrying` is its beginning; what is read from it stands beside.
        let begun = await retrying(request) { credentials, seconds in
            await self.open(request, credentials, use, seconds: seconds, opened)
        }
        _ = try begun.get(or: \.error)
        guard let (response, transport) = await opened.take() else { throw ClusterError(.malformed, "the watch has no answer") }
        var lines = LineReader(limit: APIClient.eventLimit)
        var buffers = response.body.makeAsyncIterator()
        do {
            while let buffer = try await buffers.next() {
                lines.add(buffer)
                while let line = try lines.next() {
                    guard line.readableBytes > 0 else { continue }
                    try Task.checkCancellation()
                    let event = try self.event(line, query)
                    do { try await body(event) } catch { throw FromBody(error: error) }
                }
            }
        } catch let error as FromBody {
            throw error.error
        } catch let error as CancellationError {
            throw error
        } catch {
            try Task.checkCancellation()
            let failure = await transport.failure(of: error, seconds: options.idleTimeout)
            if failure.isStalled { await transports.retire(transport) }
            throw failure.error
        }
        try Task.checkCancellation()
        guard !lines.hasRest else {
            throw transport.lost("\(transport.endpoint) closed the connection in the middle of an event").error
        }
    }

    private func open(
        _ request: APIRequest, _ credentials: Credentials, _ use: Transports.Use, seconds: Double, _ opened: Opened
    ) async -> Result<APIAnswer, TryFailure> {
        let transport: Transport
        do throws(ClusterError) {
            transport = try await transports.transport(for: credentials, use)
        } catch {
            return .failure(TryFailure(error: error))
        }
        do {
            let made = headed(request, credentials, transport, compressed: false)
            let response = try await transport.http.execute(made, deadline: .now() + .milliseconds(Int64(seconds * 1000)))
            await transports.noteAnswer()
            guard response.status == .ok else {
                return try await within(max(1, seconds)) {
                    try await APIClient.answer(response, request, transport)
                }
            }
            await opened.set(response, transport)
            return .success(APIAnswer(status: 200, contentType: "", body: ByteBuffer()))
        } catch {
            let failure = await transport.failure(of: error, seconds: seconds)
            if failure.isStalled { await transports.retire(transport) }
            return .failure(failure)
        }
    }

    /// One event (`WatchEvent` of apimachinery's meta/v1).
    private func event(_ line: ByteBuffer, _ query: ObjectQuery) throws(ClusterError) -> WatchEvent {
        let json = try? line.withUnsafeReadableBytes { try JSON(parsing: $0) }
        guard let json, let type = json["type"]?.string, let object = json["object"] else {
            throw ClusterError(.malformed, "an event of the watch is no event", mayPass: true)
        }
        switch type {
        case "ADDED": return .added(identified(object, query))
        case "MODIFIED": return .modified(identified(object, query))
        case "DELETED": return .deleted(identified(object, query))
        case "BOOKMARK":
            guard let version = object.resourceVersion else {
                throw ClusterError(.malformed, "a bookmark of the watch has no resourceVersion", mayPass: true)
            }
            return .bookmark(resourceVersion: version)
        case "ERROR": throw StatusFailure.failure(of: object, status: 500).error
        default: throw ClusterError(.malformed, "the watch tells of an unknown event '\(oneLine(type, 100))'")
        }
    }
}

/// What whoever watches threw, kept apart from errors of the connection.
private struct FromBody: Error {
    let error: any Error
}

/// The answer that a watch is read from.
private actor Opened {
    private var value: (HTTPClientResponse, Transport)?

    func set(_ response: HTTPClientResponse, _ transport: Transport) {
        value = (response, transport)
    }

    func take() -> (HTTPClientResponse, Transport)? {
        defer { value = nil }
        return value
    }
}
