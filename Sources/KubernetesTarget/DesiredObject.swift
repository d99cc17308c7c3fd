import Kubernetes
import KubernetesModel
import Manifests

/// The label of what is ours; its value says whose.
let ownerLabel = "git-ops/owner"

/// The annotation of what was there before us: it is changed as the manifest says, and never deleted.
let adoptedAnnotation = "git-ops/adopted"

/// An object that should be there.
struct DesiredObject: Sendable {
    let path: ResourcePath
    /// The id of its content, as git-ops has it.
    let id: String
    /// Where the repository has it: `apps/web.yaml:12`.
    let place: String?
    /// As the repository has it.
    private(set) var manifest: JSON
    /// What is sent: normalised, in its namespace, with the label of what is ours.
    var object: JSON
    let kind: GroupVersionKind
    var key: ObjectKey
    /// nil where the server does not serve the kind yet, and a definition of this plan will make it.
    var resource: APIResource?

    var name: String { key.name }
    var namespace: String? { key.namespace }

    /// `apps/web.yaml:12: Deployment.apps shop/web`, for errors.
    var placed: String { (place.map { $0 + ": " } ?? "") + key.description }
    /// ` (apps/web.yaml:12)`, for what continues a sentence about its path.
    var aside: String { place.map { " (\($0))" } ?? "" }

    /// Reads a resource; which server it is for does not matter yet.
    init(_ desired: PlanRequest.Desired) throws(TargetFailure) {
        path = desired.path
        id = desired.id
        place = desired.place
        let place = desired.place ?? "'\(desired.path)'"
        let file = ManifestFile(desired.content, language: .yaml, file: place)
        if let problem = file.diagnostics.first(where: { $0.severity == .error }) {
            // The message may quote what stands there.
            throw TargetFailure("\(place): the manifest cannot be read (\(problem.rule))")
        }
        let read: JSON?
        do throws(JSONError) {
            read = try file.withDocuments { documents throws(JSONError) in documents.count == 1 ? try JSON(reading: documents[0].root) : nil }
        } catch {
            throw TargetFailure("\(place): \(error.message)", hint: "write each key in one form")
        }
        guard let manifest = read else { throw TargetFailure("\(place): a resource is one manifest, and this is not") }
        guard let kind = manifest.groupVersionKind else { throw TargetFailure("\(place): the manifest has no apiVersion or no kind") }
        guard let name = manifest.name, !name.isEmpty else {
            throw TargetFailure("\(place): the \(kind.kind) has no name", hint: "set metadata.name; a generated name would be another one each time")
        }
        self.manifest = manifest
        self.kind = kind
        key = ObjectKey(group: kind.group, kind: kind.kind, namespace: manifest.namespace, name: name)
        object = ServerQuirks.settled(Manifest.normalized(manifest))
    }

    /// It without what it should be: what is needed to look for it, and to tell of it. Plans are kept for weeks.
    var withoutContent: DesiredObject {
        var slim = self
        (slim.manifest, slim.object) = (.null, .null)
        return slim
    }

    /// Marks it as one that was there before us.
    mutating func adopt() {
        if object.at("metadata", "annotations")?.object == nil { object.set("metadata", "annotations", to: [:]) }
        object.set("metadata", "annotations", adoptedAnnotation, to: "true")
    }

    /// Puts it where it belongs.
    mutating func settle(isNamespaced: Bool, defaultNamespace: String, owner: String) throws(TargetFailure) {
        if isNamespaced {
            key.namespace = manifest.namespace ?? defaultNamespace
            object.set("metadata", "namespace", to: .string(key.namespace ?? defaultNamespace))
        } else if let namespace = manifest.namespace {
            throw TargetFailure(
                "\(placed) has the namespace '\(namespace)', and objects of its kind are in none", hint: "remove metadata.namespace")
        } else {
            object.set("metadata", "namespace", to: nil)
        }
        if object.at("metadata", "labels")?.object == nil { object.set("metadata", "labels", to: [:]) }
        object.set("metadata", "labels", ownerLabel, to: .string(owner))
    }

    /// The kinds that it defines, where it is a CustomResourceDefinition.
    var definedResources: [APIResource] {
        guard key.group == "apiextensions.k8s.io", key.kind == "CustomResourceDefinition",
            let group = manifest.at("spec", "group")?.string, let kind = manifest.at("spec", "names", "kind")?.string,
            let plural = manifest.at("spec", "names", "plural")?.string
        else { return [] }
        let isNamespaced = manifest.at("spec", "scope")?.string != "Cluster"
        let all: [JSON] = manifest.at("spec", "versions")?.array ?? []
        var versions = all.filter { $0["served"]?.bool != false }.compactMap { $0["name"]?.string }
        // v1beta1 may have one version alone.
        if versions.isEmpty, let version = manifest.at("spec", "version")?.string { versions = [version] }
        return versions.map {
            APIResource(
                kind: GroupVersionKind(group: group, version: $0, kind: kind), name: plural, isNamespaced: isNamespaced,
                verbs: ["get", "list", "patch", "create", "delete"])
        }
    }
}
