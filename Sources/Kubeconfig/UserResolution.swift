import Manifests

extension UserEntry {
    /// Whether there is anything that proves who calls.
    private var hasCredentials: Bool {
        certificate != nil || certificateData != nil || token != nil || tokenFile != nil || username != nil || password != nil
            || plugin != nil
    }

    /// Who calls (`tools/clientcmd/client_config.go`, getUserIdentificationPartialConfig; `validation.go`,
    /// validateAuthInfo).
    /// - Parameters:
    ///   - cluster: what a plugin may be told of the cluster.
    ///   - variables: of the process, for a plugin.
    func credentials(
        for cluster: PluginCluster, server: Located<ServerAddress>, variables: [String: String]
    ) throws(KubeconfigError) -> any CredentialSource {
        let who = "user \(TerminalText.quoted(name))"
        if let authProvider {
            throw authProvider.fault(
                "\(who) has an \"auth-provider\", which Kubernetes 1.26 removed",
                hint: "use \"exec\" with a credential plugin instead")
        }
        if hasCredentials, server.value.scheme != "https" {
            throw server.place.fault(
                "\(who) has credentials, and \"server\" is not https://: credentials go over TLS only",
                hint: "use https://, or a context whose user has no credentials")
        }
        let basic = try basicAuthorization(who)
        try checkCertificates(who)
        if let token { try HeaderText.check(token, "token") }
        let files = CredentialFiles(
            tokenFile: tokenFile.map { CredentialFiles.File($0, folder: folder) },
            certificate: certificate.map { CredentialFiles.File($0, folder: folder) },
            key: key.map { CredentialFiles.File($0, folder: folder) },
            fixed: Credentials(
                certificate: try certificateData.map { data throws(KubeconfigError) in
                    try Material.certificate.decode(data, "client-certificate-data")
                },
                key: try keyData.map { data throws(KubeconfigError) in try Material.key.decode(data, "client-key-data") },
                authorization: basic ?? token.map { "Bearer " + $0.value }))
        if files.isNeeded { return FileCredentialSource(files) }
        if files.fixed != Credentials() {
            // What is fixed wins over a plugin (plugin/pkg/client/auth/exec, UpdateTransportConfig).
            return FixedCredentials(files.fixed)
        }
        guard let plugin else { return FixedCredentials(Credentials()) }
        return ExecCredentialSource(try plugin.resolve(user: who, folder: folder, cluster: cluster, variables: variables))
    }

    /// Who is to be taken for the caller.
    func impersonation() throws(KubeconfigError) -> Impersonation? {
        let others = [impersonatedUID?.place] + impersonatedGroups.map { $0.place } + impersonatedExtra.map { $0.name.place }
        guard let impersonatedUser else {
            if let other = others.compactMap({ $0 }).first {
                throw other.fault("a uid, groups or extra are impersonated without a user", hint: "add \"as\"")
            }
            return nil
        }
        try HeaderText.check(impersonatedUser, "as")
        if let impersonatedUID { try HeaderText.check(impersonatedUID, "as-uid") }
        for group in impersonatedGroups { try HeaderText.check(group, "as-groups") }
        var extra: [String: [String]] = [:]
        for (name, values) in impersonatedExtra {
            for value in values { try HeaderText.check(value, "as-user-extra") }
            extra[name.value] = values.map(\.value)
        }
        return Impersonation(
            user: impersonatedUser.value, uid: impersonatedUID?.value, groups: impersonatedGroups.map(\.value), extra: extra)
    }

    /// `Basic …` of RFC 7617; nil where none is given.
    private func basicAuthorization(_ who: String) throws(KubeconfigError) -> String? {
        guard username != nil || password != nil else { return nil }
        if let other = token ?? tokenFile {
            throw other.place.fault("\(who) has both a token and a username or password", hint: "remove one of them")
        }
        if let username, username.value.contains(":") { throw username.place.fault("\"username\" holds a \":\"") }
        if let username { try HeaderText.check(username, "username") }
        if let password { try HeaderText.check(password, "password") }
        return "Basic " + Base64.encoded(Array("\(username?.value ?? ""):\(password?.value ?? "")".utf8))
    }

    private func checkCertificates(_ who: String) throws(KubeconfigError) {
        try Material.refuse(both: certificate, "client-certificate", certificateData, "client-certificate-data")
        try Material.refuse(both: key, "client-key", keyData, "client-key-data")
        let certificate = certificate ?? certificateData
        let key = key ?? keyData
        if let certificate, key == nil { throw certificate.place.fault("\(who) has a client certificate without a key") }
        if let key, certificate == nil { throw key.place.fault("\(who) has a client key without a certificate") }
    }
}

/// Text that is to stand in a header of HTTP (RFC 9110, section 5.5).
enum HeaderText {
    static func isFit(_ text: some StringProtocol) -> Bool {
        !text.utf8.contains { $0 < 0x20 || $0 == 0x7F }
    }

    static func check(_ text: Located<String>, _ name: String) throws(KubeconfigError) {
        guard isFit(text.value) else {
            throw text.place.fault(
                "\"\(name)\" holds a control character or a line end", hint: "write it on one line; in YAML, \"|-\" and not \"|\"")
        }
    }
}
