import CSchemas
import Manifests

/// The schemas that manifests are checked against: those of the chosen versions of
/// Kubernetes, and what was imported, which comes before them.
public struct SchemaSet: Sendable {
    /// A version that there are no schemas of.
    public struct UnknownVersion: Error, Sendable, Equatable {
        /// What was asked for.
        public let name: String
        /// What there is, oldest first.
        public let known: [String]

        /// What is wrong, with the way out.
        public var message: String {
            "there are no schemas of Kubernetes \(TerminalText.quoted(name)), only of \(known.first ?? "") to \(known.last ?? "")"
        }
    }

    /// The versions of Kubernetes that there are schemas of, oldest first.
    public static var kubernetesVersions: [String] {
        (0..<builtIn.versionCount).map { builtIn.versionName($0) }
    }

    static let builtIn: SchemaBlob = {
        var size = 0
        let start = git_ops_kubernetes_schemas(&size)
        guard let blob = SchemaBlob(UnsafeRawBufferPointer(start: start, count: size)) else {
            preconditionFailure("Sources/CSchemas/kubernetes.schemas is of another format; run make schemas")
        }
        return blob
    }()

    /// The versions chosen, oldest first.
    public let versions: [String]
    /// The versions chosen, as bits of the masks.
    let mask: UInt16
    let imported: [SchemaLibrary]

    /// Chooses versions.
    ///
    /// - Parameters:
    ///   - versions: such as `1.34`; `newest` is the newest there is.
    ///   - imported: further schemas; the first that has a kind counts.
    public init(kubernetes versions: [String] = ["newest"], imported: [SchemaLibrary] = []) throws(UnknownVersion) {
        let known = Self.kubernetesVersions
        var mask: UInt16 = 0
        for version in versions {
            let name = version.hasPrefix("v1.") ? String(version.dropFirst()) : version
            guard let index = name == "newest" ? known.count - 1 : known.firstIndex(of: name) else {
                throw UnknownVersion(name: version, known: known)
            }
            mask |= 1 << UInt16(index)
        }
        if mask == 0 { mask = 1 << UInt16(known.count - 1) }
        self.mask = mask
        self.versions = known.indices.filter { mask & 1 << UInt16($0) != 0 }.map { known[$0] }
        self.imported = imported
    }

    /// The names of the versions of a mask.
    func names(of mask: UInt16) -> [String] {
        (0..<Self.builtIn.versionCount).filter { mask & 1 << UInt16($0) != 0 }.map { Self.builtIn.versionName($0) }
    }
}

/// The schema of one version of a kind.
public struct KindSchema: Sendable {
    let blob: SchemaBlob
    /// What holds the blob's bytes.
    let library: SchemaLibrary?
    let kind: SchemaBlob.Kind
    /// The chosen versions that have it.
    let mask: UInt16

    /// The API group; empty for the core.
    public var group: String { blob.text(kind.group) }
    /// The version, such as `v1`.
    public var version: String { blob.text(kind.version) }
    /// The kind, such as `Deployment`.
    public var name: String { blob.text(kind.name) }
    /// Whether its objects are in no namespace.
    public var isClusterScoped: Bool { kind.flags & SchemaBlob.Kind.clusterScoped != 0 }
    /// Whether it is known if its objects are in a namespace; an OpenAPI document does not say.
    public var isScopeKnown: Bool { kind.flags & SchemaBlob.Kind.scopeUnknown == 0 }
    /// Whether it is a list of objects of another kind.
    public var isList: Bool { kind.flags & SchemaBlob.Kind.list != 0 }
    /// Whether it was imported, not built in.
    public var isImported: Bool { library != nil }
}

/// What is known of an object's kind.
public struct KindLookup {
    /// Its schema, unless there is none.
    public let schema: KindSchema?
    /// What is wrong with the choice of kind and version, warnings too.
    public let problems: [SchemaProblem]
}

extension SchemaSet {
    /// The schema of a version of a kind; nil where none is known.
    public func schema(group: String, version: String, kind: String) -> KindSchema? {
        var (group, version, kind) = (group, version, kind)
        return group.withUTF8 { group in
            version.withUTF8 { version in kind.withUTF8 { kind in schema(group: group, version: version, kind: kind) } }
        }
    }

    /// The schema of what an object says that it is; nil where none is known. It says not why.
    public func schema(of root: Value) -> KindSchema? {
        guard let apiVersion = root["apiVersion"], let kind = root["kind"], apiVersion.kind == .string, kind.kind == .string else {
            return nil
        }
        let (group, version) = Self.split(apiVersion.bytes)
        return schema(group: group, version: version, kind: kind.bytes)
    }

    /// Looks up what an object says that it is.
    ///
    /// - Parameter explains: whether to look for what was meant where there is no such kind, which is costly.
    public func lookup(_ root: Value, explains: Bool = true) -> KindLookup {
        guard root.kind == .mapping else {
            return KindLookup(schema: nil, problems: [problem(.type, root, "", "a manifest must be a mapping, not \(root.kind.phrase)")])
        }
        var problems: [SchemaProblem] = []
        for key in ["apiVersion", "kind"] as [StaticString] {
            let value = root[key]
            let pointer = "/\(key)"
            if value == nil || value!.isNull || value!.equals("") {
                problems.append(problem(.required, value ?? root, pointer, "\(key) is missing", hint: "the API server cannot tell what this is without it"))
            } else if let value, value.kind != .string {
                problems.append(
                    problem(
                        .type, value, pointer, "\(key) must be a string, not \(value.kind.phrase)",
                        hint: value.count == 0 && value.kind != .mapping && value.kind != .sequence ? "put it in quotes" : nil))
            }
        }
        guard problems.isEmpty, let apiVersion = root["apiVersion"], let kind = root["kind"] else {
            return KindLookup(schema: nil, problems: problems)
        }
        let (group, version) = Self.split(apiVersion.bytes)
        let found = schema(group: group, version: version, kind: kind.bytes)
        if let found, found.isImported { return KindLookup(schema: found, problems: customDeprecation(of: found, at: apiVersion)) }
        let missing = mask & ~(found?.mask ?? 0)
        if missing != 0 { problems.append(explainMissing(apiVersion, group, version, kind, missing, explains)) }
        if let found, let deprecation = deprecation(of: found, at: apiVersion, kind.bytes, group, version) { problems.append(deprecation) }
        return KindLookup(schema: found, problems: problems)
    }

    /// The group and the version of an apiVersion.
    static func split(_ apiVersion: UnsafeBufferPointer<UInt8>) -> (group: UnsafeBufferPointer<UInt8>, version: UnsafeBufferPointer<UInt8>) {
        guard let slash = apiVersion.firstIndex(of: UInt8(ascii: "/")) else {
            return (UnsafeBufferPointer(rebasing: apiVersion[..<0]), apiVersion)
        }
        return (UnsafeBufferPointer(rebasing: apiVersion[..<slash]), UnsafeBufferPointer(rebasing: apiVersion[(slash + 1)...]))
    }

    func schema(
        group: UnsafeBufferPointer<UInt8>, version: UnsafeBufferPointer<UInt8>, kind: UnsafeBufferPointer<UInt8>
    ) -> KindSchema? {
        let hash = ManifestHash.of(kind)
        for library in imported {
            if let schema = Self.schema(in: library.blob, library, hash, group, version, kind, mask: .max, chosen: mask) { return schema }
        }
        return Self.schema(in: Self.builtIn, nil, hash, group, version, kind, mask: mask, chosen: mask)
    }

    private static func schema(
        in blob: SchemaBlob, _ library: SchemaLibrary?, _ hash: UInt32, _ group: UnsafeBufferPointer<UInt8>,
        _ version: UnsafeBufferPointer<UInt8>, _ kind: UnsafeBufferPointer<UInt8>, mask: UInt16, chosen: UInt16
    ) -> KindSchema? {
        for index in blob.kinds(of: hash) {
            let row = blob.kind(index)
            guard row.mask & mask != 0, same(blob.string(row.version), version), same(blob.string(row.name), kind),
                same(blob.string(row.group), group)
            else { continue }
            return KindSchema(blob: blob, library: library, kind: row, mask: row.mask & chosen)
        }
        return nil
    }

    // MARK: explanations

    private func explainMissing(
        _ apiVersion: Value, _ group: UnsafeBufferPointer<UInt8>, _ version: UnsafeBufferPointer<UInt8>, _ kind: Value, _ missing: UInt16, _ explains: Bool
    ) -> SchemaProblem {
        let versions = missing == mask ? [] : names(of: missing)
        let phrase = self.phrase(of: missing)
        let what = "\(kind.text) of \(apiVersion.text)"
        let blob = Self.builtIn
        for index in blob.lifecycles(of: kind.hash) {
            let row = blob.lifecycle(index)
            guard Self.same(blob.string(row.name), kind.bytes), Self.same(blob.string(row.group), group),
                Self.same(blob.string(row.version), version), row.removed != 0, minors(of: missing).contains(where: { $0 >= row.removed })
            else { continue }
            let replacement = blob.text(row.replacement).split(separator: " ").map(String.init)
            var hint: String?
            if replacement.count == 2 {
                hint = replacement[1] == kind.text ? "write apiVersion: \(replacement[0])" : "use \(replacement[1]) of \(replacement[0])"
            }
            return problem(
                .removedAPI, apiVersion, "/apiVersion", "\(what) was removed in Kubernetes 1.\(row.removed)",
                hint: hint ?? "there is no replacement in Kubernetes itself", versions: versions)
        }
        // Other versions of the kind that the missing ones serve.
        var others: [(apiVersion: String, mask: UInt16)] = []
        var ownMask: UInt16 = 0
        for index in blob.kinds(of: kind.hash) {
            let row = blob.kind(index)
            guard Self.same(blob.string(row.name), kind.bytes) else { continue }
            if Self.same(blob.string(row.group), group), Self.same(blob.string(row.version), version) {
                ownMask |= row.mask
            } else {
                let group = blob.text(row.group)
                others.append((group.isEmpty ? blob.text(row.version) : group + "/" + blob.text(row.version), row.mask))
            }
        }
        for library in imported {
            for index in library.blob.kinds(of: kind.hash) where Self.same(library.blob.string(library.blob.kind(index).name), kind.bytes) {
                let row = library.blob.kind(index)
                let group = library.blob.text(row.group)
                others.append((group.isEmpty ? library.blob.text(row.version) : group + "/" + library.blob.text(row.version), .max))
            }
        }
        let served = others.filter { $0.mask & missing == missing }.map(\.apiVersion)
        if ownMask != 0 {
            let has = names(of: ownMask)
            let span = has.count == 1 ? "only by Kubernetes \(has[0])" : "by Kubernetes \(has[0]) to \(has[has.count - 1])"
            return problem(
                .unknownKind, apiVersion, "/apiVersion", "\(what) is not served by Kubernetes \(phrase), \(span)",
                hint: served.first.map { "write apiVersion: \($0)" }, versions: versions)
        }
        if !served.isEmpty {
            let groups = served.filter { Self.groupName($0) == String(decoding: group, as: UTF8.self) }
            let best = groups.first ?? served[0]
            return problem(
                .unknownKind, apiVersion, "/apiVersion", "there is no \(what)",
                hint: served.count == 1 || !groups.isEmpty ? "write apiVersion: \(best)" : "\(kind.text) is of \(Self.alternatives(served))", versions: versions)
        }
        guard explains else { return problem(.unknownKind, kind, "/kind", "there is no schema of \(what)", versions: versions) }
        let near = Suggestion.nearest(to: kind.text, among: kindNames(in: group, version))
            ?? Suggestion.nearest(to: kind.text, among: kindNames(in: nil, version))
        return problem(
            .unknownKind, kind, "/kind", "there is no schema of \(what)",
            hint: near.map { "did you mean \"\($0)\"?" } ?? "if it is a custom resource, add its schema with git ops schema import, or its CustomResourceDefinition to the repository",
            versions: versions)
    }

    private static func groupName(_ apiVersion: String) -> String {
        guard let slash = apiVersion.utf8.firstIndex(of: UInt8(ascii: "/")) else { return "" }
        return String(apiVersion[..<slash])
    }

    /// `a, b or c`.
    static func alternatives(_ names: [String]) -> String {
        guard names.count > 1 else { return names.first ?? "" }
        return names.dropLast().joined(separator: ", ") + " or " + names[names.count - 1]
    }

    /// The kinds of a group, or of all groups.
    private func kindNames(in group: UnsafeBufferPointer<UInt8>?, _ version: UnsafeBufferPointer<UInt8>) -> [String] {
        var names: [String] = []
        for blob in imported.map(\.blob) + [Self.builtIn] {
            for index in 0..<blob.kindCount {
                let row = blob.kind(index)
                guard row.flags & SchemaBlob.Kind.list == 0 else { continue }
                if let group, !Self.same(blob.string(row.group), group) { continue }
                names.append(blob.text(row.name))
            }
        }
        return names
    }

    private func deprecation(
        of schema: KindSchema, at apiVersion: Value, _ kind: UnsafeBufferPointer<UInt8>, _ group: UnsafeBufferPointer<UInt8>,
        _ version: UnsafeBufferPointer<UInt8>
    ) -> SchemaProblem? {
        let blob = Self.builtIn
        for index in blob.lifecycles(of: ManifestHash.of(kind)) {
            let row = blob.lifecycle(index)
            guard row.deprecated != 0, Self.same(blob.string(row.name), kind), Self.same(blob.string(row.group), group),
                Self.same(blob.string(row.version), version)
            else { continue }
            var affected: UInt16 = 0
            for (index, minor) in allMinors.enumerated() where schema.mask & 1 << UInt16(index) != 0 && minor >= row.deprecated {
                affected |= 1 << UInt16(index)
            }
            guard affected != 0 else { return nil }
            let replacement = blob.text(row.replacement).split(separator: " ").map(String.init)
            var message = "\(schema.name) of \(apiVersion.text) is deprecated since Kubernetes 1.\(row.deprecated)"
            if row.removed != 0 { message += " and removed in 1.\(row.removed)" }
            return problem(
                .deprecatedAPI, apiVersion, "/apiVersion", message,
                hint: replacement.count == 2
                    ? (replacement[1] == schema.name ? "write apiVersion: \(replacement[0])" : "use \(replacement[1]) of \(replacement[0])") : nil,
                versions: affected == mask ? [] : names(of: affected))
        }
        return nil
    }

    /// What a CustomResourceDefinition says of a version that it deprecates.
    private func customDeprecation(of schema: KindSchema, at apiVersion: Value) -> [SchemaProblem] {
        guard schema.kind.flags & SchemaBlob.Kind.deprecated != 0 else { return [] }
        let blob = schema.blob
        let row = blob.lifecycles(of: SchemaBuilder.hash(schema.name)).map { blob.lifecycle($0) }.first {
            blob.text($0.version) == schema.version && blob.text($0.group) == schema.group && blob.text($0.name) == schema.name
        }
        let warning = row.map { blob.text($0.replacement) } ?? ""
        let message = "\(schema.name) of \(apiVersion.text) is deprecated"
        return [problem(.deprecatedAPI, apiVersion, "/apiVersion", warning.isEmpty ? message : "\(message): \(warning)")]
    }

    private var allMinors: [Int] {
        Self.kubernetesVersions.map { Int($0.split(separator: ".").last ?? "") ?? 0 }
    }

    private func minors(of mask: UInt16) -> [Int] {
        allMinors.enumerated().filter { mask & 1 << UInt16($0.offset) != 0 }.map(\.element)
    }

    /// The versions of a mask as people say them.
    func phrase(of mask: UInt16) -> String {
        let names = names(of: mask)
        guard names.count > 2, let first = names.first, let last = names.last else { return names.joined(separator: " and ") }
        let span = (mask >> UInt16(mask.trailingZeroBitCount)) &+ 1
        // Neighbours, when the bits are all ones.
        return span & (span &- 1) == 0 ? "\(first) to \(last)" : names.joined(separator: ", ")
    }

    private func problem(
        _ rule: SchemaRule, _ value: Value, _ pointer: String, _ message: String, hint: String? = nil, versions: [String] = []
    ) -> SchemaProblem {
        SchemaProblem(rule: rule, value: value, pointer: pointer, message: message, hint: hint, versions: versions)
    }

    @inline(__always)
    static func same(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count where left[index] != right[index] { return false }
        return true
    }
}
