/// Which kind of object: `apps`, `v1`, `Deployment`; the group of the core is empty.
public struct GroupVersionKind: Hashable, Sendable, CustomStringConvertible {
    public var group: String
    public var version: String
    public var kind: String

    public init(group: String, version: String, kind: String) {
        self.group = group
        self.version = version
        self.kind = kind
    }

    /// - Parameter apiVersion: `apps/v1`, or `v1` of the core.
    public init(apiVersion: String, kind: String) {
        let slash = apiVersion.firstIndex(of: "/")
        group = slash.map { String(apiVersion[..<$0]) } ?? ""
        version = slash.map { String(apiVersion[apiVersion.index(after: $0)...]) } ?? apiVersion
        self.kind = kind
    }

    public var apiVersion: String { group.isEmpty ? version : group + "/" + version }

    /// `apps/v1 Deployment`.
    public var description: String { apiVersion + " " + kind }
}

/// One object of a cluster, whatever version of its kind is looked at.
public struct ObjectKey: Hashable, Sendable, Comparable, CustomStringConvertible {
    public var group: String
    public var kind: String
    /// nil for what is in no namespace.
    public var namespace: String?
    public var name: String

    public init(group: String, kind: String, namespace: String?, name: String) {
        self.group = group
        self.kind = kind
        self.namespace = namespace
        self.name = name
    }

    /// `Deployment.apps shop/web`, `Namespace shop`: as kubectl names resources, for people.
    public var description: String {
        kind + (group.isEmpty ? "" : "." + group) + " " + (namespace.map { $0 + "/" } ?? "") + name
    }

    public static func == (a: ObjectKey, b: ObjectKey) -> Bool {
        a.name.isExactly(b.name) && (a.namespace ?? "/").isExactly(b.namespace ?? "/") && a.kind == b.kind && a.group == b.group
    }

    public static func < (a: ObjectKey, b: ObjectKey) -> Bool {
        (a.namespace ?? "", a.group, a.kind, a.name) < (b.namespace ?? "", b.group, b.kind, b.name)
    }
}

extension JSON {
    /// What kind of object it says that it is.
    public var groupVersionKind: GroupVersionKind? {
        guard let apiVersion = self["apiVersion"]?.string, let kind = self["kind"]?.string, !apiVersion.isEmpty, !kind.isEmpty
        else { return nil }
        return GroupVersionKind(apiVersion: apiVersion, kind: kind)
    }

    public var name: String? { at("metadata", "name")?.string }
    public var namespace: String? {
        guard let namespace = at("metadata", "namespace")?.string, !namespace.isEmpty else { return nil }
        return namespace
    }
    public var uid: String? { at("metadata", "uid")?.string }
    public var resourceVersion: String? { at("metadata", "resourceVersion")?.string }
    public func label(_ name: String) -> String? { at("metadata", "labels", name)?.string }
    public func annotation(_ name: String) -> String? { at("metadata", "annotations", name)?.string }
}
