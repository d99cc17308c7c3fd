/// What a file of YAML or JSON is in its environment.
enum FileRole: String, Sendable {
    /// Resources, which are judged.
    case manifest
    /// A `kustomization.yaml`, or a component.
    case kustomization
    /// A patch, a configuration or values that a kustomization takes in.
    case kustomizeInput = "kustomize input"
    /// `Chart.yaml` and the like.
    case chart = "helm chart"
    /// A template of a chart, which is YAML only when it is rendered.
    case chartTemplate = "helm template"
    /// Values for a chart.
    case values = "helm values"
    /// Encrypted by SOPS.
    case encrypted = "sops"
    /// Settings of a tool that are not deployed.
    case settings
    /// YAML that names no kind: only its form is checked.
    case unclassified

    /// Whether the form of the file is checked.
    var isRead: Bool { self != .chartTemplate && self != .settings }
}
