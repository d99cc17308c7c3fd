import Kubeconfig
import Kubernetes
import KubernetesModel
import TestSupport
import Testing

@Suite(.enabled(if: APIServer.isThere)) struct TLSTests {
    /// The error of asking for the version.
    private func refusal(_ access: ClusterAccess) async throws -> ClusterError {
        try await withClient(nil, access) { client in
            try await failure { _ = try await client.version() }
        }
    }

    @Test func aClientCertificateIsEnough() async throws {
        let server = try await APIServer.shared()
        let access = try server.access(Credentials(certificate: server.pem("admin.crt"), key: server.pem("admin.key")))
        try await withClient("certificates", access) { client in
            _ = try await client.apply(
                configMap("one"), configMaps, namespace: "certificates", name: "one", ApplyOptions(fieldManager: "test"))
            #expect(try await client.get(configMaps, namespace: "certificates", name: "one") != nil)
        }
    }

    @Test func aClientCertificateOfAnotherAuthorityIsNot() async throws {
        let server = try await APIServer.shared()
        let error = try await refusal(server.access(Credentials(certificate: server.pem("stranger.crt"), key: server.pem("stranger.key"))))
        #expect(error.reason == .unauthorized)
    }

    @Test func aKeyOfAnotherCertificateIsSaid() async throws {
        let server = try await APIServer.shared()
        let error = try await refusal(server.access(Credentials(certificate: server.pem("admin.crt"), key: server.pem("stranger.key"))))
        #expect(error.reason == .credentials)
        #expect(error.message == "the client certificate and the client key do not belong together")
    }

    @Test func anUnknownAuthorityIsNotTrusted() async throws {
        let server = try await APIServer.shared()
        var access = try server.access()
        access.certificateAuthority = try server.pem("other.crt")
        let error = try await refusal(access)
        #expect(error.reason == .untrusted)
        #expect(error.message == "the certificate of 127.0.0.1:\(server.port) is of an authority that is not trusted")
        #expect(error.hint != nil)
    }

    @Test func theAuthoritiesOfTheSystemAreTakenWhereNoneIsGiven() async throws {
        var access = try await APIServer.shared().access()
        access.certificateAuthority = nil
        let error = try await refusal(access)
        #expect(error.reason == .untrusted)
        #expect(error.hint?.contains("kubeconfig") == true)
    }

    @Test func anyCertificateIsTakenByWhoAsksForIt() async throws {
        var access = try await APIServer.shared().access()
        access.certificateAuthority = nil
        access.skipsVerification = true
        try await withClient(nil, access) { client in _ = try await client.version() }
    }

    @Test func anExpiredCertificateIsNotTrusted() async throws {
        var access = try await APIServer.shared().access()
        access.tlsServerName = APIServer.expiredName
        let error = try await refusal(access)
        #expect(error.reason == .untrusted)
        #expect(error.message.contains("is expired since 20"))
    }

    @Test func aCertificateForAnotherNameIsNotTrusted() async throws {
        let server = try await APIServer.shared()
        var access = try server.access()
        access.tlsServerName = "stranger.example.test"
        let error = try await refusal(access)
        #expect(error.reason == .untrusted)
        #expect(error.message.contains("is not for stranger.example.test, but for 127.0.0.1, localhost, api.example.test"))

        // An address is compared with addresses.
        access.tlsServerName = "127.0.0.2"
        let error2 = try await refusal(access)
        #expect(error2.reason == .untrusted)
        access.server = "https://127.0.0.2:\(server.port)"
        access.tlsServerName = nil
        let error3 = try await refusal(access)
        #expect(error3.reason == .unreachable)
    }

    @Test(arguments: [APIServer.otherName, "localhost", "127.0.0.1"]) func theNameOfTheCertificateMayBeGiven(_ name: String) async throws {
        let server = try await APIServer.shared()
        var access = try server.access()
        access.tlsServerName = name
        try await withClient(nil, access) { client in _ = try await client.version() }
        access.server = "https://localhost:\(server.port)"
        try await withClient(nil, access) { client in _ = try await client.version() }
    }

    @Test func aServerWithoutTLSIsSaidToHaveNone() async throws {
        let front = try await Front()
        var access = try await APIServer.shared().access()
        access.server = "https://127.0.0.1:\(front.port)"
        let error = try await refusal(access)
        #expect(error.reason == .untrusted)
        #expect(error.message == "127.0.0.1:\(front.port) does not speak TLS")
    }

    @Test func credentialsAreNotSentWithoutTLS() async throws {
        let front = try await Front()
        let access = ClusterAccess(
            server: "http://127.0.0.1:\(front.port)", credentials: Fixed(Credentials(authorization: "Bearer secret")))
        let error = try await refusal(access)
        #expect(error.reason == .credentials)
        #expect(await front.seen.isEmpty)
        #expect(!error.message.contains("secret"))
    }
}
