import Deployments
import Git
import Rendering

/// The content of resources, read when it is sent.
struct ResourceContent {
    /// The most bytes that one resource can have: it must fit a line in any encoding.
    static let limit = 16 << 20

    let repository: Repository
    /// The target's name, for messages.
    let target: String
    /// What was made of the environment's files, where resources are objects.
    var objects: RenderedObjects?

    /// Makes sure that a resource can be sent.
    func check(_ resource: Resource) throws(TargetError) {
        do throws(GitError) {
            let size: Int
            if let known = objects?.size(of: resource.path) { size = known } else { size = try repository.header(of: resource.blob).size }
            guard size > ResourceContent.limit else { return }
        } catch {
            throw unreadable(resource, error)
        }
        throw TargetError(
            "'\(resource.path)' is too large for target '\(target)', which takes files of up to 16 MiB",
            hint: "keep large files out of the environment")
    }

    func bytes(of resource: Resource) throws(TargetError) -> [UInt8] {
        try check(resource)
        if let content = objects?.content(of: resource.path) { return content }
        do throws(GitError) {
            return try repository.blob(resource.blob)
        } catch {
            throw unreadable(resource, error)
        }
    }

    /// The blob that content would be.
    func id(of bytes: [UInt8]) throws(TargetError) -> ObjectID {
        do {
            return try bytes.withUnsafeBytes { try Repository.id(of: $0, as: .blob) }
        } catch {
            throw TargetError("\(error)")
        }
    }

    private func unreadable(_ resource: Resource, _ error: GitError) -> TargetError {
        TargetError("cannot read '\(resource.path)': \(error)", hint: error.hint)
    }
}
