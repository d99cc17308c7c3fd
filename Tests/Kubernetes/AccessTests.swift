import Kubeconfig
import Kubernetes
import KubernetesModel
import Synchronization
import TestSupport
import Testing

@Suite(.enabled(if: APIServer.isThere)) struct AccessTests {
    @Test func aWrongTokenIsUnauthorized() async throws {
        let access = try await APIServer.shared().access(Credentials(authorization: "Bearer wrong-secret"))
        try await withClient(nil, access) { client in
            let error = try await failure { _ = try await client.version() }
            #expect(error.reason == .unauthorized)
            #expect(error.status == 401)
            #expect(!error.message.contains("wrong-secret"))
        }
    }

    @Test(arguments: ["Bearer top-secret\n", "Bearer top\u{0}secret", "Bearer top-secrét"]) func aTokenThatCannotBeSentIsNotShown(
        _ text: String
    ) async throws {
        let access = try await APIServer.shared().access(Credentials(authorization: text))
        try await withClient(nil, access) { client in
            let error = try await failure { _ = try await client.version() }
            #expect(error.reason == .credentials)
            #expect(!error.message.contains("top") && error.hint?.contains("top") != true)
        }
    }

    /// Credentials of which the first are refused.
    private final class Renewed: CredentialSource {
        let asked = Mutex<[Credentials?]>([])
        let others: Credentials

        init(_ others: Credentials) {
            self.others = others
        }

        func credentials(insteadOf refused: Credentials?) async throws(KubeconfigError) -> Credentials {
            let isRenewed = asked.withLock { asked in
                asked.append(refused)
                return asked.contains { $0 != nil }
            }
            return isRenewed ? others : Credentials(authorization: "Bearer old")
        }
    }

    @Test func otherCredentialsAreAskedForOnce() async throws {
        let server = try await APIServer.shared()
        let token = Renewed(Credentials(authorization: "Bearer other-secret"))
        var access = try server.access()
        access.credentials = token
        try await withClient(nil, access) { client in
            _ = try await client.version()
            _ = try await client.version()
        }
        #expect(token.asked.withLock { $0.count { $0 != nil } } == 1)

        let certificate = Renewed(Credentials(certificate: try server.pem("admin.crt"), key: try server.pem("admin.key")))
        access.credentials = certificate
        try await withClient(nil, access) { client in _ = try await client.catalog(fresh: true) }

        let never = Renewed(Credentials(authorization: "Bearer never"))
        access.credentials = never
        try await withClient(nil, access) { client in
            let error = try await failure { _ = try await client.version() }
            #expect(error.reason == .unauthorized)
        }
        #expect(never.asked.withLock { $0.count { $0 != nil } } == 1)
    }

    private struct Broken: CredentialSource {
        func credentials(insteadOf refused: Credentials?) async throws(KubeconfigError) -> Credentials {
            throw KubeconfigError("the plugin 'login' failed", hint: "run it")
        }
    }

    @Test func thatThereAreNoCredentialsIsSaid() async throws {
        var access = try await APIServer.shared().access()
        access.credentials = Broken()
        try await withClient(nil, access) { client in
            let error = try await failure { _ = try await client.version() }
            #expect(error.reason == .credentials)
            #expect(error.message == "the plugin 'login' failed")
            #expect(error.hint == "run it")
        }
    }

    @Test func whoMayNotIsForbidden() async throws {
        let access = try await APIServer.shared().access(Credentials(authorization: "Bearer weak-token"))
        try await withClient(nil, access) { client in
            let error = try await failure { _ = try await client.get(configMaps, namespace: "default", name: "one") }
            #expect(error.reason == .forbidden)
            #expect(error.status == 403)
            #expect(error.message.contains("\"weak\""))
            // Discovery is open to all who are known.
            let catalog = try await client.catalog(fresh: false)
            #expect(!catalog.resources.isEmpty)
        }
    }

    @Test func anotherMayBeTakenForTheCaller() async throws {
        var access = try await APIServer.shared().access()
        access.impersonation = Impersonation(
            user: "jane:doe", groups: ["one", "two"], extra: ["example.org/Scopes": ["a", "b"]])
        try await withClient(nil, access) { client in
            let error = try await failure { _ = try await client.get(configMaps, namespace: "default", name: "one") }
            #expect(error.reason == .forbidden)
            #expect(error.message.contains("\"jane:doe\""))
        }
        access.impersonation = Impersonation(user: "jane", groups: ["system:masters"])
        try await withClient(nil, access) { client in
            let found = try await client.get(configMaps, namespace: "default", name: "one")
            #expect(found == nil)
        }
    }
}
