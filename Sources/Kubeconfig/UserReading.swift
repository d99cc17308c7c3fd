import Manifests

extension KubeconfigReading {
    /// The user of an item of `users`.
    func user(_ name: String, _ place: Place, _ value: Value?) throws(KubeconfigError) -> UserEntry {
        var entry = UserEntry(name: name, place: place, folder: folder)
        guard let value else { return entry }
        entry.certificate = try text(value, "client-certificate")
        entry.certificateData = try text(value, "client-certificate-data")
        entry.key = try text(value, "client-key")
        entry.keyData = try text(value, "client-key-data")
        entry.token = try text(value, "token")
        entry.tokenFile = try text(value, "tokenFile")
        entry.username = try text(value, "username")
        entry.password = try text(value, "password")
        entry.impersonatedUser = try text(value, "as")
        entry.impersonatedUID = try text(value, "as-uid")
        entry.impersonatedGroups = try texts(value, "as-groups")
        if let extra = try mapping(value, "as-user-extra") {
            for field in extra.fields {
                guard field.value.kind == .sequence || field.value.isNull else {
                    throw at(field.value).fault("a value of \"as-user-extra\" must be a list, not \(field.value.kind.phrase)")
                }
                var values: [Located<String>] = []
                for item in field.value.items { values.append(try text(item, named: "as-user-extra")) }
                entry.impersonatedExtra.append((try text(field.key, named: "as-user-extra"), values))
            }
        }
        entry.authProvider = value.given("auth-provider").map(at)
        entry.plugin = try mapping(value, "exec").map { exec throws(KubeconfigError) in try plugin(exec) }
        return entry
    }

    private func plugin(_ value: Value) throws(KubeconfigError) -> PluginEntry {
        var entry = PluginEntry(place: at(value))
        entry.apiVersion = try text(value, "apiVersion")
        entry.command = try text(value, "command")
        entry.arguments = try texts(value, "args")
        for item in try items(value, "env") {
            guard item.kind == .mapping, let name = try text(item, "name"), !name.value.contains("=") else {
                throw at(item).fault("an item of \"env\" is a mapping with \"name\", which holds no \"=\", and \"value\"")
            }
            entry.variables.append((name, try text(item, "value")?.value ?? ""))
        }
        entry.installHint = try text(value, "installHint")?.value
        entry.wantsClusterInfo = try flag(value, "provideClusterInfo")?.value ?? false
        entry.interactiveMode = try text(value, "interactiveMode")
        return entry
    }
}
