/// Which lists of an object are told apart by what: as the field sets of its managers say, else as is known of the
/// names of keys.
struct ListGuide {
    /// All that managers own, in either state of the object.
    let fields: FieldSet

    init(_ live: JSON, _ result: JSON) {
        var fields = FieldSet()
        for entry in live.managedFields + result.managedFields { fields = fields.union(entry.fields) }
        self.fields = fields
    }

    /// Whether a map is owned as a whole.
    /// - Parameters:
    ///   - guide: what is owned at the map.
    ///   - element: what leads to it.
    static func isAtomicMap(_ guide: FieldSet?, _ element: PathElement?) -> Bool {
        guard case .field(let name)? = element, let guide else { return false }
        return guide.isMember && guide.children.isEmpty && BuiltIn.isAtomicMap(name)
    }

    /// Keys that the API's associative lists have (`+listMapKey` in `k8s.io/api`), the more exact first.
    private static let knownKeys = [
        ["containerPort", "protocol"], ["port", "protocol"], ["mountPath"], ["devicePath"], ["topologyKey", "whenUnsatisfiable"], ["uid"],
        ["name"], ["ip"], ["type"],
    ]

    /// How the items of a list are told apart; nil where it is compared as a whole.
    /// - Parameter guide: what is owned at the list.
    static func kind(_ guide: FieldSet?, _ lists: [JSON]...) -> ListKind? {
        if let guide {
            if let kind = ListKind(guide) { return kind }
            // Owned as a whole.
            if guide.isMember { return nil }
        }
        guard lists.contains(where: { !$0.isEmpty }) else { return nil }
        return knownKeys.lazy.map(ListKind.keyed).first { kind in
            guard case .keyed(let names) = kind else { return false }
            return lists.allSatisfy { items in
                var seen: Set<PathElement> = []
                return items.allSatisfy { item in
                    guard let element = kind.element(of: item), case .key(let key) = element, key.count == names.count else { return false }
                    return seen.insert(element).inserted
                }
            }
        }
    }
}

/// The items of a list in three states, by what tells them apart.
struct AlignedLists {
    /// Every item once: those of the result in its order, then those that are only live.
    let elements: [PathElement]
    let live: [PathElement: JSON]
    let result: [PathElement: JSON]
    let desired: [PathElement: JSON]
    let liveOrder: [PathElement]
    let resultOrder: [PathElement]
    let desiredOrder: [PathElement]

    /// nil where an item has nothing that tells it apart, or two have the same.
    init?(_ kind: ListKind, live: [JSON], result: [JSON], desired: [JSON]) {
        guard let live = Self.aligned(kind, live), let result = Self.aligned(kind, result), let desired = Self.aligned(kind, desired)
        else { return nil }
        (self.live, liveOrder) = live
        (self.result, resultOrder) = result
        (self.desired, desiredOrder) = desired
        elements = result.order + live.order.filter { result.items[$0] == nil }
    }

    private static func aligned(_ kind: ListKind, _ list: [JSON]) -> (items: [PathElement: JSON], order: [PathElement])? {
        var items: [PathElement: JSON] = [:]
        var order: [PathElement] = []
        for item in list {
            guard let element = kind.element(of: item), items.updateValue(item, forKey: element) == nil else { return nil }
            order.append(element)
        }
        return (items, order)
    }

    /// Whether the items that are live and in the result are in another order there.
    var isReordered: Bool { liveOrder.filter { result[$0] != nil } != resultOrder.filter { live[$0] != nil } }
}

/// The longest common subsequence of two lists, as pairs of places in them, ascending.
///
/// Its cost is the product of the lengths of what is left after the common start and end; beyond a million it is
/// left out.
func commonItems(_ a: [JSON], _ b: [JSON]) -> [(Int, Int)] {
    var start = 0
    while start < min(a.count, b.count), a[start] == b[start] { start += 1 }
    var end = 0
    while end < min(a.count, b.count) - start, a[a.count - 1 - end] == b[b.count - 1 - end] { end += 1 }
    var pairs = (0..<start).map { ($0, $0) }
    let (rows, columns) = (a.count - start - end, b.count - start - end)
    if rows > 0, columns > 0, rows <= 1_000_000 / columns {
        var lengths = [[Int]](repeating: [Int](repeating: 0, count: columns + 1), count: rows + 1)
        for row in stride(from: rows - 1, through: 0, by: -1) {
            for column in stride(from: columns - 1, through: 0, by: -1) {
                lengths[row][column] =
                    a[start + row] == b[start + column]
                    ? lengths[row + 1][column + 1] + 1 : max(lengths[row + 1][column], lengths[row][column + 1])
            }
        }
        var (row, column) = (0, 0)
        while row < rows, column < columns {
            if a[start + row] == b[start + column] {
                pairs.append((start + row, start + column))
                row += 1
                column += 1
            } else if lengths[row + 1][column] >= lengths[row][column + 1] {
                row += 1
            } else {
                column += 1
            }
        }
    }
    return pairs + (0..<end).map { (a.count - end + $0, b.count - end + $0) }
}
