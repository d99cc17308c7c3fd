/// Brings a live object into the form of its manifest (`ObjectComparison.shown`).
struct LiveForm {
    /// The live value as the manifest would have it; nil where it would have none.
    /// - Parameter element: what leads here.
    func shown(
        _ live: JSON?, _ result: JSON?, _ desired: JSON?, _ owned: Ownership, _ guide: FieldSet?, _ element: PathElement? = nil
    ) -> JSON? {
        // What does not change is as the manifest says, or nobody asked for it.
        if live == result { return desired }
        guard let live else { return nil }
        guard let desired else { return owned.part(of: live, guide.flatMap(ListKind.init)) }
        switch (live, desired) {
        case (.object, .object) where ListGuide.isAtomicMap(guide, element): return atomicValue(live, result, desired)
        case (.object(let live), .object(let desired)):
            let result = result?.object ?? [:]
            var fields: [String: JSON] = [:]
            for name in desired.names(with: live) {
                let element = PathElement.field(name)
                fields[exactly: name] = shown(
                    live[exactly: name], result[exactly: name], desired[exactly: name], owned.below(element), guide?[element], element)
            }
            return .object(fields)
        case (.array(let live), .array(let desired)):
            return .array(items(live, result?.array ?? [], desired, owned, guide))
        default:
            return desired.isSameValue(as: live) ? desired : live
        }
    }

    private func items(_ live: [JSON], _ result: [JSON], _ desired: [JSON], _ owned: Ownership, _ guide: FieldSet?) -> [JSON] {
        guard let kind = ListGuide.kind(guide, live, result, desired),
            let lists = AlignedLists(kind, live: live, result: result, desired: desired)
        else { return atomicItems(live, result, desired) }
        var shownItems: [PathElement: JSON] = [:]
        for element in lists.liveOrder {
            shownItems[element] = shown(
                lists.live[element], lists.result[element], lists.desired[element], owned.below(element), guide?[element])
        }
        // What does not change although it is not live is the manifest's alone.
        for element in lists.desiredOrder where lists.live[element] == nil && lists.result[element] == nil {
            shownItems[element] = lists.desired[element]
        }
        let base: [PathElement]
        if case .keyed = kind, lists.isReordered {
            base = lists.liveOrder
        } else {
            base = lists.desiredOrder
        }
        return ordered(base, lists.liveOrder.filter { shownItems[$0] != nil }).compactMap { shownItems[$0] }
    }

    /// One order with what only the other has put in after the neighbour that it has there.
    private func ordered(_ base: [PathElement], _ other: [PathElement]) -> [PathElement] {
        let known = Set(base)
        var followers: [PathElement?: [PathElement]] = [:]
        var neighbour: PathElement?
        for element in other {
            if known.contains(element) {
                neighbour = element
            } else {
                followers[neighbour, default: []].append(element)
            }
        }
        return (followers[nil] ?? []) + base.flatMap { [$0] + (followers[$0] ?? []) }
    }

    /// A list that is owned as a whole: what is the same in live and result is as the manifest has it there.
    private func atomicItems(_ live: [JSON], _ result: [JSON], _ desired: [JSON]) -> [JSON] {
        guard result.count == desired.count else { return live }
        var items: [JSON] = []
        var (liveIndex, resultIndex) = (0, 0)
        for (liveMatch, resultMatch) in commonItems(live, result) + [(live.count, result.count)] {
            while liveIndex < liveMatch {
                // One that changed: its values in the form of the item in its place.
                if resultIndex < resultMatch {
                    items.append(atomicValue(live[liveIndex], result[resultIndex], desired[resultIndex]) ?? live[liveIndex])
                    resultIndex += 1
                } else {
                    items.append(live[liveIndex])
                }
                liveIndex += 1
            }
            if liveMatch < live.count { items.append(desired[resultMatch]) }
            (liveIndex, resultIndex) = (liveMatch + 1, resultMatch + 1)
        }
        return items
    }

    /// A value below something that is owned as a whole: what the result has and the manifest does not is a default,
    /// which is left out of the live value, too, where it is the same.
    private func atomicValue(_ live: JSON?, _ result: JSON?, _ desired: JSON?) -> JSON? {
        if live == result { return desired }
        guard let live else { return nil }
        switch (live, result, desired) {
        case (.object(let live), .object(let result), .object(let desired)):
            var fields: [String: JSON] = [:]
            for name in desired.names(with: live) {
                fields[exactly: name] = atomicValue(live[exactly: name], result[exactly: name], desired[exactly: name])
            }
            return .object(fields)
        case (.array(let live), .array(let result), .array(let desired)): return .array(atomicItems(live, result, desired))
        default: return desired.map { $0.isSameValue(as: live) ? $0 : live } ?? live
        }
    }
}
