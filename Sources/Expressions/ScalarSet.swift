/// A set of Unicode scalars as sorted, disjoint ranges.
struct ScalarSet: Sendable, Hashable {
    /// A range of scalars, both ends included.
    struct Range: Sendable, Hashable {
        var low: UInt32
        var high: UInt32
    }

    static let maximum: UInt32 = 0x10FFFF

    private(set) var ranges: [Range] = []

    init() {}

    init(_ low: UInt32, _ high: UInt32) { ranges = [Range(low: low, high: high)] }

    init(_ pairs: [(UInt32, UInt32)]) {
        ranges = pairs.map { Range(low: $0.0, high: $0.1) }
        normalize()
    }

    var isEmpty: Bool { ranges.isEmpty }

    func contains(_ scalar: UInt32) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].high < scalar { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].low <= scalar
    }

    /// Adds a range; ``normalize()`` must follow.
    mutating func insert(_ low: UInt32, _ high: UInt32) {
        ranges.append(Range(low: low, high: high))
    }

    mutating func insert(_ other: ScalarSet) {
        ranges.append(contentsOf: other.ranges)
        normalize()
    }

    /// Sorts and merges what ``insert(_:_:)`` added.
    mutating func normalize() {
        guard ranges.count > 1 else { return }
        ranges.sort { $0.low < $1.low }
        var merged: [Range] = [ranges[0]]
        for range in ranges.dropFirst() {
            let last = merged.count - 1
            if range.low <= merged[last].high + 1 {
                merged[last].high = max(merged[last].high, range.high)
            } else {
                merged.append(range)
            }
        }
        ranges = merged
    }

    /// All scalars that are not in the set.
    var inverted: ScalarSet {
        var result = ScalarSet()
        var next: UInt32 = 0
        for range in ranges {
            if range.low > next { result.ranges.append(Range(low: next, high: range.low - 1)) }
            next = range.high + 1
        }
        if next <= Self.maximum { result.ranges.append(Range(low: next, high: Self.maximum)) }
        return result
    }

    /// The set and everything that differs from a member by case only.
    var folded: ScalarSet {
        var result = self
        for range in ranges {
            for (scalar, _) in CaseFolding.entries(from: range.low, through: range.high) {
                for other in CaseFolding.orbit(of: scalar) { result.ranges.append(Range(low: other, high: other)) }
            }
        }
        result.normalize()
        return result
    }
}

/// Simple case folding (Go's unicode.SimpleFold).
enum CaseFolding {
    private static let table: [(scalar: UInt32, next: UInt32)] = {
        var result: [(scalar: UInt32, next: UInt32)] = []
        var scalar = 0
        for word in UnicodeTables.simpleFold.split(separator: " ") {
            let parts = word.split(separator: ",")
            scalar += Int(parts[0], radix: 36) ?? 0
            let next = scalar + (Int(parts[1], radix: 36) ?? 0)
            result.append((UInt32(scalar), UInt32(next)))
        }
        return result
    }()

    private static func firstIndex(notBelow scalar: UInt32) -> Int {
        var low = 0
        var high = table.count
        while low < high {
            let middle = (low + high) / 2
            if table[middle].scalar < scalar { low = middle + 1 } else { high = middle }
        }
        return low
    }

    static func entries(from low: UInt32, through high: UInt32) -> ArraySlice<(scalar: UInt32, next: UInt32)> {
        let first = firstIndex(notBelow: low)
        var end = first
        while end < table.count, table[end].scalar <= high { end += 1 }
        return table[first..<end]
    }

    /// What the scalar differs from by case only, itself excluded.
    static func orbit(of scalar: UInt32) -> [UInt32] {
        var result: [UInt32] = []
        var current = scalar
        while true {
            let index = firstIndex(notBelow: current)
            guard index < table.count, table[index].scalar == current else { return result }
            current = table[index].next
            if current == scalar { return result }
            result.append(current)
        }
    }
}
