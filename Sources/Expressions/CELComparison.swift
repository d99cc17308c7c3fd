/// Equality and order of values (common/types of cel-go).
extension CELEvaluation {
    /// `==`: numbers of different types by value, values of different types
    /// otherwise never.
    mutating func isEqual(_ left: CELValue, _ right: CELValue) throws(CELStop) -> Bool {
        try pay(1)
        switch (left, right) {
        case (.null, .null): return true
        case (.bool(let first), .bool(let second)): return first == second
        case (.int, .int), (.int, .uint), (.int, .double), (.uint, .int), (.uint, .uint), (.uint, .double),
            (.double, .int), (.double, .uint), (.double, .double):
            return CELArithmetic.order(left, right) == 0
        case (.string(let first), .string(let second)):
            try pay(min(first.utf8.count, second.utf8.count) / 16)
            return first.utf8.elementsEqual(second.utf8)
        case (.bytes(let first), .bytes(let second)):
            try pay(min(first.count, second.count) / 16)
            return first == second
        case (.duration(let first), .duration(let second)): return first == second
        case (.timestamp(let first), .timestamp(let second)): return first == second
        case (.type(let first), .type(let second)): return first == second
        case (.list(let first), .list(let second)):
            guard first.count == second.count else { return false }
            for index in 0..<first.count where !(try isEqual(first.item(at: index), second.item(at: index))) {
                return false
            }
            return true
        case (.map(let first), .map(let second)):
            guard first.count == second.count else { return false }
            for key in first.keys {
                try pay(1)
                guard let value = first.value(for: key), let other = second.value(for: key) else { return false }
                if !(try isEqual(value, other)) { return false }
            }
            return true
        case (.optional(let first), .optional(let second)):
            guard let first, let second else { return first == nil && second == nil }
            return try isEqual(first, second)
        case (.quantity(let first), .quantity(let second)): return first.compare(second) == 0
        case (.ip(let first), .ip(let second)): return first == second
        case (.cidr(let first), .cidr(let second)): return first == second
        case (.url(let first), .url(let second)): return first.text == second.text
        case (.semver(let first), .semver(let second)): return first.compare(second) == 0
        case (.format(let first), .format(let second)): return first.name == second.name
        case (.quantity, _), (.ip, _), (.cidr, _), (.url, _), (.semver, _), (.format, _):
            // These types refuse what is not of their own.
            if case .null = right { return false }
            throw .noSuchOverload
        default: return false
        }
    }

    /// Below, at or above 0.
    mutating func compare(_ left: CELValue, _ right: CELValue) throws(CELStop) -> Int {
        switch (left, right) {
        case (.bool(let first), .bool(let second)): return first == second ? 0 : first ? 1 : -1
        case (.string(let first), .string(let second)):
            try pay(min(first.utf8.count, second.utf8.count) / 16)
            return order(first.utf8, second.utf8)
        case (.bytes(let first), .bytes(let second)):
            try pay(min(first.count, second.count) / 16)
            return order(first, second)
        case (.duration(let first), .duration(let second)): return first < second ? -1 : first > second ? 1 : 0
        case (.timestamp(let first), .timestamp(let second)):
            let one = (first.seconds, first.nanoseconds)
            let other = (second.seconds, second.nanoseconds)
            return one < other ? -1 : one > other ? 1 : 0
        default:
            switch (left, right) {
            case (.double(let value), _) where value.isNaN, (_, .double(let value)) where value.isNaN:
                throw .error("NaN values cannot be ordered")
            default: break
            }
            guard let order = CELArithmetic.order(left, right) else { throw .noSuchOverload }
            return order
        }
    }

    private func order(_ left: some Sequence<UInt8>, _ right: some Sequence<UInt8>) -> Int {
        left.lexicographicallyPrecedes(right) ? -1 : right.lexicographicallyPrecedes(left) ? 1 : 0
    }
}
