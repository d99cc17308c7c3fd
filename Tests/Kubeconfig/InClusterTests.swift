import Kubeconfig
import TestSupport
import Testing

@Suite struct InClusterTests {
    private let scratch: Scratch
    private var variables = ["KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443", "HOME": "/nonexistent"]

    init() throws {
        scratch = try Scratch("pod")
        try scratch.write("abc\n", to: "token")
        try scratch.write(PEM.certificate, to: "ca.crt")
        try scratch.write("shop\n", to: "namespace")
    }

    private func access(_ more: [String: String] = [:], file: String? = nil, context: String? = nil, namespace: String? = nil) throws(KubeconfigError) -> ClusterAccess {
        try Kubeconfig.access(
            file: file, context: context, namespace: namespace, environment: variables.merging(more) { $1 },
            serviceAccountFolder: scratch.path)
    }

    @Test func thePodsClusterIsUsedWhereNothingElseIsSaid() async throws {
        let access = try access()
        #expect(access.server == "https://10.96.0.1:443")
        #expect(access.certificateAuthority == Array(PEM.certificate.utf8))
        #expect(access.namespace == "shop")
        #expect(access.context == nil)
        #expect(try await access.credentials.credentials(insteadOf: nil) == Credentials(authorization: "Bearer abc"))
        #expect(try self.access(["KUBECONFIG": "/nonexistent/config"]).server == access.server)
    }

    @Test func addressesOfIPv6AreBracketed() throws {
        #expect(try access(["KUBERNETES_SERVICE_HOST": "fd00::1"]).server == "https://[fd00::1]:443")
    }

    @Test func namespacesAreAskedForInOrder() throws {
        #expect(try access(["POD_NAMESPACE": "pod"]).namespace == "pod")
        #expect(try access(["POD_NAMESPACE": "pod"], namespace: "mine").namespace == "mine")
        try scratch.write("", to: "namespace")
        #expect(try access().namespace == "default")
    }

    @Test func aKubeconfigThatSaysAnythingIsNotPassedOver() throws {
        let file = try scratch.write("contexts: [{name: a, context: {cluster: x}}]", to: "config")
        #expect(throws: KubeconfigError.self) { try access(["KUBECONFIG": file]) }
        #expect(throws: KubeconfigError.self) { try access(context: "a") }
        // An explicit file stands alone.
        try scratch.write("", to: "config")
        #expect(throws: KubeconfigError.self) { try access(file: file) }
        #expect(try access(["KUBECONFIG": file]).context == nil)
    }

    @Test func aPodHasATokenAndItsVariables() throws {
        #expect(throws: KubeconfigError.self) { try access(["KUBERNETES_SERVICE_PORT": ""]) }
        #expect(throws: KubeconfigError.self) { try access(["KUBERNETES_SERVICE_HOST": "a b"]) }
        let other = try Scratch("no-pod")
        #expect(throws: KubeconfigError.self) {
            try Kubeconfig.access(file: nil, context: nil, namespace: nil, environment: variables, serviceAccountFolder: other.path)
        }
    }

    @Test func anAuthorityThatIsNoneIsAnError() throws {
        try scratch.write("garbage", to: "ca.crt")
        #expect(throws: KubeconfigError.self) { try access() }
    }
}
