import Kubernetes
import KubernetesModel

/// What the server and the plan itself make of the kinds that are desired.
struct Resolution {
    private let catalog: APICatalog
    private let resources: [GroupVersionKind: APIResource]
    private let byKind: [String: APIResource]
    /// What definitions of the plan will make the server serve.
    private let defined: [GroupVersionKind: APIResource]

    init(_ catalog: APICatalog, desired: [DesiredObject]) {
        self.catalog = catalog
        resources = catalog.byKind
        // Of each group the preferred version comes first.
        byKind = Dictionary(catalog.resources.map { (Self.name($0.kind.group, $0.kind.kind), $0) }) { first, _ in first }
        defined = Dictionary(desired.flatMap(\.definedResources).map { ($0.kind, $0) }) { first, _ in first }
    }

    private static func name(_ group: String, _ kind: String) -> String { kind + "." + group }

    enum Answer {
        case served(APIResource)
        /// The server will serve it when a definition of the plan is there.
        case defined(APIResource)
        case conflict(reason: String, hint: String?)
    }

    /// The resource of exactly this version of a kind.
    /// - Throws: where the server could not tell.
    func resource(of object: DesiredObject) throws(TargetFailure) -> Answer {
        let kind = object.kind
        if let resource = resources[kind] {
            guard resource.verbs.contains("patch") else {
                return .conflict(reason: "is of a kind that cannot be applied\(object.aside)", hint: nil)
            }
            return .served(resource)
        }
        if let resource = defined[kind] { return .defined(resource) }
        if let why = failure(of: kind.group, kind.apiVersion) {
            throw TargetFailure("\(object.placed): the server cannot tell whether it serves \(kind.apiVersion): \(why)")
        }
        let others = catalog.resources.filter { $0.kind.group == kind.group && $0.kind.kind == kind.kind }.map(\.kind.apiVersion)
        let hint =
            others.isEmpty
            ? "put its CustomResourceDefinition into the environment, or install what defines it"
            : "the server serves it as \(others.joined(separator: ", "))"
        return .conflict(reason: "cannot be applied: no kind \(kind.kind) of \(kind.apiVersion) is served\(object.aside)", hint: hint)
    }

    /// The resource in which an object is looked for, whatever version it is written in; nil where there is none.
    /// - Throws: where the server could not tell.
    func resource(group: String, kind: String) throws(TargetFailure) -> APIResource? {
        if let resource = byKind[Self.name(group, kind)] { return resource }
        if let why = failure(of: group, nil) { throw TargetFailure("the server cannot tell whether it serves \(kind) of \(group): \(why)") }
        return nil
    }

    private func failure(of group: String, _ apiVersion: String?) -> String? {
        for (name, why) in catalog.failures.sorted(by: { $0.key < $1.key }) {
            let isAbout = name == group || (apiVersion.map { name == $0 } ?? name.hasPrefix(group + "/"))
            // Discovery as a whole is told under an empty name.
            if isAbout || name.isEmpty { return why }
        }
        return nil
    }
}
