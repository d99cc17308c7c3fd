import KubernetesModel

/// What the manifest no longer has, and others have set too: it stays, and is theirs alone then.
struct SharedFields {
    private let fields: [FieldPath]
    private let managers: Set<String>

    /// nil where there is none.
    /// - Parameters:
    ///   - before: the object, and who owns what of it.
    ///   - after: what an apply makes of it.
    init?(before: JSON, after: JSON, manager: String) {
        guard let mine = before.applied(by: manager), let left = after.applied(by: manager), mine.apiVersion == left.apiVersion
        else { return nil }
        let others = after.managedFields.filter { ($0.manager != manager || $0.operation != "Apply") && $0.apiVersion == mine.apiVersion }
        var managers: Set<String> = []
        fields = mine.fields.difference(left.fields).paths.filter { path in
            guard after.value(at: path) != nil else { return false }
            let owners = others.filter { $0.fields.hasLeaf(at: path) }
            managers.formUnion(owners.map(\.manager))
            return !owners.isEmpty
        }
        guard !fields.isEmpty else { return nil }
        self.managers = managers
    }

    /// `.data.z stays, as robot has set it too`.
    var remark: String {
        let who = managers.sorted().joined(separator: ", ")
        if fields.count == 1 { return "\(fields[0]) stays, as \(who) has set it too" }
        let some = fields.prefix(3).map(\.description).joined(separator: ", ") + (fields.count > 3 ? " and others" : "")
        return "\(some) stay, as \(who) has set them too"
    }
}

extension FieldSet {
    /// Whether a place is in the set as a whole, and not for what is below it.
    fileprivate func hasLeaf(at path: FieldPath) -> Bool {
        var place: FieldSet? = self
        for element in path.elements { place = place?[element] }
        return place?.paths == [FieldPath()]
    }
}
