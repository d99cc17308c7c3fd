/// A semantic version (https://semver.org, as github.com/blang/semver reads it).
public struct CELSemanticVersion: Sendable {
    let numbers: [UInt64]
    let prerelease: [String]

    static func parse(_ text: String, normalize: Bool) -> CELSemanticVersion? {
        var text = text
        if normalize {
            guard let normal = normalized(text) else { return nil }
            text = normal
        }
        let parts = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        var patch = parts[2]
        var build: Substring? = nil
        var prerelease: Substring? = nil
        if let plus = patch.firstIndex(of: "+") {
            build = patch[patch.index(after: plus)...]
            patch = patch[..<plus]
        }
        if let dash = patch.firstIndex(of: "-") {
            prerelease = patch[patch.index(after: dash)...]
            patch = patch[..<dash]
        }
        var numbers: [UInt64] = []
        for part in [parts[0], parts[1], patch] {
            guard let number = number(part) else { return nil }
            numbers.append(number)
        }
        func identifiers(_ text: Substring?) -> [Substring]? {
            guard let text else { return [] }
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            let isValid = parts.allSatisfy { part in
                !part.isEmpty && part.utf8.allSatisfy { ASCII.isAlphanumeric($0) || $0 == 0x2D }
            }
            return isValid ? parts : nil
        }
        guard let labels = identifiers(prerelease), identifiers(build) != nil else { return nil }
        for label in labels where label.utf8.allSatisfy(ASCII.isDigit) && number(label) == nil { return nil }
        return CELSemanticVersion(numbers: numbers, prerelease: labels.map { String($0) })
    }

    private static func number(_ text: Substring) -> UInt64? {
        guard !text.isEmpty, text.utf8.allSatisfy(ASCII.isDigit), text.utf8.count == 1 || text.utf8.first != 0x30
        else { return nil }
        return UInt64(text)
    }

    /// normalizeAndParse of semverlib.go.
    private static func normalized(_ text: String) -> String? {
        let text = text.hasPrefix("v") ? text.dropFirst() : text[...]
        var parts = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false).map { part in
            guard part.utf8.count > 1 else { return String(part) }
            let rest = String(part.drop { $0 == "0" })
            return rest.utf8.first.map(ASCII.isDigit) == true ? rest : "0" + rest
        }
        if parts.count < 3 {
            if parts[parts.count - 1].utf8.contains(where: { $0 == 0x2B || $0 == 0x2D }) { return nil }
            while parts.count < 3 { parts.append("0") }
        }
        return parts.joined(separator: ".")
    }

    func compare(_ other: CELSemanticVersion) -> Int {
        for (one, another) in zip(numbers, other.numbers) where one != another { return one < another ? -1 : 1 }
        if prerelease.isEmpty || other.prerelease.isEmpty {
            return prerelease.isEmpty == other.prerelease.isEmpty ? 0 : prerelease.isEmpty ? 1 : -1
        }
        for (one, another) in zip(prerelease, other.prerelease) where one != another {
            switch (UInt64(one), UInt64(another)) {
            case (let first?, let second?): return first < second ? -1 : 1
            case (_?, nil): return -1
            case (nil, _?): return 1
            case (nil, nil): return one.utf8.lexicographicallyPrecedes(another.utf8) ? -1 : 1
            }
        }
        return prerelease.count == other.prerelease.count ? 0 : prerelease.count < other.prerelease.count ? -1 : 1
    }

    func call(_ name: String, _ arguments: [CELValue]) throws(CELStop) -> CELValue {
        switch (name, arguments.first) {
        case ("major", nil): return .int(Int64(truncatingIfNeeded: numbers[0]))
        case ("minor", nil): return .int(Int64(truncatingIfNeeded: numbers[1]))
        case ("patch", nil): return .int(Int64(truncatingIfNeeded: numbers[2]))
        case ("compareTo", .semver(let other)): return .int(Int64(compare(other)))
        case ("isLessThan", .semver(let other)): return .bool(compare(other) < 0)
        case ("isGreaterThan", .semver(let other)): return .bool(compare(other) > 0)
        default: throw .noSuchOverload
        }
    }
}
