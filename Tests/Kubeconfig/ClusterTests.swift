import Kubeconfig
import TestSupport
import Testing

@Suite struct ClusterTests {
    @Test(arguments: [
        ("https://10.0.0.7:6443", "https://10.0.0.7:6443"), ("HTTPS://Example.org/", "https://Example.org"),
        ("https://host:443/k8s/clusters/c-1//", "https://host:443/k8s/clusters/c-1"), ("https://[::1]:6443/", "https://[::1]:6443"),
        ("https://[fe80::1%25eth0]", "https://[fe80::1%25eth0]"), ("https://a:/x%20y", "https://a/x%20y"),
    ])
    func serversAreURLs(given: String, server: String) throws {
        #expect(try Site(kubeconfig(cluster: "server: \"\(given)\"")).access().server == server)
    }

    @Test(arguments: [
        ("10.0.0.7:6443", "\"server\" is no URL: it has no scheme | begin it with \"https://\""),
        ("ftp://a", "\"server\" has a scheme that is none of https://, http://"),
        ("https://", "\"server\" is no URL: it has no host"), ("https:///path", "\"server\" is no URL: it has no host"),
        ("https://a:0", "\"server\" is no URL: it has a port that is no number from 1 to 65535"),
        ("https://a:65536", "\"server\" is no URL: it has a port that is no number from 1 to 65535"),
        ("https://a:x", "\"server\" is no URL: it has a port that is no number from 1 to 65535"),
        ("https://::1", "\"server\" is no URL: it has more than one \":\" | an address of IPv6 stands in brackets"),
        ("https://[::1", "\"server\" is no URL: it has a \"[\" that is not closed"),
        ("https://[::1]x", "\"server\" is no URL: it has something between \"]\" and the port"),
        ("https://[web]", "\"server\" is no URL: it has no address of IPv6 in its brackets"),
        ("https://a b", "\"server\" is no URL: it has a host that is no name and no address"),
        ("https://a/b c", "\"server\" is no URL: it has a path with a character that no URL holds"),
        ("https://a/%zz", "\"server\" is no URL: it has a path with a character that no URL holds"),
        ("https://a?b", "\"server\" is no URL: it has a query or a fragment | end it before \"?\" and \"#\""),
        ("https://ann:secret@a", "\"server\" holds credentials | move them to \"username\" and \"password\" of the user"),
    ])
    func whatIsNoServerIsToldWithItsPlace(given: String, message: String) throws {
        #expect(try Site(kubeconfig(cluster: "server: \"\(given)\"")).fault() == "~/config:12:13: \(message)")
    }

    @Test func aClusterNeedsAServer() throws {
        #expect(try Site(kubeconfig(cluster: "server: \"\"")).fault() == "~/config:10:9: cluster \"c\" has no \"server\"")
    }

    @Test func authoritiesAreInTheFileOrBeside() throws {
        let server = "server: https://a\n"
        let plain = try Site(kubeconfig(cluster: server)).access()
        #expect(plain.certificateAuthority == nil && plain.tlsServerName == nil && !plain.skipsVerification && plain.proxy == nil)
        let data = try Site(kubeconfig(cluster: server + "certificate-authority-data: \(PEM.certificateData)\ntls-server-name: b")).access()
        #expect(data.certificateAuthority == Array(PEM.certificate.utf8))
        #expect(data.tlsServerName == "b")
        let site = try Site(kubeconfig(cluster: server + "certificate-authority: pki/ca.crt"))
        #expect(site.fault()
            == "~/config:13:28: \"certificate-authority\": cannot read '~/pki/ca.crt': there is no such file")
        try site.scratch.write("nothing", to: "pki/ca.crt")
        #expect(site.fault() == "~/config:13:28: \"certificate-authority\": '~/pki/ca.crt' holds no certificate in PEM")
        try site.scratch.write(PEM.certificate, to: "pki/ca.crt")
        #expect(try site.access().certificateAuthority == Array(PEM.certificate.utf8))
        #expect(try Site(kubeconfig(cluster: server + "certificate-authority: \"~/ca\"")).fault().hasSuffix(
            "there is no such file | \"~\" means nothing in a kubeconfig: write the whole path"))
    }

    @Test func whatContradictsItselfIsAnError() throws {
        let server = "server: https://a\n"
        #expect(try Site(kubeconfig(
            cluster: server + "certificate-authority: ca.crt\ncertificate-authority-data: \(PEM.certificateData)")).fault()
            == "~/config:13:28: both \"certificate-authority\" and \"certificate-authority-data\" are given | remove one of them")
        #expect(try Site(kubeconfig(
            cluster: server + "insecure-skip-tls-verify: true\ncertificate-authority-data: \(PEM.certificateData)")).fault()
            == "~/config:13:31: \"insecure-skip-tls-verify\" is true, and a certificate authority is given | remove one of them")
        #expect(try Site(kubeconfig(cluster: server + "insecure-skip-tls-verify: true")).access().skipsVerification)
        #expect(try !Site(kubeconfig(
            cluster: server + "insecure-skip-tls-verify: false\ncertificate-authority-data: \(PEM.certificateData)")).access().skipsVerification)
    }

    @Test(arguments: ["LS0tLS1CRUdJTg", "LS0t LS1C", "not base64!", "====", "QQ==QQ=="])
    func dataIsBase64(data: String) throws {
        #expect(try Site(kubeconfig(cluster: "server: https://a\ncertificate-authority-data: \"\(data)\"")).fault()
            == "~/config:13:33: \"certificate-authority-data\" is not base64 | base64 -w0 < file.pem")
    }

    @Test func dataIsPEM() throws {
        #expect(try Site(kubeconfig(cluster: "server: https://a\ncertificate-authority-data: aGVsbG8=")).fault()
            == "~/config:13:33: \"certificate-authority-data\" holds no certificate in PEM")
    }

    @Test func dataMayBeOnSeveralLines() throws {
        let half = PEM.certificateData.index(PEM.certificateData.startIndex, offsetBy: 30)
        let lines = "certificate-authority-data: |\n  \(PEM.certificateData[..<half])\n  \(PEM.certificateData[half...])"
        #expect(try Site(kubeconfig(cluster: "server: https://a\n" + lines)).access().certificateAuthority == Array(PEM.certificate.utf8))
    }

    @Test func proxiesHaveThreeSchemes() throws {
        for proxy in ["http://p:3128", "https://ann:secret@p", "socks5://[::1]:1080"] {
            #expect(try Site(kubeconfig(cluster: "server: https://a\nproxy-url: \"\(proxy)\"")).access().proxy == proxy)
        }
        #expect(try Site(kubeconfig(cluster: "server: https://a\nproxy-url: ftp://p")).fault()
            == "~/config:13:16: \"proxy-url\" has a scheme that is none of http://, https://, socks5://")
    }

    @Test func contextsShowNoSecretOfAServer() throws {
        let site = try Site(kubeconfig(cluster: "server: https://ann:secret@a"))
        #expect(try Kubeconfig.contexts(file: site.file, environment: [:]).all == [.init(name: "main")])
    }
}
