import Git
import Manifests

/// A `kustomization.yaml`, as far as it says what other files are
/// (sigs.k8s.io/kustomize, api/types/kustomization.go).
struct Kustomization {
    /// The names that kustomize looks for.
    static let fileNames: [StaticString] = ["kustomization.yaml", "kustomization.yml", "Kustomization"]

    /// The namespace that it gives to all it takes in.
    private(set) var namespace: [UInt8]?
    /// Files that it takes in as something other than resources: patches,
    /// configurations, values.
    private(set) var inputs: Set<RepositoryPath> = []
    /// Whether it is a component, which the kustomizations that take it in give their namespaces.
    let isComponent: Bool
    /// Whether it takes in what does not stand in its folder.
    let takesInFromOutside: Bool

    /// - Parameters:
    ///   - root: the file's document.
    ///   - folder: where it stands.
    init(_ root: Value, folder: RepositoryPath) {
        isComponent = root["kind"]?.equals("Component") == true
        takesInFromOutside =
            (root["components"]?.count ?? 0) > 0
            || (root["resources"] ?? root).items.contains { $0.bytes.hasPrefix("..") || $0.text.contains("://") || $0.text.contains("?ref=") }
        if let space = root["namespace"], space.kind == .string, !space.bytes.isEmpty { namespace = Array(space.bytes) }
        func take(_ value: Value?) {
            guard let value, value.kind == .string, !value.bytes.contains(0x0A), let path = folder.following(Array(value.bytes)) else { return }
            inputs.insert(path)
        }
        for key in ["patches", "patchesJson6902", "replacements"] as [StaticString] {
            for patch in (root[key] ?? root).items { take(patch["path"]) }
        }
        for key in ["patchesStrategicMerge", "configurations", "transformers", "generators", "validators", "crds"] as [StaticString] {
            for file in (root[key] ?? root).items { take(file) }
        }
        for key in ["configMapGenerator", "secretGenerator"] as [StaticString] {
            for generator in (root[key] ?? root).items {
                for list in ["files", "envs"] as [StaticString] {
                    for file in (generator[list] ?? generator).items { take(file, afterEqualsSign: list == "files") }
                }
                take(generator["env"])
            }
        }
        for chart in (root["helmCharts"] ?? root).items {
            take(chart["valuesFile"])
            for file in (chart["additionalValuesFiles"] ?? chart).items { take(file) }
        }
        take(root.at("openapi", "path"))
        func take(_ value: Value, afterEqualsSign: Bool) {
            guard value.kind == .string else { return }
            let bytes = Array(value.bytes)
            let start = afterEqualsSign ? bytes.firstIndex(of: UInt8(ascii: "=")).map { $0 + 1 } ?? 0 : 0
            if let path = folder.following(Array(bytes[start...])) { inputs.insert(path) }
        }
    }

    /// The entries of `configMapGenerator` and `secretGenerator` that have a name.
    static func generated(_ root: Value) -> [(kind: String, name: Value)] {
        var generated: [(String, Value)] = []
        for (key, kind) in [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")] as [(StaticString, String)] {
            for generator in (root[key] ?? root).items {
                if let name = generator["name"], name.kind == .string { generated.append((kind, name)) }
            }
        }
        return generated
    }
}

extension StaticString {
    static func == (a: StaticString, b: StaticString) -> Bool {
        a.utf8CodeUnitCount == b.utf8CodeUnitCount
            && UnsafeBufferPointer(start: a.utf8Start, count: a.utf8CodeUnitCount).elementsEqual(b)
    }
}

extension RepositoryPath {
    /// The path that a relative one leads to from this folder; nil where it leads
    /// out of the tree, or is none.
    func following(_ relative: [UInt8]) -> RepositoryPath? {
        guard !relative.isEmpty, relative.first != UInt8(ascii: "/"), relative.count <= 4096 else { return nil }
        var parts = bytes.split(separator: UInt8(ascii: "/")).map(Array.init)
        for part in relative.split(separator: UInt8(ascii: "/")) {
            if part.elementsEqual(".".utf8) { continue }
            if part.elementsEqual("..".utf8) {
                guard parts.popLast() != nil else { return nil }
                continue
            }
            parts.append(Array(part))
        }
        return parts.isEmpty ? nil : RepositoryPath(bytes: Array(parts.joined(separator: [UInt8(ascii: "/")])))
    }
}
