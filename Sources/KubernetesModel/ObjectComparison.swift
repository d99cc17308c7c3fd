import Manifests

/// A value that an apply would change.
public struct FieldChange: Hashable, Sendable {
    /// Why it would.
    public enum Reason: Hashable, Sendable {
        /// The manifest asks for it.
        case yours
        /// The manifest no longer has it.
        case removed
        /// The server does it: admission, defaults, conversion.
        case server
    }

    public var path: FieldPath
    /// What is there; nil where nothing is.
    public var live: JSON?
    /// What would be there; nil where nothing would.
    public var result: JSON?
    public var reason: Reason

    public init(path: FieldPath, live: JSON?, result: JSON?, reason: Reason) {
        self.path = path
        self.live = live
        self.result = result
        self.reason = reason
    }
}

/// Compares what a server holds with what it answers to a dry-run apply of a manifest: both have its defaults and
/// its spelling, so that what differs changes.
public enum ObjectComparison {
    /// What an apply would change, in the order of paths.
    /// - Parameters:
    ///   - live: the object as the server holds it, with `managedFields`.
    ///   - result: the object as the server answers to the dry run, at the same version.
    ///   - desired: the manifest.
    ///   - manager: who applies.
    public static func changes(live: JSON, result: JSON, desired: JSON, manager: String) -> [FieldChange] {
        let guide = ListGuide(live, result)
        var walk = ChangeWalk()
        walk.compare(
            FieldPath(), comparable(live), comparable(result), Manifest.normalized(desired), Ownership(live, manager), guide.fields)
        return walk.changes.sorted { $0.path < $1.path }
    }

    /// The live object in the form that the environment has it in: the manifest with every value that would change
    /// put back to what is live. What is equal on the server keeps the manifest's spelling, what the manager owns
    /// and the manifest no longer has is put in, and what nobody asked for is left out: a comparison of its text
    /// with the manifest's shows the changes that are `.yours` and `.removed`, and nothing else.
    public static func shown(live: JSON, result: JSON, desired: JSON, manager: String) -> JSON {
        let guide = ListGuide(live, result)
        var (live, result, owned) = (comparable(live), comparable(result), Ownership(live, manager))
        if desired.isSecret, let names = desired["stringData"]?.object?.keys {
            live.moveDataToStrings(names)
            result.moveDataToStrings(names)
            owned.moveDataToStrings(names)
        }
        return LiveForm().shown(live, result, desired, owned, guide.fields) ?? .null
    }

    /// The object without what only the server sets.
    private static func comparable(_ object: JSON) -> JSON {
        var object = object
        object["status"] = nil
        for name in Manifest.serverMetadata { object.set("metadata", name, to: nil) }
        object.set("metadata", "annotations", Manifest.lastApplied, to: nil)
        if object.at("metadata", "annotations") == [:] { object.set("metadata", "annotations", to: nil) }
        return object
    }
}

extension JSON {
    /// Moves values of a Secret to where a manifest has them in plain text.
    fileprivate mutating func moveDataToStrings(_ names: Dictionary<String, JSON>.Keys) {
        for name in names {
            guard let value = at("data", name) else { continue }
            let plain = value.string.flatMap { Base64.decoded($0) }.flatMap { String(validating: $0, as: UTF8.self) }
            set("stringData", name, to: plain.map(JSON.string) ?? value)
            set("data", name, to: nil)
        }
        if self["data"] == [:] { self["data"] = nil }
    }
}

/// What of a place a manager owns in the live object.
struct Ownership {
    /// nil where it owns nothing there.
    private var fields: FieldSet?
    /// Whether the place is part of something that it owns as a whole.
    private var isWhole = false

    init(_ live: JSON, _ manager: String) { fields = live.applied(by: manager)?.fields }

    /// Whether it owns the place or something in it.
    var isSome: Bool { isWhole || fields.map { !$0.isEmpty } ?? false }

    func below(_ element: PathElement) -> Ownership {
        var next = self
        next.isWhole = isWhole || fields.map { $0.isMember && $0.children.isEmpty } ?? false
        next.fields = fields?[element]
        return next
    }

    /// What of a live value it owns; nil where it owns nothing of it.
    func part(of live: JSON, _ list: ListKind?) -> JSON? {
        guard isSome else { return nil }
        // What is left empty of what it owned is its, too.
        guard !isWhole, let fields, !fields.children.isEmpty, live != [:], live != .array([]) else { return live }
        switch live {
        case .object(let values):
            var parts: [String: JSON] = [:]
            for (name, value) in values {
                let below = below(.field(name))
                if let part = below.part(of: value, below.fields.flatMap(ListKind.init)) { parts[name] = part }
            }
            return parts.isEmpty && !fields.isMember ? nil : .object(parts)
        case .array(let items):
            guard let list = list ?? ListKind(fields) else { return live }
            let parts = items.compactMap { item in list.element(of: item).flatMap { below($0).part(of: item, nil) } }
            return parts.isEmpty ? nil : .array(parts)
        default: return live
        }
    }

    fileprivate mutating func moveDataToStrings(_ names: Dictionary<String, JSON>.Keys) {
        for name in names {
            guard let moved = fields?.children[.field("data")]?.children.removeValue(forKey: .field(name)) else { continue }
            fields?.children[.field("stringData"), default: FieldSet()].children[.field(name)] = moved
        }
    }
}

/// Finds the changes.
private struct ChangeWalk {
    var changes: [FieldChange] = []

    mutating func compare(
        _ path: FieldPath, _ live: JSON?, _ result: JSON?, _ desired: JSON?, _ owned: Ownership, _ guide: FieldSet?
    ) {
        if live == result { return }
        switch (live, result) {
        case (.object(let live), .object(let result)):
            let wanted = desired?.object ?? [:]
            // A manifest that asks for nothing here, or for a whole without a field, asks for that field to go.
            let missing: JSON? = desired == .some(.null) || desired != nil && ListGuide.isAtomicMap(guide, path.elements.last) ? .some(.null) : .none
            for name in live.names(with: result) {
                let element = PathElement.field(name)
                compare(
                    path.appending(element), live[exactly: name], result[exactly: name], wanted[exactly: name] ?? missing, owned.below(element), guide?[element])
            }
        case (.array(let liveItems), .array(let resultItems)):
            guard let list = ListGuide.kind(guide, liveItems, resultItems),
                let lists = AlignedLists(list, live: liveItems, result: resultItems, desired: desired?.array ?? [])
            else {
                record(path, live, result, desired, owned)
                return
            }
            for element in lists.elements {
                compare(
                    path.appending(element), lists.live[element], lists.result[element], lists.desired[element], owned.below(element),
                    guide?[element])
            }
            // Of two orders of one list neither shows in its items; the order of a set says nothing.
            if case .keyed = list, lists.isReordered { record(path, live, result, desired, owned) }
        default: record(path, live, result, desired, owned)
        }
    }

    private mutating func record(_ path: FieldPath, _ live: JSON?, _ result: JSON?, _ desired: JSON?, _ owned: Ownership) {
        let reason: FieldChange.Reason
        if let desired {
            // A manifest that asks for what is there already did not bring the change.
            reason = live.map { desired.isSameValue(as: $0) } ?? false ? .server : .yours
        } else {
            reason = live != nil && owned.isSome ? .removed : .server
        }
        changes.append(FieldChange(path: path, live: live, result: result, reason: reason))
    }
}

extension JSON {
    /// Whether a value of a manifest is the one that a server shows, but for the spelling of numbers and amounts.
    func isSameValue(as live: JSON) -> Bool {
        if canonicalNumber == live.canonicalNumber { return true }
        switch (self, live) {
        case (.object(let fields), .object(let liveFields)):
            return fields.count == liveFields.count
                && fields.allSatisfy { name, value in liveFields[exactly: name].map(value.isSameValue) ?? false }
        case (.array(let items), .array(let liveItems)):
            return items.count == liveItems.count && zip(items, liveItems).allSatisfy { $0.isSameValue(as: $1) }
        default: return false
        }
    }
}
