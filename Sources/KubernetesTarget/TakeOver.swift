import KubernetesModel

/// Takes over what hand tools have set, so that what the manifest does not have goes:
/// - everything that `kubectl apply` was told becomes ours, as `kubectl apply` would remove it, too (client-go,
///   util/csaupgrade);
/// - what we give up and such a tool owns with us, since the object was adopted from it, becomes ours alone; or it
///   would stay for good, and nobody would ever be told;
/// - what was applied in the name of another field manager with our label is from git-ops, before its name was changed
///   or the object was handed over.
struct TakeOver {
    private static let annotation = FieldPath([
        .field("metadata"), .field("annotations"), .field(Manifest.lastApplied),
    ])

    /// What it does, for a person.
    let remark: String
    /// Whether it takes over from git-ops itself, of another name.
    let isOfPredecessor: Bool
    private let manager: String
    private let original: JSON
    /// What is taken from others.
    private let taken: FieldSet
    /// All entries after the take-over.
    private let entries: [ManagedFieldsEntry]
    private let others: FieldSet

    /// nil where there is nothing to take over.
    /// - Parameters:
    ///   - live: the object as the server has it.
    ///   - result: what the server says that an apply would make of it.
    init?(of live: JSON, result: JSON, manager: String) {
        let all = live.managedFields
        func isOwn(_ entry: ManagedFieldsEntry) -> Bool { entry.isApply(by: manager) }
        func isClientSide(_ entry: ManagedFieldsEntry) -> Bool {
            entry.operation == "Update" && entry.subresource.isEmpty && entry.fields.contains(TakeOver.annotation)
        }
        let mine = all.first(where: isOwn)
        let clientSide = all.filter(isClientSide)
        let predecessors = TakeOver.predecessors(in: all, manager: manager)
        // Fields of another version would have other names.
        guard let version = (mine ?? clientSide.first ?? predecessors.first)?.apiVersion, clientSide.allSatisfy({ $0.apiVersion == version }) else { return nil }
        var given = FieldSet()
        if let mine, let after = result.applied(by: manager), after.apiVersion == version { given = mine.fields.difference(after.fields) }

        var sharers: [String] = []
        let before = predecessors.filter { $0.apiVersion == version }
        var entries = all.filter { !isClientSide($0) && !before.contains($0) }
        for index in entries.indices where !isOwn(entries[index]) && (FieldConflict.isHandTool(entries[index].manager) || entries[index].manager == manager) {
            let left = entries[index].fields.difference(given)
            guard entries[index].apiVersion == version, left != entries[index].fields else { continue }
            sharers.append(entries[index].manager)
            entries[index].fields = left
        }
        guard !clientSide.isEmpty || !sharers.isEmpty || !before.isEmpty else { return nil }
        var remarks: [String] = []
        let names = Set(before.map(\.manager)).subtracting([manager]).sorted()
        if !names.isEmpty { remarks.append("taken over from the field manager \(names.joined(separator: ", "))") }
        if names.isEmpty, !before.isEmpty { remarks.append("made by a deployment that was cut off") }
        if !clientSide.isEmpty { remarks.append("taken over from kubectl apply") }
        if remarks.isEmpty { remarks.append("takes fields from \(Set(sharers).sorted().joined(separator: ", "))") }
        remark = remarks.joined(separator: "; ")
        isOfPredecessor = !before.isEmpty

        let owned = clientSide.reduce(FieldSet()) { $0.union($1.fields) }
        // Of what its entry has, what it was told, and where it keeps that: the rest are defaults of the server, which
        // stay, and are nobody's then, as they are of objects that were made by server-side apply.
        var told = live.annotation(Manifest.lastApplied).flatMap { try? JSON(parsing: Array($0.utf8)) }
        told?.set("metadata", "annotations", Manifest.lastApplied, to: "")
        let toldFields = before.reduce(told.map { owned.part(in: $0) } ?? owned) { $0.union($1.fields) }
        if let index = entries.firstIndex(where: isOwn) {
            entries[index].fields = entries[index].fields.union(toldFields)
        } else {
            entries.append(
                ManagedFieldsEntry(manager: manager, operation: "Apply", apiVersion: version, time: (clientSide.first ?? before.first)?.time, fields: toldFields))
        }
        self.manager = manager
        original = live
        taken = toldFields.union(given)
        self.entries = entries.filter { !$0.fields.isEmpty }
        others = entries.filter { !isOwn($0) }.reduce(FieldSet()) { $0.union($1.fields) }
    }

    /// What git-ops has applied in the name of other field managers: nobody else applies its label. And what it has
    /// made in its own name otherwise than by an apply, where it was cut off before it could say so (`BoundApply`).
    /// Where we have applied in our name already, nothing is left to be taken: what has our label then has read it off.
    static func predecessors(in entries: [ManagedFieldsEntry], manager: String) -> [ManagedFieldsEntry] {
        guard !entries.contains(where: { $0.isApply(by: manager) }) else { return [] }
        return entries.filter { entry in
            guard entry.subresource.isEmpty, entry.fields.contains(ownerLabelPath) else { return false }
            if entry.operation == "Update" { return entry.manager == manager }
            return entry.operation == "Apply" && entry.manager != manager && !FieldConflict.isHandTool(entry.manager)
        }
    }

    /// The object as it would be after the take-over, before it is applied.
    var live: JSON {
        var live = original
        live.set("metadata", "managedFields", to: .array(entries.map(\.json)))
        return live
    }

    /// The change of the object that takes it over; it fails where the object is no longer the one that was read.
    var patch: [JSON] { managedFieldsPatch(.array(entries.map(\.json)), original.resourceVersion ?? "") }

    /// What an apply would make of the object after the take-over, which a server cannot be asked for: what nobody
    /// has any more goes.
    /// - Parameter result: what the server says that an apply without it would make.
    func result(_ result: JSON) -> JSON {
        let kept = others.union(result.applied(by: manager)?.fields ?? FieldSet())
        var after = result
        for path in taken.difference(kept).paths where !kept.contains(path) { after.remove(path.elements[...]) }
        return after
    }
}

/// Says anew who has set which fields of an object, where it is still of a version.
func managedFieldsPatch(_ entries: JSON, _ resourceVersion: String) -> [JSON] {
    [
        ["op": "replace", "path": "/metadata/managedFields", "value": entries],
        ["op": "replace", "path": "/metadata/resourceVersion", "value": .string(resourceVersion)],
    ]
}

extension FieldSet {
    /// What of the set is in an object.
    fileprivate func part(in object: JSON) -> FieldSet {
        var part = FieldSet(isMember: isMember)
        for (element, below) in children {
            let place: JSON?
            switch element {
            // A key that has a default is not in every manifest.
            case .key(let keys): place = object.array?.first { item in keys.allSatisfy { item[$0.key] == nil || item[$0.key] == $0.value } }
            default: place = object.value(at: FieldPath([element]))
            }
            if let place { part.children[element] = below.part(in: place) }
        }
        return part
    }
}

extension JSON {
    /// Removes what a path leads to.
    mutating func remove(_ path: ArraySlice<PathElement>) {
        guard let first = path.first else { return }
        switch (self, first) {
        case (.object(var fields), .field(let name)):
            guard var below = fields[exactly: name] else { return }
            fields[exactly: name] = nil
            if path.count > 1 {
                below.remove(path.dropFirst())
                fields[exactly: name] = below
            }
            self = .object(fields)
        case (.array(var items), _):
            guard let found = value(at: FieldPath([first])), let index = items.firstIndex(of: found) else { return }
            if path.count > 1 { items[index].remove(path.dropFirst()) } else { items.remove(at: index) }
            self = .array(items)
        default: return
        }
    }
}
