import Manifests
import Schemas

/// What is found in a manifest, as `rule pointer: message`.
func problems(in yaml: String, _ set: SchemaSet, matches: SchemaSet.PatternMatch? = nil) -> [String] {
    let file = ManifestFile(Array(yaml.utf8), language: .yaml, file: "test.yaml")
    return file.withDocuments { documents in
        documents.flatMap { set.check($0.root, matches: matches) }.map { "\($0.rule.rawValue) \($0.pointer): \($0.message)" }
    }
}

/// The hints of what is found.
func hints(in yaml: String, _ set: SchemaSet) -> [String?] {
    let file = ManifestFile(Array(yaml.utf8), language: .yaml, file: "test.yaml")
    return file.withDocuments { documents in documents.flatMap { set.check($0.root) }.map(\.hint) }
}

/// The library of what documents define.
func library(_ text: String, language: ManifestFile.Language = .yaml) throws -> SchemaLibrary {
    let file = ManifestFile(Array(text.utf8), language: language, file: "schemas")
    var compiler = SchemaCompiler()
    try file.withDocuments { documents in
        for document in documents { try compiler.add(document.root) }
    }
    return compiler.library()
}

/// A CustomResourceDefinition of the kind Thing with a schema of its spec, in one line of YAML.
func definition(spec: String, more: String = "") -> String {
    """
    apiVersion: apiextensions.k8s.io/v1
    kind: CustomResourceDefinition
    metadata: {name: things.example.com}
    spec:
      group: example.com
      names: {plural: things, kind: Thing}
      scope: Namespaced
      versions:
        - name: v1
          served: true
          storage: true
          \(more)
          schema: {openAPIV3Schema: {type: object, properties: {spec: \(spec), status: {type: object, properties: {ready: {type: boolean}}}}}}
    """
}

func thing(_ spec: String) -> String {
    "{apiVersion: example.com/v1, kind: Thing, metadata: {name: a}, spec: \(spec)}"
}
