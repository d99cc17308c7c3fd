import Manifests

/// The way from a root to the value at hand: the collections passed through, and
/// which item or field of each. It is kept in place, to cost nothing unless asked.
struct Path {
    struct Step {
        let parent: Value
        var index: Int
    }

    private var steps: [Step] = []

    init() { steps.reserveCapacity(24) }

    var isAtRoot: Bool { steps.isEmpty }
    var depth: Int { steps.count }

    mutating func push(_ parent: Value) { steps.append(Step(parent: parent, index: -1)) }
    mutating func set(_ index: Int) { steps[steps.count - 1].index = index }
    mutating func pop() { steps.removeLast() }

    /// The key or index `fromEnd` steps before the last, as it is said: `name` or `3`.
    func names(_ fromEnd: Int) -> String? {
        let place = steps.count - 2 - fromEnd
        guard place >= 0 else { return nil }
        let step = steps[place]
        guard step.parent.kind == .mapping, step.index >= 0 else { return nil }
        return step.parent.fields[step.index].name
    }

    /// The collections from the root on, and the key or index of each.
    var all: [(parent: Value, index: Int)] { steps.compactMap { $0.index >= 0 ? ($0.parent, $0.index) : nil } }

    /// The JSON pointer (RFC 6901), but for the last so many steps.
    func pointer(to fromEnd: Int = 0) -> String {
        var text = ""
        for step in steps.dropLast(fromEnd) where step.index >= 0 {
            text += "/"
            text += step.parent.kind == .sequence ? String(step.index) : Self.escaped(step.parent.fields[step.index].name)
        }
        return text
    }

    static func escaped(_ name: String) -> String {
        guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return name }
        return name.reduce(into: "") { $0 += $1 == "~" ? "~0" : $1 == "/" ? "~1" : String($1) }
    }
}
