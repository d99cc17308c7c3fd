import KubernetesModel

/// What old servers need in objects of their own kinds, and new ones take too (fluxcd/pkg, ssa/normalize,
/// `SetNativeKindsDefaults`).
enum ServerQuirks {
    /// The object with the protocol of each port, which lists of ports have as a key and 1.20 knows no default of
    /// (kubernetes/kubernetes#92332), and with amounts of resources as strings.
    static func settled(_ object: JSON) -> JSON {
        var object = Manifest.withTextualQuantities(object)
        guard let kind = object.groupVersionKind else { return object }
        switch (kind.group, kind.kind) {
        case ("", "Service"): setProtocols(&object, ["spec", "ports"])
        case ("", "Pod"): settlePod(&object, ["spec"])
        case ("", "PodTemplate"): settlePod(&object, ["template", "spec"])
        case ("batch", "CronJob"): settlePod(&object, ["spec", "jobTemplate", "spec", "template", "spec"])
        case ("apps", _), ("batch", "Job"), ("", "ReplicationController"): settlePod(&object, ["spec", "template", "spec"])
        default: break
        }
        return object
    }

    private static func settlePod(_ object: inout JSON, _ path: [String]) {
        for list in ["containers", "initContainers"] {
            guard let containers = object.at((path + [list])[...])?.array else { continue }
            let settled = containers.map { container in
                var container = container
                setProtocols(&container, ["ports"])
                return container
            }
            object.set((path + [list])[...], to: .array(settled))
        }
    }

    private static func setProtocols(_ object: inout JSON, _ path: [String]) {
        guard let ports = object.at(path[...])?.array else { return }
        let settled = ports.map { port in
            guard port.object != nil, port["protocol"] == nil || port["protocol"] == .null else { return port }
            var port = port
            port["protocol"] = "TCP"
            return port
        }
        object.set(path[...], to: .array(settled))
    }
}
