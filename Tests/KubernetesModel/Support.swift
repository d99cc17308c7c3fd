import KubernetesModel
import Manifests
import Testing

/// The first document of a text of YAML.
func yaml(_ text: String, _ location: SourceLocation = #_sourceLocation) -> KubernetesModel.JSON {
    let file = Array(text.utf8).withUnsafeBytes { bytes in
        ManifestFile(bytes, language: .yaml, file: "", limits: ReadingLimits())
    }
    #expect(file.diagnostics.isEmpty, sourceLocation: location)
    return file.withDocuments { documents in documents.first.map { KubernetesModel.JSON($0.root) } ?? .null }
}

/// A value of JSON.
func json(_ text: String, _ location: SourceLocation = #_sourceLocation) -> KubernetesModel.JSON {
    do {
        return try KubernetesModel.JSON(parsing: Array(text.utf8))
    } catch {
        Issue.record("\(error)", sourceLocation: location)
        return .null
    }
}
