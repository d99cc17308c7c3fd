import KubernetesModel

/// Whose an object is.
enum Ownership: Equatable {
    case ours
    /// Nobody has said that it is theirs.
    case nobodys
    /// Somebody else's: who, as the end of a sentence.
    case foreign(String)

    /// - Parameter owner: the value of our label.
    init(of live: JSON, owner: String) {
        if let label = live.label(ownerLabel) {
            self = label == owner ? .ours : .foreign("git-ops for '\(label)'")
            return
        }
        // Helm, pkg/action/validate.go; `helm template` alone writes the label without the annotation.
        if live.label("app.kubernetes.io/managed-by") == "Helm", let release = live.annotation("meta.helm.sh/release-name") {
            self = .foreign("Helm (release '\(release)')")
            return
        }
        // fluxcd/kustomize-controller and helm-controller.
        for (prefix, kind) in [("kustomize.toolkit.fluxcd.io", "Kustomization"), ("helm.toolkit.fluxcd.io", "HelmRelease")] {
            guard let name = live.label(prefix + "/name") else { continue }
            let namespace = live.label(prefix + "/namespace").map { $0 + "/" } ?? ""
            self = .foreign("Flux (\(kind) \(namespace)\(name))")
            return
        }
        // argoproj/argo-cd, util/argo/resource_tracking.go: `<application>:<group>/<kind>:<namespace>/<name>`.
        if let tracking = live.annotation("argocd.argoproj.io/tracking-id") {
            self = .foreign("Argo CD (application '\(tracking.prefix { $0 != ":" })')")
            return
        }
        let owners = live.at("metadata", "ownerReferences")?.array ?? []
        if let controller = owners.first(where: { $0["controller"]?.bool == true }) {
            self = .foreign("\(controller["kind"]?.string ?? "a controller") \(controller["name"]?.string ?? "")")
            return
        }
        self = .nobodys
    }
}
