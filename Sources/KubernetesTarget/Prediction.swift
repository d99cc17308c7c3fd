import KubernetesModel

/// What an object would be where the server cannot be asked.
enum Prediction {
    /// The live object with what is desired in it; lists are replaced.
    static func merged(_ live: JSON, _ desired: JSON) -> JSON {
        guard case .object(var fields) = live, let wanted = desired.object else { return desired }
        for (name, value) in wanted { fields[exactly: name] = fields[exactly: name].map { merged($0, value) } ?? value }
        return .object(fields)
    }
}
