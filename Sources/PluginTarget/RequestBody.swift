import Deployments
import Git
import Rendering

/// The lines between the head of a request and its `end`, each made when it is sent.
struct RequestBody {
    private struct Line {
        let verb: Request.Verb
        let path: RepositoryPath
        var action: Change.Action?
        var resource: Resource?
        var hasContent = false
    }

    private var lines: [Line] = []

    /// What is ours, then what is desired.
    /// - Parameter features: what the target can do; it says which content it wants.
    init(_ desired: DesiredState, _ inventory: Inventory, features: Set<String>) {
        let sendsOwned = features.contains("owned-content")
        let sendsDesired = features.contains("content")
        lines.reserveCapacity(inventory.owned.count + desired.resources.count)
        for folder in inventory.found.sorted() { lines.append(Line(verb: .found, path: folder)) }
        for resource in inventory.owned { add(.owned, resource, sendsOwned) }
        for (_, resources) in inventory.mayHold.sorted(by: { $0.key < $1.key }) {
            for resource in resources { add(.mayHold, resource, sendsOwned) }
        }
        for resource in desired.resources { add(.desired, resource, sendsDesired) }
    }

    /// The changes of a plan, with the content that is to be.
    init(_ plan: Plan) {
        lines = plan.changes.map { change in
            Line(
                verb: .change, path: change.path, action: change.action, resource: change.desired,
                hasContent: change.desired != nil)
        }
    }

    private mutating func add(_ verb: Request.Verb, _ resource: Resource, _ hasContent: Bool) {
        lines.append(Line(verb: verb, path: resource.path, resource: resource, hasContent: hasContent))
    }

    /// The whole request, line by line.
    func lines(after head: Request, _ content: ResourceContent) -> Session.Lines {
        var next = -1
        return { () throws(TargetError) in
            defer { next += 1 }
            if next < 0 { return try head.encoded() }
            if next < lines.count { return try request(lines[next], content).encoded() }
            return next == lines.count ? try Request(.end).encoded() : nil
        }
    }

    private func request(_ line: Line, _ content: ResourceContent) throws(TargetError) -> Request {
        var request = line.resource.map { Request(line.verb, $0) } ?? Request(line.verb, line.path)
        request.action = line.action?.rawValue
        if line.verb == .desired, let origin = content.objects?.origins[line.path] {
            request.file = origin.file.description
            request.line = origin.line
        }
        if line.hasContent, let resource = line.resource { request.put(try content.bytes(of: resource)) }
        return request
    }
}
