import Kubeconfig
import TestSupport
import Testing

@Suite struct UserTests {
    private func credentials(_ user: String) async throws -> Credentials {
        try await Site(kubeconfig(user: user)).access().credentials.credentials(insteadOf: nil)
    }

    @Test func tokensBasicAndCertificates() async throws {
        #expect(try await credentials("token: abc") == Credentials(authorization: "Bearer abc"))
        #expect(try await credentials("username: ann\npassword: \"s:ö\"") == Credentials(authorization: "Basic YW5uOnM6w7Y="))
        #expect(try await credentials("username: ann") == Credentials(authorization: "Basic YW5uOg=="))
        let pair = Credentials(certificate: Array(PEM.certificate.utf8), key: Array(PEM.key.utf8))
        let data = "client-certificate-data: \(PEM.certificateData)\nclient-key-data: \(PEM.keyData)\n"
        #expect(try await credentials(data) == pair)
        #expect(try await credentials(data + "token: abc").authorization == "Bearer abc")
        #expect(try await credentials("token: null") == Credentials())
    }

    @Test func certificatesMayBeFiles() async throws {
        let site = try Site(kubeconfig(user: "client-certificate: a.crt\nclient-key: a.key"))
        let source = try site.access().credentials
        #expect(await site.credentialFault(source)
            == "~/config:16:25: \"client-certificate\": cannot read '~/a.crt': there is no such file")
        try site.scratch.write(PEM.certificate, to: "a.crt")
        try site.scratch.write("-----BEGIN CERTIFICATE-----", to: "a.key")
        #expect(await site.credentialFault(source) == "~/config:17:17: \"client-key\": '~/a.key' holds no private key in PEM")
        try site.scratch.write(PEM.key, to: "a.key")
        #expect(try await source.credentials(insteadOf: nil)
            == Credentials(certificate: Array(PEM.certificate.utf8), key: Array(PEM.key.utf8)))
    }

    @Test(arguments: [
        ("token: a\nusername: b", "16:12: user \"u\" has both a token and a username or password | remove one of them"),
        ("tokenFile: a\npassword: b", "16:16: user \"u\" has both a token and a username or password | remove one of them"),
        ("client-certificate: a", "16:25: user \"u\" has a client certificate without a key"),
        ("client-key: a", "16:17: user \"u\" has a client key without a certificate"),
        ("client-certificate: a\nclient-certificate-data: b\nclient-key: c",
            "16:25: both \"client-certificate\" and \"client-certificate-data\" are given | remove one of them"),
        ("client-certificate: a\nclient-key: b\nclient-key-data: c",
            "17:17: both \"client-key\" and \"client-key-data\" are given | remove one of them"),
        ("client-certificate-data: \"*\"\nclient-key: b", "16:30: \"client-certificate-data\" is not base64 | base64 -w0 < file.pem"),
        ("token: |\n  abc",
            "16:12: \"token\" holds a control character or a line end | write it on one line; in YAML, \"|-\" and not \"|\""),
        ("username: \"a:b\"", "16:15: \"username\" holds a \":\""),
        ("auth-provider: {name: gcp}",
            "16:20: user \"u\" has an \"auth-provider\", which Kubernetes 1.26 removed | use \"exec\" with a credential plugin instead"),
        ("as-groups: [a]", "16:17: a uid, groups or extra are impersonated without a user | add \"as\""),
        ("as-uid: a", "16:13: a uid, groups or extra are impersonated without a user | add \"as\""),
        ("as-user-extra: {a: [b]}", "16:21: a uid, groups or extra are impersonated without a user | add \"as\""),
        ("as: a\nas-user-extra: {a: b}", "17:24: a value of \"as-user-extra\" must be a list, not a string"),
        ("as: \"a\\r\\nb\"",
            "16:9: \"as\" holds a control character or a line end | write it on one line; in YAML, \"|-\" and not \"|\""),
        ("token: \"a\\0b\"", "16:12: \"token\" holds a NUL character"),
    ])
    func whatContradictsItselfIsAnError(user: String, message: String) throws {
        #expect(try Site(kubeconfig(user: user)).fault() == "~/config:\(message)")
    }

    @Test func impersonation() throws {
        let access = try Site(kubeconfig(user: "as: ann\nas-uid: \"7\"\nas-groups: [a, b]\nas-user-extra: {scope: [x, z], more: []}")).access()
        #expect(access.impersonation
            == Impersonation(user: "ann", uid: "7", groups: ["a", "b"], extra: ["scope": ["x", "z"], "more": []]))
        #expect(try Site(kubeconfig()).access().impersonation == nil)
    }

    @Test(arguments: [
        "token: abc", "tokenFile: abc", "username: a", "client-certificate: a\nclient-key: b",
        "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: a}",
    ])
    func credentialsGoOverTLSOnly(user: String) throws {
        #expect(try Site(kubeconfig(cluster: "server: http://localhost:8001", user: user)).fault()
            == "~/config:12:13: user \"u\" has credentials, and \"server\" is not https://: credentials go over TLS only"
            + " | use https://, or a context whose user has no credentials")
    }

    @Test func whatIsFixedWinsOverAPlugin() async throws {
        #expect(try await credentials("token: abc\nexec: {apiVersion: client.authentication.k8s.io/v1beta1, command: /nonexistent}")
            == Credentials(authorization: "Bearer abc"))
    }

    @Test func othersEntriesMayBeWrong() throws {
        let site = try Site(kubeconfig(more: "- name: v\n  user: {auth-provider: {name: gcp}}"))
        #expect(try site.access().context == "main")
    }

    @Test func aMergedUserIsOneUser() async throws {
        #expect(try await credentials("<<: {token: abc}") == Credentials(authorization: "Bearer abc"))
    }
}
