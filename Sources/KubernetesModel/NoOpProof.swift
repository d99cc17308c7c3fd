/// Whether an apply may be left out, because it is certain that it changes nothing.
public enum NoOpProof {
    /// Whether a server-side apply of a manifest, without force, certainly changes nothing: neither a value nor
    /// who owns it. What is unsure is false; its cost is linear in the size of the object.
    ///
    /// The server merges the manifest into the object, prunes what the manager no longer names, and makes the set
    /// of the manifest's fields the manager's (structured-merge-diff, `merge/update.go` and `typed/tofieldset.go`).
    /// Which lists are associative, which are sets and which maps are atomic is read off the entry, which was made
    /// by the server's schema.
    /// - Parameters:
    ///   - desired: the manifest; it is normalised first, as what is sent is.
    ///   - live: the object as the server returned it at the manifest's version, with `managedFields`.
    ///   - manager: who would apply.
    public static func holds(desired: JSON, live: JSON, manager: String) -> Bool {
        let desired = Manifest.normalized(desired)
        guard let apiVersion = desired["apiVersion"]?.string, live["apiVersion"]?.string == apiVersion,
            desired["kind"] == live["kind"], let name = desired.name, live.name == name,
            desired.namespace == nil || desired.namespace == live.namespace,
            live.at("metadata", "deletionTimestamp") == nil,
            let managed = live.at("metadata", "managedFields")?.array
        else { return false }
        let entries = managed.filter { ManagedFieldsEntry.isApply($0, by: manager) }
        guard entries.count == 1, let entry = ManagedFieldsEntry(entries[0]), entry.apiVersion == apiVersion,
            case .object(var fields) = desired, let kind = desired.groupVersionKind
        else { return false }
        // What the server takes out of every set (`stripSet` of `managedfields/internal/stripmeta.go`).
        fields["apiVersion"] = nil
        fields["kind"] = nil
        if case .object(var metadata)? = fields["metadata"] {
            metadata["name"] = nil
            metadata["namespace"] = nil
            fields["metadata"] = metadata.isEmpty ? nil : .object(metadata)
        }
        let isBuiltIn = BuiltIn.groups.contains(kind.group)
        var walk = NoOpWalk(isBuiltIn: isBuiltIn)
        let place = QuantityPlace(isBuiltIn: isBuiltIn)
        guard walk.fieldsAreOwned(fields, entry.fields, live.object ?? [:], place, []) else { return false }
        guard walk.isRespelled else { return true }
        // The server compares with what other managers own before it rewrites values: another spelling of a value
        // that one of them owns, too, is a conflict.
        let others = managed.filter { $0 != entries[0] && $0["subresource"]?.string != "status" }
        guard others.allSatisfy({ $0["apiVersion"]?.string == apiVersion && $0["fieldsType"]?.string == "FieldsV1" }) else { return false }
        return walk.fieldsAreOwned(
            fields, entry.fields, live.object ?? [:], place, others.compactMap { $0["fieldsV1"].map(FieldSet.init(fieldsV1:)) })
    }
}

/// Compares a manifest with the set of what its manager owns and the live object, place by place.
private struct NoOpWalk {
    /// Whether the server keeps the object in types of its own, which drop nulls and empty values.
    let isBuiltIn: Bool
    /// Whether a value is the live one only after the server has rewritten it.
    var isRespelled = false

    init(isBuiltIn: Bool) { self.isBuiltIn = isBuiltIn }

    /// A map whose fields are owned one by one.
    /// - Parameter others: what other managers own here; a value that they own must be spelled as it is live.
    mutating func fieldsAreOwned(
        _ fields: [String: JSON], _ owned: FieldSet, _ live: [String: JSON], _ place: QuantityPlace, _ others: [FieldSet]
    ) -> Bool {
        var count = 0
        for (name, value) in fields {
            // An empty list that is owned item by item leaves no trace, neither in the set nor in the object.
            if isBuiltIn, value == [], BuiltIn.listsOwnedByItem.contains(name), owned.children[.field(name)] == nil { continue }
            count += 1
            guard let below = owned.children[.field(name)], isOwned(value, below, live[exactly: name], name, place.below(name), others.compactMap { $0[.field(name)] })
            else { return false }
        }
        return count == owned.children.count
    }

    /// Notes that a value is rewritten.
    private mutating func respelled(_ others: [FieldSet]) -> Bool {
        isRespelled = true
        return others.isEmpty
    }

    private mutating func isOwned(
        _ value: JSON, _ owned: FieldSet, _ live: JSON?, _ name: String, _ place: QuantityPlace, _ others: [FieldSet]
    ) -> Bool {
        let isLeaf = owned.isMember && owned.children.isEmpty
        switch value {
        case .null:
            // A null is owned, and the server's types and pruning drop it.
            return isLeaf && (live.map(\.isNull) ?? respelled(others))
        case .object(let fields):
            if fields.isEmpty {
                guard isLeaf else { return false }
                // Dropped where it is a map of strings; any other is kept, and was another value if it is not there.
                guard let live else { return isBuiltIn && BuiltIn.stringMaps.contains(name) && respelled(others) }
                // What others and defaults have put in stays, where it is not owned as a whole.
                return live == [:] || isBuiltIn && live.object != nil && BuiltIn.mapsOwnedByField.contains(name)
            }
            guard let live = live?.object else { return false }
            if isLeaf { return BuiltIn.isAtomicMap(name) && equal(value, .object(live), place, others) }
            return fieldsAreOwned(fields, owned, live, place, others)
        case .array(let items):
            if isLeaf {
                guard let live else { return items.isEmpty && isBuiltIn && respelled(others) }
                return equal(value, live, place, others)
            }
            guard !items.isEmpty, let live = live?.array else { return false }
            return itemsAreOwned(items, owned, live, place, others)
        default:
            guard isLeaf, let live else { return false }
            return equal(value, live, place, others)
        }
    }

    private mutating func itemsAreOwned(
        _ items: [JSON], _ owned: FieldSet, _ live: [JSON], _ place: QuantityPlace, _ others: [FieldSet]
    ) -> Bool {
        guard items.count == owned.children.count, let list = ListKind(owned) else { return false }
        var places: [PathElement: Int] = [:]
        places.reserveCapacity(live.count)
        for (index, item) in live.enumerated() {
            guard let element = list.element(of: item), places.updateValue(index, forKey: element) == nil else { return false }
        }
        // The order of what is in both is the manifest's after a merge (`typed/merge.go`, `visitListItems`).
        var last = -1
        for item in items {
            guard let element = list.element(of: item), let below = owned.children[element], below.isMember,
                let index = places[element], index > last
            else { return false }
            last = index
            let others = others.compactMap { $0[element] }
            switch element {
            case .value:
                guard below.children.isEmpty else { return false }
            // Items that are owned as a whole, such as those of `imagePullSecrets`.
            case _ where below.children.isEmpty:
                guard equal(item, live[index], place.belowItem, others) else { return false }
            default:
                guard let fields = item.object, let liveFields = live[index].object,
                    fieldsAreOwned(fields, below, liveFields, place.belowItem, others)
                else { return false }
            }
        }
        return true
    }

    /// Whether two values are the same for the server.
    private mutating func equal(_ value: JSON, _ live: JSON, _ place: QuantityPlace, _ others: [FieldSet]) -> Bool {
        switch (value, live) {
        case (.object(let fields), .object(let liveFields)):
            for (name, liveValue) in liveFields {
                if let value = fields[exactly: name] {
                    guard equal(value, liveValue, place.below(name), others) else { return false }
                } else {
                    guard isBuiltIn, place.isDefault(name, liveValue), respelled(others) else { return false }
                }
            }
            return fields.keys.allSatisfy { liveFields[exactly: $0] != nil }
        case (.array(let items), .array(let liveItems)):
            guard items.count == liveItems.count else { return false }
            for (item, liveItem) in zip(items, liveItems) {
                guard equal(item, liveItem, place.belowItem, others) else { return false }
            }
            return true
        default:
            if value.canonicalNumber == live.canonicalNumber { return true }
            guard place.isQuantity, let quantity = Quantity(value), quantity == Quantity(live) else { return false }
            return respelled(others)
        }
    }
}
