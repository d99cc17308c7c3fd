// The room Environments: which environments a repository has, as its `ops.yaml`
// declares them, and which part of a tree each takes. It knows nothing of where
// an environment goes, of targets and of deployments.

import Manifests

/// An environment as `ops.yaml` declares it.
public struct Declaration: Sendable, Hashable {
    /// The environment's name, which ``EnvironmentName`` allows.
    public let name: String
    /// The folder of the repository that is deployed, `.` for the whole tree:
    /// relative, without empty, `.` and `..` components.
    public let path: String
    /// The branch that is followed, without `refs/heads/`; nil for the
    /// repository's default branch.
    public let branch: String?
    /// What it says of validation itself, over what the file says for all.
    public let validation: ValidationSettings?
    /// Where the name stands in `ops.yaml`.
    public let position: SourcePosition

    /// A declaration whose parts have been checked.
    ///
    /// - Parameters:
    ///   - name: the environment's name.
    ///   - path: the folder, `.` for the whole tree.
    ///   - branch: the branch, nil for the default.
    ///   - validation: settings of its own.
    ///   - position: where it is declared.
    public init(
        name: String, path: String = ".", branch: String? = nil, validation: ValidationSettings? = nil,
        position: SourcePosition = .start
    ) {
        self.name = name
        self.path = path
        self.branch = branch
        self.validation = validation
        self.position = position
    }
}

/// What `ops.yaml` at the root of an environment repository says.
public struct OpsFile: Sendable, Hashable {
    /// The file's name at the root of the repository.
    public static let fileName = "ops.yaml"

    /// What declares an environment whose files are in a folder of its name, in one line.
    public static func declaration(of environment: String) -> String {
        "'environments: {\(environment): {path: \(environment)}}'"
    }

    /// What holds where there is no such file: one environment `default`, the
    /// whole tree, the default branch.
    public static let implicit = OpsFile(environments: [Declaration(name: "default")])

    /// The environments in the order of the file, each name once, at least one.
    public let environments: [Declaration]

    /// What it says of validation for all environments.
    public let validation: ValidationSettings

    /// What holds for an environment.
    public func validation(of declaration: Declaration) -> ValidationSettings {
        validation.overridden(by: declaration.validation)
    }

    /// The environment of a name.
    public subscript(name: String) -> Declaration? {
        environments.first { $0.name == name }
    }

    /// Reads the file strictly: what this version does not know is an error.
    ///
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - file: its name for the diagnostics.
    /// - Returns: what it says, or nil and every error in the order of the file.
    public static func parse(_ bytes: [UInt8], file: String = fileName) -> (OpsFile?, [Diagnostic]) {
        let (documents, syntaxErrors) = YAML.parse(bytes, file: file, limits: OpsFileReading.limits)
        guard syntaxErrors.isEmpty else { return (nil, syntaxErrors) }
        var reading = OpsFileReading(file: file)
        reading.read(documents)
        let diagnostics = reading.diagnosticsInOrder
        guard diagnostics.isEmpty else { return (nil, diagnostics) }
        return (OpsFile(environments: reading.environments, validation: reading.validation), [])
    }

    init(environments: [Declaration], validation: ValidationSettings = ValidationSettings()) {
        self.environments = environments
        self.validation = validation
    }
}
