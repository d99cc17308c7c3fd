/// Calls: by name first, then by what the arguments are.
extension CELEvaluation {
    mutating func call(_ name: String, _ target: CELNode?, _ arguments: [CELNode]) throws(CELStop) -> CELValue {
        if let qualified = CELCallName.qualified(name, target), CELInspection.isImplemented(qualified) {
            return try namespaced(qualified, try values(arguments))
        }
        guard let target else { return try global(name, try values(arguments)) }
        let receiver = try value(of: target)
        if name == "or" || name == "orValue", arguments.count == 1 {
            guard case .optional(let content) = receiver else { throw .noSuchOverload }
            if let content { return name == "or" ? receiver : content }
            return try value(of: arguments[0])
        }
        return try member(name, receiver, try values(arguments))
    }

    private mutating func values(_ nodes: [CELNode]) throws(CELStop) -> [CELValue] {
        var result: [CELValue] = []
        for node in nodes { result.append(try value(of: node)) }
        return result
    }

    private mutating func global(_ name: String, _ arguments: [CELValue]) throws(CELStop) -> CELValue {
        if name == "matches", arguments.count == 2 { return try member(name, arguments[0], [arguments[1]]) }
        if name == "isSemver" || name == "semver", arguments.count == 2, case .string(let text) = arguments[0],
            case .bool(let normalize) = arguments[1]
        {
            return try semver(name, text, normalize: normalize)
        }
        guard arguments.count == 1 else { throw .noSuchOverload }
        let argument = arguments[0]
        switch name {
        case "size": return try size(argument)
        case "dyn": return argument
        case "type": return .type(argument.typeName)
        case "int", "uint", "double", "string", "bool", "bytes", "duration", "timestamp":
            return try CELConversion.convert(argument, to: name)
        case "sign":
            guard case .quantity(let quantity) = argument else { throw .noSuchOverload }
            return .int(Int64(quantity.sign))
        default: break
        }
        guard case .string(let text) = argument else { throw .noSuchOverload }
        try pay(for: text)
        switch name {
        case "isURL": return .bool(CELURL.isRequestURI(text))
        case "url":
            guard let url = CELURL(text) else {
                throw .error("URL parse error during conversion from string: parse \(CELText.quoted(text)): invalid URI for request")
            }
            return .url(url)
        case "isQuantity":
            do throws(CELStop) { _ = try CELQuantity(text) } catch {
                guard case .error = error else { throw error }
                return .bool(false)
            }
            return .bool(true)
        case "quantity": return .quantity(try CELQuantity(text))
        case "isIP": return .bool(CELAddress.parse(text) != nil)
        case "ip": return .ip(try address(text))
        case "isCIDR": return .bool(CELAddressRange.parse(text) != nil)
        case "cidr": return .cidr(try range(text))
        case "isSemver", "semver": return try semver(name, text, normalize: false)
        default: throw .noSuchOverload
        }
    }

    private func semver(_ name: String, _ text: String, normalize: Bool) throws(CELStop) -> CELValue {
        let version = CELSemanticVersion.parse(text, normalize: normalize)
        if name == "isSemver" { return .bool(version != nil) }
        guard let version else { throw .error("Invalid Semantic Version \(CELText.quoted(text))") }
        return .semver(version)
    }

    private func address(_ text: String) throws(CELStop) -> CELAddress {
        guard let address = CELAddress.parse(text) else {
            throw .error("IP Address \(CELText.quoted(text)) parse error during conversion from string")
        }
        return address
    }

    private func range(_ text: String) throws(CELStop) -> CELAddressRange {
        guard let range = CELAddressRange.parse(text) else {
            throw .error("network address parse error during conversion from string: \(text)")
        }
        return range
    }

    private mutating func size(_ value: CELValue) throws(CELStop) -> CELValue {
        switch value {
        case .string(let text):
            try pay(for: text)
            return .int(Int64(text.unicodeScalars.count))
        case .bytes(let bytes): return .int(Int64(bytes.count))
        case .list(let list): return .int(Int64(list.count))
        case .map(let map): return .int(Int64(map.count))
        default: throw .noSuchOverload
        }
    }

    private mutating func namespaced(_ name: String, _ arguments: [CELValue]) throws(CELStop) -> CELValue {
        switch (name, arguments.count) {
        case ("optional.none", 0): return .optional(nil)
        case ("optional.of", 1): return .optional(arguments[0])
        case ("optional.ofNonZeroValue", 1): return .optional(isZero(arguments[0]) ? nil : arguments[0])
        case ("optional.unwrap", 1): return try unwrap(arguments[0])
        case ("strings.quote", 1):
            guard case .string(let text) = arguments[0] else { throw .noSuchOverload }
            try pay(for: text)
            return .string(CELStrings.quote(text))
        case ("sets.contains", 2): return .bool(try isSubset(arguments[1], of: arguments[0]))
        case ("sets.equivalent", 2):
            guard try isSubset(arguments[1], of: arguments[0]) else { return .bool(false) }
            return .bool(try isSubset(arguments[0], of: arguments[1]))
        case ("sets.intersects", 2):
            guard case .list(let list) = arguments[0], case .list = arguments[1] else { throw .noSuchOverload }
            for index in 0..<list.count where try contains(arguments[1], list.item(at: index)) { return .bool(true) }
            return .bool(false)
        case ("lists.range", 1):
            guard case .int(let count) = arguments[0] else { throw .noSuchOverload }
            try pay(Int(max(0, count)))
            return .array((0..<max(0, count)).map { .int($0) })
        case ("ip.isCanonical", 1):
            guard case .string(let text) = arguments[0] else { throw .noSuchOverload }
            return .bool(try address(text).text == text)
        case ("format.named", 1):
            guard case .string(let name) = arguments[0] else { throw .noSuchOverload }
            return .optional(CELFormat.names.contains(name) ? .format(CELFormat(name: name)) : nil)
        case (_, 0) where name.hasPrefix("format."): return .format(CELFormat(name: String(name.dropFirst(7))))
        default: throw .noSuchOverload
        }
    }

    private func isZero(_ value: CELValue) -> Bool {
        switch value {
        case .null: true
        case .bool(let value): !value
        case .int(let value): value == 0
        case .uint(let value): value == 0
        case .double(let value): value == 0
        case .string(let value): value.isEmpty
        case .bytes(let value): value.isEmpty
        case .list(let value): value.count == 0
        case .map(let value): value.count == 0
        case .duration(let value): value == 0
        // Go's time.Time is zero in the year 1.
        case .timestamp(let value): value.seconds == -62_135_596_800 && value.nanoseconds == 0
        default: false
        }
    }

    private mutating func unwrap(_ value: CELValue) throws(CELStop) -> CELValue {
        guard case .list(let list) = value else { throw .noSuchOverload }
        try pay(list.count)
        var result: [CELValue] = []
        for item in CELItems(list) {
            guard case .optional(let content) = item else {
                throw .error("value \(CELText.plain(item)) is not optional")
            }
            if let content { result.append(content) }
        }
        return .array(result)
    }

    private mutating func isSubset(_ subset: CELValue, of set: CELValue) throws(CELStop) -> Bool {
        guard case .list(let list) = subset, case .list = set else { throw .noSuchOverload }
        for index in 0..<list.count where !(try contains(set, list.item(at: index))) { return false }
        return true
    }

    // MARK: members

    private mutating func member(
        _ name: String, _ receiver: CELValue, _ arguments: [CELValue]
    ) throws(CELStop) -> CELValue {
        if name == "size", arguments.isEmpty { return try size(receiver) }
        if name.hasPrefix("get") {
            switch receiver {
            case .timestamp, .duration:
                switch arguments.first {
                case nil: return .int(try CELTime.part(name, of: receiver, zone: nil))
                case .string(let zone): return .int(try CELTime.part(name, of: receiver, zone: zone))
                default: throw .noSuchOverload
                }
            default: break
            }
        }
        switch receiver {
        case .string(let text): return try string(name, text, arguments)
        case .list(let list): return try listCall(name, list, arguments)
        case .optional(let content):
            switch (name, arguments.count) {
            case ("hasValue", 0): return .bool(content != nil)
            case ("value", 0):
                guard let content else { throw .error("optional.none() dereference") }
                return content
            default: throw .noSuchOverload
            }
        case .quantity(let quantity): return try quantity.call(name, arguments)
        case .semver(let version): return try version.call(name, arguments)
        case .url(let url): return try url.call(name, arguments)
        case .ip(let address): return try address.call(name, arguments)
        case .cidr(let range): return try range.call(name, arguments)
        case .format(let format):
            guard name == "validate", arguments.count == 1, case .string(let text) = arguments[0] else {
                throw .noSuchOverload
            }
            try pay(for: text)
            let errors = format.validate(text)
            return .optional(errors.isEmpty ? nil : .array(errors.map { .string($0) }))
        default: throw .noSuchOverload
        }
    }
}
