public import Git
import Manifests

extension RenderedObjects {
    /// The text of an object as the repository has it, in the form of `ManifestEdit`.
    public func text(of path: RepositoryPath) -> String? {
        content(of: path).map { String(decoding: $0, as: UTF8.self) }
    }

    /// What a file has to say, so that an object is as it is live.
    ///
    /// What a Secret holds is never written: it stays as the file has it.
    /// - Parameter live: the object's live text, in the form of the record.
    /// - Returns: the text, in the form of `ManifestEdit`, and whether something secret differs and is left out; nil
    ///   where it cannot be told.
    public func manifest(of path: RepositoryPath, live: [UInt8]) -> (text: String, leavesOut: Bool)? {
        let shown = String(decoding: live, as: UTF8.self)
        guard let own = secrets[path] else { return (shown, false) }
        guard let hidden = texts[path] else { return nil }
        let files = [own, hidden, live].map { ManifestFile($0, language: .yaml, file: "") }
        guard files.allSatisfy({ $0.documentCount == 1 && !$0.diagnostics.contains { $0.severity == .error } }) else { return nil }
        return files[0].withDocuments { own in
            files[1].withDocuments { hidden in
                files[2].withDocuments { live in merged(own[0].root, hidden[0].root, live[0].root) }
            }
        }
    }

    private func merged(_ own: Value, _ hidden: Value, _ live: Value) -> (text: String, leavesOut: Bool)? {
        // It repeats what is secret.
        let lastApplied: StaticString = "kubectl.kubernetes.io/last-applied-configuration"
        guard own.at("metadata", "annotations", lastApplied) == nil else { return nil }
        func isSecret(_ field: Value.Field) -> Bool { field.key.equals("data") || field.key.equals("stringData") }
        func secret(_ root: Value) -> [String] {
            root.fields.filter(isSecret).map { $0.name + ": " + YAMLWriter.text(of: $0.value) }.sorted()
        }
        var writer = ValueWriter()
        writer.begin(like: live)
        /// A mapping without the annotation, which whoever applies by kubectl leaves on what is live.
        func copy(_ mapping: Value, _ path: ArraySlice<StaticString>) {
            writer.begin(like: mapping)
            for field in mapping.fields where !(path.count == 1 && field.key.equals(lastApplied)) {
                let isOnPath = path.first.map { field.key.equals($0) } ?? false
                // Annotations that consist of it alone are none.
                if isOnPath, own.at("metadata", "annotations") == nil, field.value.fields.allSatisfy({ $0.key.equals(lastApplied) }) { continue }
                writer.copy(field.key)
                if isOnPath, field.value.kind == .mapping { copy(field.value, path.dropFirst()) } else { writer.copy(field.value) }
            }
            writer.end(like: mapping)
        }
        for field in live.fields.filter({ !isSecret($0) }) + own.fields.filter(isSecret) {
            writer.copy(field.key)
            if field.key.equals("metadata"), field.value.kind == .mapping {
                copy(field.value, ["annotations", lastApplied])
            } else {
                writer.copy(field.value)
            }
        }
        writer.end(like: live)
        let text = writer.file().withDocuments { YAMLWriter.text(of: $0[0].root) }
        return (text, secret(hidden) != secret(live))
    }
}
