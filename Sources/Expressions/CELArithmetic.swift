/// Arithmetic of numbers and of time (common/types/overflow.go of cel-go).
enum CELArithmetic {
    static func negate(_ value: CELValue) throws(CELStop) -> CELValue {
        switch value {
        case .int(let number):
            guard number != .min else { throw .error("integer overflow") }
            return .int(-number)
        case .double(let number): return .double(-number)
        case .duration(let number):
            guard number != .min else { throw .error("integer overflow") }
            return .duration(-number)
        default: throw .noSuchOverload
        }
    }

    static func apply(_ symbol: CELOperator, _ left: CELValue, _ right: CELValue) throws(CELStop) -> CELValue {
        switch (left, right) {
        case (.int(let first), .int(let second)): return .int(try integer(symbol, first, second, "integer overflow"))
        case (.uint(let first), .uint(let second)):
            return .uint(try integer(symbol, first, second, "unsigned integer overflow"))
        case (.double(let first), .double(let second)):
            return switch symbol {
            case .add: .double(first + second)
            case .subtract: .double(first - second)
            case .multiply: .double(first * second)
            case .divide: .double(first / second)
            default: throw .noSuchOverload
            }
        case (.duration(let first), .duration(let second)) where symbol == .add || symbol == .subtract:
            return .duration(try integer(symbol, first, second, "integer overflow"))
        case (.timestamp(let moment), .duration(let span)) where symbol == .add: return try CELTime.add(moment, span)
        case (.duration(let span), .timestamp(let moment)) where symbol == .add: return try CELTime.add(moment, span)
        case (.timestamp(let moment), .duration(let span)) where symbol == .subtract:
            guard span != .min else { throw .error("integer overflow") }
            return try CELTime.add(moment, -span)
        case (.timestamp(let first), .timestamp(let second)) where symbol == .subtract:
            let (span, overflow) = (first.seconds - second.seconds).multipliedReportingOverflow(by: 1_000_000_000)
            let (sum, more) = span.addingReportingOverflow(first.nanoseconds - second.nanoseconds)
            if overflow || more { throw .error("integer overflow") }
            return .duration(sum)
        default: throw .noSuchOverload
        }
    }

    private static func integer<Number: FixedWidthInteger>(
        _ symbol: CELOperator, _ first: Number, _ second: Number, _ message: String
    ) throws(CELStop) -> Number {
        let (result, overflow): (Number, Bool)
        switch symbol {
        case .add: (result, overflow) = first.addingReportingOverflow(second)
        case .subtract: (result, overflow) = first.subtractingReportingOverflow(second)
        case .multiply: (result, overflow) = first.multipliedReportingOverflow(by: second)
        case .divide:
            if second == 0 { throw .error("division by zero") }
            (result, overflow) = first.dividedReportingOverflow(by: second)
        case .modulo:
            if second == 0 { throw .error("modulus by zero") }
            (result, overflow) = first.remainderReportingOverflow(dividingBy: second)
        default: throw .noSuchOverload
        }
        if overflow { throw .error(message) }
        return result
    }

    /// The order of two numbers of any types; nil where one is none, or NaN.
    static func order(_ left: CELValue, _ right: CELValue) -> Int? {
        func sign<Number: Comparable>(_ first: Number, _ second: Number) -> Int {
            first < second ? -1 : first > second ? 1 : 0
        }
        switch (left, right) {
        case (.int(let first), .int(let second)): return sign(first, second)
        case (.uint(let first), .uint(let second)): return sign(first, second)
        case (.double(let first), .double(let second)):
            return first.isNaN || second.isNaN ? nil : sign(first, second)
        case (.int(let first), .uint(let second)): return first < 0 ? -1 : sign(UInt64(first), second)
        case (.uint, .int): return order(right, left).map { -$0 }
        case (.double(let first), .int(let second)):
            // compareDoubleInt of cel-go compares as doubles.
            return first.isNaN ? nil : first < -0x1p63 ? -1 : first > 0x1p63 ? 1 : sign(first, Double(second))
        case (.int, .double), (.uint, .double): return order(right, left).map { -$0 }
        case (.double(let first), .uint(let second)):
            return first.isNaN ? nil : first < 0 ? -1 : first > 0x1p64 ? 1 : sign(first, Double(second))
        default: return nil
        }
    }

    /// A value as an index of a list.
    static func index(_ value: CELValue) throws(CELStop) -> Int {
        switch value {
        case .int(let number): return Int(number)
        case .uint(let number):
            guard let index = Int(exactly: number) else {
                throw .error("unsupported index value \(number) in list")
            }
            return index
        case .double(let number):
            guard let index = Int(exactly: number) else {
                throw .error("unsupported index value \(CELText.plain(value)) in list")
            }
            return index
        default: throw .error("unsupported index type '\(value.typeName)' in list")
        }
    }
}
