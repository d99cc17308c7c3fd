public import KubernetesModel
import NIOCore
import NIOHTTP1

extension APIClient {
    public func version() async throws(ClusterError) -> String {
        let answer = try await send(APIRequest(path: "/version"))
        guard let version = try read(answer)["gitVersion"]?.string else {
            throw ClusterError(.malformed, "the server does not say its version")
        }
        return oneLine(version, 100)
    }

    /// A 404 that is no `Status` of the API is thrown: something between may have said it, and what is not known
    /// is not absent.
    public func get(_ resource: APIResource, namespace: String?, name: String) async throws(ClusterError) -> JSON? {
        let request = APIRequest(path: try APIPath.object(resource, namespace: namespace, name: name))
        switch await sendTelling(request) {
        case .success(let answer): return try read(answer)
        case .failure(let failure) where failure.isAbsence: return nil
        case .failure(let failure): throw failure.error
        }
    }

    public func apply(
        _ object: JSON, _ resource: APIResource, namespace: String?, name: String, _ options: ApplyOptions
    ) async throws(ClusterError) -> JSON {
        var object = object
        // The server refuses an apply that has them.
        if object.at("metadata", "managedFields") != nil { object.set("metadata", "managedFields", to: nil) }
        var parameters = [
            ("fieldManager", options.fieldManager), ("force", options.force ? "true" : "false"), ("fieldValidation", "Strict"),
        ]
        if options.dryRun { parameters.append(("dryRun", "All")) }
        var request = APIRequest(path: try APIPath.object(resource, namespace: namespace, name: name) + APIPath.query(parameters))
        request.method = .PATCH
        // JSON is YAML; servers before 1.34 or so know no JSON by a type of its own here.
        request.contentType = "application/apply-patch+yaml"
        request.body = ByteBuffer(bytes: object.bytes)
        return try read(try await send(request))
    }

    public func create(
        _ object: JSON, _ resource: APIResource, namespace: String?, fieldManager: String, dryRun: Bool
    ) async throws(ClusterError) -> JSON {
        if resource.isNamespaced, namespace == nil {
            throw ClusterError(.invalid, "\(resource.kind) '\(oneLine(object.name ?? "", 260))' is of a namespace, and none is given")
        }
        var parameters = [("fieldManager", fieldManager), ("fieldValidation", "Strict")]
        if dryRun { parameters.append(("dryRun", "All")) }
        var request = APIRequest(path: try APIPath.collection(resource, namespace: namespace) + APIPath.query(parameters))
        request.method = .POST
        request.contentType = "application/json"
        request.body = ByteBuffer(bytes: object.bytes)
        request.repetition = dryRun ? .always : .never
        return try read(try await send(request))
    }

    /// It is tried again after a lost connection only where the operations name a `resourceVersion`: then what was
    /// done already is a conflict.
    public func patch(
        _ operations: [JSON], _ resource: APIResource, namespace: String?, name: String, fieldManager: String, dryRun: Bool
    ) async throws(ClusterError) -> JSON {
        var parameters = [("fieldManager", fieldManager)]
        if dryRun { parameters.append(("dryRun", "All")) }
        var request = APIRequest(path: try APIPath.object(resource, namespace: namespace, name: name) + APIPath.query(parameters))
        request.method = .PATCH
        request.contentType = "application/json-patch+json"
        request.body = ByteBuffer(bytes: JSON.array(operations).bytes)
        let isGuarded = operations.contains { $0["path"]?.string == "/metadata/resourceVersion" && $0["op"]?.string != "remove" }
        request.repetition = isGuarded || dryRun ? .always : .never
        return try read(try await send(request))
    }

    /// It is tried again after a lost connection only with a `uid`: by its name alone, another object that was made
    /// meanwhile would go. Where a 404 follows a try that may have arrived, there was one.
    public func delete(
        _ resource: APIResource, namespace: String?, name: String, _ options: DeleteOptions
    ) async throws(ClusterError) -> Bool {
        var body: JSON = ["apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": .string(options.propagation)]
        if let uid = options.uid { body.set("preconditions", "uid", to: .string(uid)) }
        if let version = options.resourceVersion { body.set("preconditions", "resourceVersion", to: .string(version)) }
        if options.dryRun { body["dryRun"] = ["All"] }
        var request = APIRequest(path: try APIPath.object(resource, namespace: namespace, name: name))
        request.method = .DELETE
        request.contentType = "application/json"
        request.body = ByteBuffer(bytes: body.bytes)
        request.repetition = options.uid != nil || options.dryRun ? .always : .never
        switch await sendTelling(request) {
        case .success: return true
        case .failure(let failure) where failure.isAbsence: return failure.isRepeated
        case .failure(let failure): throw failure.error
        }
    }

    /// The JSON of an answer, read here and not on a thread of the network.
    func read(_ answer: APIAnswer) throws(ClusterError) -> JSON {
        do {
            let json = try answer.body.withUnsafeReadableBytes { try JSON(parsing: $0) }
            if json.object != nil { return json }
        } catch let error as JSONError where error.twinKey != nil {
            throw ClusterError(.malformed, "the answer has an object with two keys that only the form of Unicode tells apart")
        } catch {
            // Why it is none may quote what is in there.
        }
        let type = answer.contentType.isEmpty ? "of no type" : oneLine(answer.contentType, 100)
        throw ClusterError(
            .malformed, "the answer is no object of JSON (\(type), \(answer.body.readableBytes) bytes)",
            hint: "something between here and the API server may have answered; check the address and the proxy")
    }
}
