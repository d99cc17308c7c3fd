import KubernetesModel
import Manifests

/// What is live of an object as a person, and a comparison of texts, is to see it.
struct LiveText: Sendable {
    let manager: String

    /// - Returns: YAML.
    func text(of change: PlannedChange) -> String? {
        guard let live = change.live else { return nil }
        let shown: JSON
        if let desired = change.desired {
            // The manifest itself is compared with this text, and not what is sent.
            shown = LiveText.withoutMarks(
                ObjectComparison.shown(live: live, result: change.result ?? live, desired: desired.manifest, manager: manager), desired.manifest)
        } else {
            shown = LiveText.owned(live, manager: manager)
        }
        let masked = live.isSecret ? hidingForeignValues(shown, of: change) : shown
        return LiveText.yaml(masked)
    }

    /// Without what we mark objects with: no manifest has it, and no deployment of it takes it away.
    private static func withoutMarks(_ shown: JSON, _ manifest: JSON) -> JSON {
        var shown = shown
        for (map, mark) in [("labels", ownerLabel), ("annotations", adoptedAnnotation)] where shown.at("metadata", map) != nil {
            if manifest.at("metadata", map, mark) == nil { shown.set("metadata", map, mark, to: nil) }
            if shown.at("metadata", map) == [:], manifest.at("metadata", map) != [:] { shown.set("metadata", map, to: nil) }
        }
        return shown
    }

    /// Of an object that is to go: what we have made of it.
    private static func owned(_ live: JSON, manager: String) -> JSON {
        // Everything that we own differs from nothing, and so it is all shown.
        var nothing: JSON = [:]
        for name in ["apiVersion", "kind"] { nothing[name] = live[name] }
        nothing.set("metadata", "name", to: live.at("metadata", "name"))
        if let namespace = live.namespace { nothing.set("metadata", "namespace", to: .string(namespace)) }
        return withoutMarks(ObjectComparison.shown(live: live, result: nothing, desired: nothing, manager: manager), nothing)
    }

    /// Hides every value of a Secret but those that the manifest has: git-ops knows these, and has to find them equal.
    private func hidingForeignValues(_ shown: JSON, of change: PlannedChange) -> JSON {
        var masked = Masking.masked(shown) { ProcessKey.digest($0) }
        for name in ["data", "stringData"] {
            for (key, value) in shown[name]?.object ?? [:] where change.desired?.manifest.at(name, key) == value {
                masked.set(name, key, to: value)
            }
        }
        return masked
    }

    private static func yaml(_ object: JSON) -> String {
        let file = ManifestFile(object.bytes, language: .json, file: "")
        return file.withDocuments { documents in documents.first.map { YAMLWriter.text(of: $0.root) } ?? "" }
    }
}

/// Digests that mean nothing outside of this process.
enum ProcessKey {
    private static let key = (UInt64.random(in: 0...UInt64.max), UInt64.random(in: 0...UInt64.max))

    /// Two texts with one digest are one text; who does not have the key learns no more (SipHash-2-4).
    static func digest(_ text: String) -> String {
        let number = SipHash(key.0, key.1).digest(Array(text.utf8))
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
