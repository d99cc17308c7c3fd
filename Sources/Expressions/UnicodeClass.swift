/// The Unicode classes of `\p{…}` by name, as Go's regexp/syntax finds them
/// (unicodeTable of parse.go): inexact names, categories, scripts and aliases.
enum UnicodeClass {
    struct Found {
        let set: ScalarSet
        /// Further scalars that the set holds where case is ignored, if any.
        let fold: ScalarSet?
    }

    private typealias Lines = [String: Substring]

    private static let categories = lines(UnicodeTables.categories)
    private static let scripts = lines(UnicodeTables.scripts)
    private static let foldCategories = lines(UnicodeTables.foldCategories)
    private static let foldScripts = lines(UnicodeTables.foldScripts)
    private static let aliases = lines(UnicodeTables.categoryAliases)

    private static func lines(_ text: String) -> Lines {
        var result: Lines = [:]
        for line in text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            result[String(line[..<colon])] = line[line.index(after: colon)...]
        }
        return result
    }

    private static func set(_ encoded: Substring) -> ScalarSet {
        var pairs: [(UInt32, UInt32)] = []
        var end = 0
        for word in encoded.split(separator: " ") {
            let parts = word.split(separator: "+")
            let low = end + (Int(parts[0], radix: 36) ?? 0)
            end = parts.count > 1 ? low + (Int(parts[1], radix: 36) ?? 0) : low
            pairs.append((UInt32(low), UInt32(end)))
        }
        return ScalarSet(pairs)
    }

    static func named(_ name: some StringProtocol) -> Found? {
        var canonical = ""
        for scalar in name.unicodeScalars where scalar != "_" && scalar != "-" && scalar != " " {
            let letter = Unicode.Scalar(scalar.value)
            if let letter, letter.isASCII {
                let text = String(letter)
                canonical += canonical.isEmpty ? text.uppercased() : text.lowercased()
            } else {
                canonical.unicodeScalars.append(scalar)
            }
        }
        switch canonical {
        case "Any": return Found(set: ScalarSet(0, ScalarSet.maximum), fold: ScalarSet(0, ScalarSet.maximum))
        case "Assigned": return categories["Cn"].map { Found(set: set($0).inverted, fold: nil) }
        case "Ascii":
            return Found(set: ScalarSet(0, 0x7F), fold: ScalarSet([(0, 0x7F), (0x17F, 0x17F), (0x212A, 0x212A)]))
        default: break
        }
        if let line = categories[canonical] {
            return Found(set: set(line), fold: foldCategories[canonical].map(set))
        }
        if let line = scripts[canonical] {
            return Found(set: set(line), fold: foldScripts[canonical].map(set))
        }
        if let actual = aliases[canonical], let line = categories[String(actual)] {
            return Found(set: set(line), fold: foldCategories[String(actual)].map(set))
        }
        return nil
    }
}
