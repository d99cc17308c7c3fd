import Expressions
import Manifests
import Validation

/// Of the first line as a pattern and as an expression of CEL, and of the rest as what they are about.
enum ExpressionProperties {
    static func hold(of bytes: [UInt8]) {
        let end = bytes.firstIndex(of: 0x0A) ?? bytes.count
        let source = String(decoding: bytes[..<end], as: UTF8.self)
        let rest = Array(bytes[min(end + 1, bytes.count)...])
        if let expression = try? RegularExpression(source) {
            rest.withUnsafeBufferPointer { text in
                let first = expression.firstMatch(in: text)
                require(expression.matches(text) == (first != nil), "matches and firstMatch differ")
                let all = expression.allMatches(in: text, limit: 100)
                require(all.first == first, "allMatches and firstMatch differ")
                require(all.allSatisfy { $0.upperBound <= text.count }, "a match beyond the text")
            }
        }
        guard let program = try? CELProgram(source) else { return }
        _ = program.problems()
        ManifestFile(rest, language: .yaml, file: "f").withDocuments { documents in
            let value = documents.first.map { Self.value($0.root) } ?? CELValue.null
            let first = program.evaluate(["self": value, "oldSelf": .null])
            let second = program.evaluate(["self": value, "oldSelf": .null])
            switch (first, second) {
            case (.value, .value), (.notEvaluated, .notEvaluated): break
            case (.error(let one), .error(let other)): require(one == other, "\(one) and \(other)")
            default: fail("\(first) and \(second)")
            }
        }
    }

    private static func value(_ value: Value, depth: Int = 0) -> CELValue {
        switch value.kind {
        case .null: return .null
        case .boolean: return .bool(value.boolean == true)
        case .integer: return value.integer.map(CELValue.int) ?? .double(value.number ?? 0)
        case .number: return .double(value.number ?? 0)
        case .string: return .string(value.text)
        case .sequence, .mapping:
            guard depth < 8, value.count < 1000 else { return .null }
            if value.kind == .sequence { return .array(value.items.map { self.value($0, depth: depth + 1) }) }
            return .dictionary(value.fields.map { ($0.name, self.value($0.value, depth: depth + 1)) })
        }
    }
}

/// Of a file whose definitions hold for its own objects.
enum SchemaProperties {
    static func hold(of bytes: [UInt8]) {
        guard let check = try? StandaloneCheck(definitions: [bytes]) else { return }
        let places = Places(bytes)
        for diagnostic in check.verdict(on: bytes, named: "f.yaml").diagnostics { ManifestProperties.hold(of: diagnostic, places) }
    }
}
