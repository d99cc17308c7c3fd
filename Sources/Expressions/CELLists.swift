/// The functions of lists (library/lists.go of k8s.io/apiserver, ext/lists.go of
/// cel-go).
extension CELEvaluation {
    mutating func listCall(_ name: String, _ list: any CELList, _ arguments: [CELValue]) throws(CELStop) -> CELValue {
        try pay(1 + list.count)
        let items = CELItems(list)
        switch (name, arguments.count) {
        case ("isSorted", 0):
            for index in items.indices.dropFirst() where try compare(items[index - 1], items[index]) > 0 {
                return .bool(false)
            }
            if let only = items.first, items.count == 1 { _ = try compare(only, only) }
            return .bool(true)
        case ("sum", 0):
            guard var sum = items.first else { return .int(0) }
            switch sum {
            case .int, .uint, .double, .duration: break
            default: throw .noSuchOverload
            }
            for item in items.dropFirst() { sum = try CELArithmetic.apply(.add, sum, item) }
            return sum
        case ("min", 0), ("max", 0):
            guard var best = items.first else { throw .error("\(name) called on empty list") }
            for item in items.dropFirst() {
                let order = try compare(best, item)
                if name == "min" ? order > 0 : order < 0 { best = item }
            }
            return best
        case ("indexOf", 1):
            for (index, item) in items.enumerated() where try isEqual(item, arguments[0]) { return .int(Int64(index)) }
            return .int(-1)
        case ("lastIndexOf", 1):
            for (index, item) in items.enumerated().reversed() where try isEqual(item, arguments[0]) {
                return .int(Int64(index))
            }
            return .int(-1)
        case ("join", 0): return .string(try join(items, ""))
        case ("join", 1):
            guard case .string(let separator) = arguments[0] else { throw .noSuchOverload }
            return .string(try join(items, separator))
        case ("first", 0): return .optional(items.first)
        case ("last", 0): return .optional(items.last)
        case ("reverse", 0): return .array(items.reversed())
        case ("sort", 0): return try sort(items, by: items)
        case ("distinct", 0):
            var result: [CELValue] = []
            next: for item in items {
                for other in result where try isEqual(item, other) { continue next }
                result.append(item)
            }
            return .array(result)
        case ("slice", 2):
            guard case .int(let start) = arguments[0], case .int(let end) = arguments[1] else { throw .noSuchOverload }
            if start < 0 || end < 0 { throw .error("cannot slice(\(start), \(end)), negative indexes not supported") }
            if start > end {
                throw .error("cannot slice(\(start), \(end)), start index must be less than or equal to end index")
            }
            if items.count < end { throw .error("cannot slice(\(start), \(end)), list is length \(items.count)") }
            return .array(Array(items[Int(start)..<Int(end)]))
        case ("flatten", 0): return .array(try flatten(items, 1))
        case ("flatten", 1):
            guard case .int(let depth) = arguments[0] else { throw .noSuchOverload }
            if depth < 0 { throw .error("level must be non-negative") }
            return .array(try flatten(items, depth))
        case ("unwrapOpt", 0):
            var result: [CELValue] = []
            for item in items {
                guard case .optional(let content) = item else {
                    throw .error("value \(CELText.plain(item)) is not optional")
                }
                if let content { result.append(content) }
            }
            return .array(result)
        default: throw .noSuchOverload
        }
    }

    private mutating func join(_ items: [CELValue], _ separator: String) throws(CELStop) -> String {
        var result = ""
        for (index, item) in items.enumerated() {
            guard case .string(let text) = item else { throw .error("join: invalid input: \(CELText.plain(item))") }
            try pay(for: text)
            if index > 0 {
                try pay(for: separator)
                result += separator
            }
            result += text
        }
        return result
    }

    private mutating func flatten(_ items: [CELValue], _ depth: Int64) throws(CELStop) -> [CELValue] {
        var result: [CELValue] = []
        try pay(items.count)
        for item in items {
            if case .list(let inner) = item, depth > 0 {
                result += try flatten(CELItems(inner), depth - 1)
            } else {
                result.append(item)
            }
        }
        return result
    }

    /// Sorts by keys of one type that have an order; a merge sort, so that an
    /// error of a comparison can end it.
    mutating func sort(_ items: [CELValue], by keys: [CELValue]) throws(CELStop) -> CELValue {
        guard let first = keys.first else { return .array([]) }
        switch first {
        case .bool, .int, .uint, .double, .string, .bytes, .duration, .timestamp: break
        default: throw .error("list elements must be comparable")
        }
        for key in keys where key.typeName != first.typeName {
            throw .error("list elements must have the same type")
        }
        var order = Array(items.indices)
        var width = 1
        while width < order.count {
            var merged: [Int] = []
            var start = 0
            while start < order.count {
                let middle = min(start + width, order.count)
                let end = min(start + 2 * width, order.count)
                var left = start
                var right = middle
                while left < middle || right < end {
                    try pay(1)
                    var takesLeft = right >= end
                    if !takesLeft, left < middle {
                        takesLeft = try compare(keys[order[left]], keys[order[right]]) <= 0
                    }
                    if takesLeft {
                        merged.append(order[left])
                        left += 1
                    } else {
                        merged.append(order[right])
                        right += 1
                    }
                }
                start = end
            }
            order = merged
            width *= 2
        }
        return .array(order.map { items[$0] })
    }
}
