import KubernetesModel

/// One file, as client-go's `api/v1.Config` has it; what is not given, null or empty is nil.
struct KubeconfigFile: Sendable {
    /// The file as it was given, for people.
    var file: String
    var content: [UInt8] = []
    var currentContext: Located<String>?
    var clusters: [ClusterEntry] = []
    var users: [UserEntry] = []
    var contexts: [ContextEntry] = []
}

/// An entry of `contexts`.
struct ContextEntry: Sendable {
    var name: String
    var place: Place
    var cluster: Located<String>?
    var user: Located<String>?
    var namespace: Located<String>?
}

/// An entry of `clusters`.
struct ClusterEntry: Sendable {
    var name: String
    var place: Place
    /// The absolute folder of the file, which relative paths are in.
    var folder: String
    var server: Located<String>?
    var tlsServerName: Located<String>?
    var skipsVerification: Located<Bool>?
    var certificateAuthority: Located<String>?
    var certificateAuthorityData: Located<String>?
    var proxy: Located<String>?
    /// What is for plugins: the extension `client.authentication.k8s.io/exec`.
    var pluginSettings: KubernetesModel.JSON?
}

/// An entry of `users`.
struct UserEntry: Sendable {
    var name: String
    var place: Place
    /// The absolute folder of the file, which relative paths are in.
    var folder: String
    var certificate: Located<String>?
    var certificateData: Located<String>?
    var key: Located<String>?
    var keyData: Located<String>?
    var token: Located<String>?
    var tokenFile: Located<String>?
    var username: Located<String>?
    var password: Located<String>?
    var impersonatedUser: Located<String>?
    var impersonatedUID: Located<String>?
    var impersonatedGroups: [Located<String>] = []
    var impersonatedExtra: [(name: Located<String>, values: [Located<String>])] = []
    var authProvider: Place?
    var plugin: PluginEntry?
}

/// The `exec` of a user.
struct PluginEntry: Sendable {
    var place: Place
    var apiVersion: Located<String>?
    var command: Located<String>?
    var arguments: [Located<String>] = []
    var variables: [(name: Located<String>, value: String)] = []
    var installHint: String?
    var wantsClusterInfo = false
    var interactiveMode: Located<String>?
}
