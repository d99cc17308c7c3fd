import Manifests

extension ClusterEntry {
    /// Where the cluster is and how its certificate is checked, without who speaks to it
    /// (`tools/clientcmd/client_config.go`, getServerIdentificationPartialConfig; `validation.go`, validateClusterInfo).
    func access() throws(KubeconfigError) -> (access: ClusterAccess, server: Located<ServerAddress>) {
        guard let server else { throw place.fault("cluster \(TerminalText.quoted(name)) has no \"server\"") }
        let address = try ClusterEntry.address(of: server, "server", schemes: ["https", "http"])
        if address.userInformation != nil {
            throw server.place.fault("\"server\" holds credentials", hint: "move them to \"username\" and \"password\" of the user")
        }
        var access = ClusterAccess(server: address.text, credentials: FixedCredentials(Credentials()))
        access.tlsServerName = tlsServerName?.value
        access.skipsVerification = skipsVerification?.value ?? false
        try Material.refuse(
            both: certificateAuthority, "certificate-authority", certificateAuthorityData, "certificate-authority-data")
        if let skipsVerification, skipsVerification.value, certificateAuthority != nil || certificateAuthorityData != nil {
            // transport.TLSConfigFor of client-go.
            throw skipsVerification.place.fault(
                "\"insecure-skip-tls-verify\" is true, and a certificate authority is given", hint: "remove one of them")
        }
        if let certificateAuthorityData {
            access.certificateAuthority = try Material.authority.decode(certificateAuthorityData, "certificate-authority-data")
        } else if let certificateAuthority {
            let file = CredentialFiles.File(certificateAuthority, folder: folder)
            access.certificateAuthority = try Material.authority.read(file, "certificate-authority")
        }
        if let proxy { access.proxy = try ClusterEntry.address(of: proxy, "proxy-url", schemes: ["http", "https", "socks5"]).text }
        return (access, Located(value: address, place: server.place))
    }

    private static func address(of text: Located<String>, _ name: String, schemes: [String]) throws(KubeconfigError) -> ServerAddress {
        let address: ServerAddress
        do throws(ServerAddress.Fault) {
            address = try ServerAddress(text.value)
        } catch {
            throw text.place.fault("\"\(name)\" is no URL: it \(error.message)", hint: error.hint)
        }
        guard schemes.contains(address.scheme) else {
            let known = schemes.map { $0 + "://" }.joined(separator: ", ")
            throw text.place.fault("\"\(name)\" has a scheme that is none of \(known)")
        }
        return address
    }
}
