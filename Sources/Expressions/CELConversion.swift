/// `int()`, `string()` and their like (ConvertToType in common/types of cel-go).
enum CELConversion {
    static func convert(_ value: CELValue, to type: String) throws(CELStop) -> CELValue {
        switch (type, value) {
        case ("int", .int), ("uint", .uint), ("double", .double), ("string", .string), ("bool", .bool),
            ("bytes", .bytes), ("duration", .duration), ("timestamp", .timestamp):
            return value
        case ("int", .uint(let number)):
            guard let result = Int64(exactly: number) else { throw .error("integer overflow") }
            return .int(result)
        case ("int", .double(let number)):
            guard number.isFinite, number > -0x1p63, number < 0x1p63 else { throw .error("integer overflow") }
            return .int(Int64(number))
        case ("int", .string(let text)):
            if let number = GoNumber.int(text) { return .int(number) }
        case ("int", .timestamp(let moment)): return .int(moment.seconds)
        case ("int", .duration(let span)): return .int(span)
        case ("uint", .int(let number)):
            guard number >= 0 else { throw .error("unsigned integer overflow") }
            return .uint(UInt64(number))
        case ("uint", .double(let number)):
            guard number.isFinite, number >= 0, number < 0x1p64 else { throw .error("unsigned integer overflow") }
            return .uint(UInt64(number))
        case ("uint", .string(let text)):
            if text.utf8.allSatisfy(ASCII.isDigit), let number = UInt64(text) { return .uint(number) }
        case ("double", .int(let number)): return .double(Double(number))
        case ("double", .uint(let number)): return .double(Double(number))
        case ("double", .string(let text)): if let number = GoNumber.double(text) { return .double(number) }
        case ("bool", .string(let text)):
            switch text {
            case "1", "t", "T", "TRUE", "true", "True": return .bool(true)
            case "0", "f", "F", "FALSE", "false", "False": return .bool(false)
            default: break
            }
        case ("bytes", .string(let text)): return .bytes(Array(text.utf8))
        case ("duration", .string(let text)): if let span = CELTime.duration(text) { return .duration(span) }
        case ("duration", .int(let number)): return .duration(number)
        case ("timestamp", .int(let number)):
            let moment = CELTimestamp(seconds: number)
            guard CELTime.isInRange(moment) else { throw .error("timestamp overflow") }
            return .timestamp(moment)
        case ("timestamp", .string(let text)):
            if let moment = CELTime.timestamp(text) {
                guard CELTime.isInRange(moment) else { throw .error("timestamp overflow") }
                return .timestamp(moment)
            }
        case ("string", .bytes(let bytes)):
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw .error("invalid UTF-8 in bytes, cannot convert to string")
            }
            return .string(text)
        case ("string", .bool), ("string", .int), ("string", .uint), ("string", .double), ("string", .duration),
            ("string", .timestamp), ("string", .ip), ("string", .cidr):
            return .string(CELText.plain(value))
        default: throw .noSuchOverload
        }
        let target = type == "duration" || type == "timestamp"
            ? "google.protobuf." + (type == "duration" ? "Duration" : "Timestamp") : type
        throw .error("type conversion error from '\(value.typeName)' to '\(target)'")
    }
}
