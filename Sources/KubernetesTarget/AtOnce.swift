/// Does something for many items, some at once, as a server can bear it.
/// - Parameters:
///   - width: how many at once.
///   - body: given an item; it says its failure by what it returns.
/// - Returns: what was returned, in the order of the items.
func atOnce<Item: Sendable, Outcome: Sendable>(
    _ items: [Item], width: Int = 16, _ body: @escaping @Sendable (Item) async -> Outcome
) async -> [Outcome] {
    var outcomes = [Outcome?](repeating: nil, count: items.count)
    await withTaskGroup(of: (Int, Outcome).self) { group in
        var next = 0
        while next < min(width, items.count) {
            let index = next
            group.addTask { (index, await body(items[index])) }
            next += 1
        }
        for await (index, outcome) in group {
            outcomes[index] = outcome
            if next < items.count {
                let index = next
                group.addTask { (index, await body(items[index])) }
                next += 1
            }
        }
    }
    return outcomes.compactMap { $0 }
}

/// Waits a moment; earlier where the task is cancelled.
func pause(seconds: Double) async {
    try? await Task.sleep(nanoseconds: UInt64(seconds * 1_000_000_000))
}
