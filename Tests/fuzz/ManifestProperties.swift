import Manifests
import Validation

/// What holds of every file, whatever is in it.
enum ManifestProperties {
    private static let check: StandaloneCheck = {
        do { return try StandaloneCheck() } catch { fail("\(error)") }
    }()

    /// Rules about what values mean, which `YAML.check` does not look at.
    private static let ofValues: Set<String> = [
        "yaml/number", "yaml/tag", "yaml/merge", "yaml/merge-overlap", "yaml/duplicate-key", "yaml/key", "yaml/truth-word", "yaml/octal",
        "yaml/aliases",
    ]

    static func hold(of bytes: [UInt8]) {
        hold(of: bytes, .yaml)
        let first = bytes.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") { hold(of: bytes, .json) }
    }

    private static func hold(of bytes: [UInt8], _ language: ManifestFile.Language) {
        let file = ManifestFile(bytes, language: language, file: "f")
        let places = Places(bytes)
        for diagnostic in file.diagnostics { hold(of: diagnostic, places) }
        let syntax = file.diagnostics.filter { !ofValues.contains($0.rule) }
        let checked = language == .yaml ? YAML.check(bytes, file: "f") : JSON.check(bytes, file: "f")
        require(syntax.map(\.rendered).sorted() == checked.map(\.rendered).sorted(), "read: \(syntax.map(\.rendered))\nchecked: \(checked.map(\.rendered))")
        file.withDocuments { documents in
            var budget = 20_000
            for document in documents {
                guard walk(document.root, &budget) else { return }
                holdInJSON(document.root.json)
            }
        }
        for name in language == .json ? ["f.json"] : ["f.yaml", "kustomization.yaml"] {
            for diagnostic in check.verdict(on: bytes, named: name).diagnostics { hold(of: diagnostic, places) }
        }
    }

    /// Looks at everything; false where it is much.
    private static func walk(_ value: Value, _ budget: inout Int) -> Bool {
        budget -= 1 + value.bytes.count / 64
        guard budget > 0 else { return false }
        for item in value.items {
            guard walk(item, &budget) else { return false }
        }
        for field in value.fields {
            require(field.key.kind == .string, "a key is \(field.key.kind)")
            guard walk(field.key, &budget), walk(field.value, &budget) else { return false }
        }
        return true
    }

    /// What a value is in JSON is the same value, in JSON and in YAML.
    private static func holdInJSON(_ json: String) {
        // JSON has one zero.
        guard !json.contains("-0") else { return }
        let again = ManifestFile(Array(json.utf8), language: .json, file: "f")
        require(again.diagnostics.isEmpty, "not JSON: \(again.diagnostics.map(\.rendered)): \(json)")
        again.withDocuments { require($0.first?.root.json == json, "as JSON: \(json)\nis \($0.first?.root.json ?? "nothing")") }
        // YAML allows fewer characters, and breaks lines at more.
        guard json.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value < 0x7F || $0.value >= 0xA0 && ![0xFEFF, 0xFFFE, 0xFFFF].contains($0.value) })
        else { return }
        let yaml = ManifestFile(Array(json.utf8), language: .yaml, file: "f")
        // A key of YAML has 1024 characters at most.
        if json.utf8.count > 1000, yaml.diagnostics.contains(where: { $0.rule == "yaml/syntax" }) { return }
        require(yaml.diagnostics.allSatisfy { $0.rule == "yaml/template" }, "not YAML: \(yaml.diagnostics.map(\.rendered)): \(json)")
        guard yaml.diagnostics.isEmpty else { return }
        yaml.withDocuments { require($0.first?.root.json == json, "as YAML: \(json)\nis \($0.first?.root.json ?? "nothing")") }
    }

    static func hold(of diagnostic: Diagnostic, _ places: Places) {
        let texts = [diagnostic.message, diagnostic.hint ?? "", diagnostic.sourceLine ?? "", diagnostic.rendered.replacing("\n  hint: ", with: "")]
        for text in texts {
            require(text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control && $0.properties.generalCategory != .format }, "control character: \(diagnostic)")
            require(text.utf8.count < 4000, "\(text.utf8.count) bytes of message: \(diagnostic.rule)")
        }
        guard let range = diagnostic.range else {
            require(["yaml/size", "json/size", "yaml/too-many-errors", "manifest/too-many"].contains(diagnostic.rule) || diagnostic.message.hasPrefix("there are more of these"), "no place: \(diagnostic.rendered)")
            return
        }
        require(places.contains(range.start), "beyond the text: \(diagnostic.rendered)")
        require(range.start <= range.end, "backwards: \(diagnostic)")
    }
}

/// The places that a text has: lines end as in YAML 1.1 or as everywhere else.
struct Places {
    private let bytes: [UInt8]
    private var lengths: [Int] = [0]
    private var lengthsOfYAML: [Int] = [0]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var index = 0
        func at(_ index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }
        while index < bytes.count {
            let isBreak = bytes[index] == 0x0A || bytes[index] == 0x0D && at(index + 1) != 0x0A
            let isOfYAML =
                isBreak || bytes[index] == 0xC2 && at(index + 1) == 0x85
                || bytes[index] == 0xE2 && at(index + 1) == 0x80 && (at(index + 2) == 0xA8 || at(index + 2) == 0xA9)
            if isBreak { lengths.append(0) } else { lengths[lengths.count - 1] += 1 }
            if isOfYAML { lengthsOfYAML.append(0) } else { lengthsOfYAML[lengthsOfYAML.count - 1] += 1 }
            index += 1
        }
    }

    /// Whether a place is in the text, or right after it.
    func contains(_ position: SourcePosition) -> Bool {
        guard position.line >= 1, position.column >= 1 else { return false }
        return [lengths, lengthsOfYAML].contains {
            position.line <= $0.count && position.column <= $0[position.line - 1] + 1
        }
    }
}
