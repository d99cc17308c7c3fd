import Kubernetes
import KubernetesModel
import enum Manifests.Base64

/// Keeps the values of a Secret out of what a server says about it.
enum Redaction {
    /// A part of a value that is so long says something of it.
    private static let longest = 12

    /// An error without what it quotes from Secrets. What the server said is looked at as it was said: where it was cut
    /// or escaped for people, a value would not be found.
    /// - Parameter objects: what it may have quoted from.
    static func redacted(_ error: ClusterError, of objects: [JSON?]) -> ClusterError {
        let secrets = objects.compactMap(\.self).filter(\.isSecret)
        guard !secrets.isEmpty else { return error }
        let values = Values(secrets)
        var error = error
        error.message = oneLine(values.hidden(in: withoutQuotation(error.said)))
        for index in error.causes.indices {
            error.causes[index].message = oneLine(values.hidden(in: error.causes[index].said))
        }
        return error
    }

    /// - Parameters:
    ///   - text: what a server said.
    ///   - objects: what it may have quoted from.
    static func redacted(_ text: String, of objects: [JSON?]) -> String {
        let secrets = objects.compactMap(\.self).filter(\.isSecret)
        return secrets.isEmpty ? text : Values(secrets).hidden(in: text)
    }

    /// Without what follows when a server tells what it got instead of what it can read (structured-merge-diff,
    /// `expected string, got …`; json-iterator, `error found in #10 byte of …`): it may be any part of the object.
    private static func withoutQuotation(_ text: String) -> String {
        var text = text[...]
        if text.contains(Refusal.formFault), let end = text.firstRange(of: ", got ") { text = text[..<end.lowerBound] }
        if let end = text.firstRange(of: ", error found in #") { text = text[..<end.lowerBound] }
        return String(text)
    }

    /// The values of Secrets, in all forms in which a server may quote them.
    private struct Values {
        private var forms: Set<[UInt8]> = []

        init(_ secrets: [JSON]) {
            for secret in secrets {
                let told = secret.annotation(Manifest.lastApplied).flatMap { try? JSON(parsing: Array($0.utf8)) }
                for object in [secret, told].compactMap(\.self) {
                    for name in ["data", "stringData"] { collect(object[name]) }
                }
            }
            forms.remove([])
        }

        private mutating func collect(_ value: JSON?) {
            switch value {
            case .object(let fields): for below in fields.values { collect(below) }
            case .array(let items): for item in items { collect(item) }
            case .string(let text):
                add(text)
                add(Base64.encoded(text.utf8))
                if let plain = Base64.decoded(text).flatMap({ String(validating: $0, as: UTF8.self) }) { add(plain) }
            case .int(let number): add(String(number))
            case .double: add(value?.text ?? "")
            case .bool, .null, nil: break
            }
        }

        private mutating func add(_ text: String) {
            // As it is, on one line, as Go's %q and %#v, and as JSON, which Go writes with \u003c for what HTML knows.
            let json = String(JSON.string(text).text.dropFirst().dropLast())
            let html = json.replacing("&", with: "\\u0026").replacing("<", with: "\\u003c").replacing(">", with: "\\u003e")
            for form in [text, text.onOneLine, text.quotedAsInGo, json, html] { forms.insert(Array(form.utf8)) }
        }

        func hidden(in text: String) -> String {
            let bytes = Array(text.utf8)
            var isHidden = [Bool](repeating: false, count: bytes.count)
            hideWhole(bytes, &isHidden)
            hideParts(bytes, &isHidden)
            // No scalar is cut.
            for index in bytes.indices.dropFirst() where bytes[index] & 0xC0 == 0x80 && isHidden[index - 1] { isHidden[index] = true }
            for index in bytes.indices.dropLast().reversed() where bytes[index + 1] & 0xC0 == 0x80 && isHidden[index + 1] { isHidden[index] = true }
            var result: [UInt8] = []
            result.reserveCapacity(bytes.count)
            for (index, byte) in bytes.enumerated() {
                if !isHidden[index] {
                    result.append(byte)
                } else if index == 0 || !isHidden[index - 1] {
                    result += "(hidden)".utf8
                }
            }
            return String(decoding: result, as: UTF8.self)
        }

        /// A short value is hidden only where it stands for itself, or nothing would be left of the message.
        private func hideWhole(_ bytes: [UInt8], _ isHidden: inout [Bool]) {
            func isWord(_ index: Int) -> Bool {
                guard bytes.indices.contains(index) else { return false }
                switch bytes[index] {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): return true
                default: return bytes[index] >= 0x80
                }
            }
            let byFirst = Dictionary(grouping: forms.filter { $0.count <= bytes.count }) { $0[0] }
            for index in bytes.indices {
                for form in byFirst[bytes[index]] ?? [] where bytes[index...].starts(with: form) {
                    let end = index + form.count
                    if form.count >= 4 || !isWord(index - 1) && !isWord(end) { for place in index..<end { isHidden[place] = true } }
                }
            }
        }

        /// A server may quote a part of a value, or escape it in a way of its own.
        private func hideParts(_ bytes: [UInt8], _ isHidden: inout [Bool]) {
            var places: [UInt64: [Int]] = [:]
            Self.eachPart(of: bytes) { places[$0, default: []].append($1) }
            guard !places.isEmpty else { return }
            for form in forms {
                Self.eachPart(of: form) { part, _ in
                    // What was found once needs not be found again.
                    for place in places.removeValue(forKey: part) ?? [] {
                        for index in place..<place + longest { isHidden[index] = true }
                    }
                }
            }
        }

        /// Calls with a hash of every part, and where it begins (Rabin and Karp).
        private static func eachPart(of bytes: [UInt8], _ body: (UInt64, Int) -> Void) {
            guard bytes.count >= longest else { return }
            let base: UInt64 = 0x9E37_79B9_7F4A_7C15
            var highest: UInt64 = 1
            for _ in 1..<longest { highest = highest &* base }
            var hash: UInt64 = 0
            for (index, byte) in bytes.enumerated() {
                if index >= longest { hash = hash &- UInt64(bytes[index - longest]) &* highest }
                hash = hash &* base &+ UInt64(byte)
                if index >= longest - 1 { body(hash, index - longest + 1) }
            }
        }
    }
}

extension String {
    fileprivate var onOneLine: String { oneLine(self, .max) }
}
