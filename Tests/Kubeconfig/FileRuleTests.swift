import Glibc
import Kubeconfig
import TestSupport
import Testing

/// Which files count, and what they say together: client-go, tools/clientcmd/loader_test.go.
@Suite struct FileRuleTests {
    private func small(_ name: String, current: String = "", namespace: String = "") -> String {
        """
        current-context: "\(current)"
        contexts: [{name: \(name), context: {cluster: \(name), user: \(name), namespace: "\(namespace)"}}]
        clusters: [{name: \(name), cluster: {server: "https://\(name).example"}}]
        users: [{name: \(name), user: {tokenFile: tokens/\(name)}}]
        """
    }

    @Test func anExplicitFileCountsAlone() throws {
        let site = try Site(small("a", current: "a"))
        try site.scratch.write(small("b", current: "b"), to: "other")
        let access = try Kubeconfig.access(
            file: site.file, context: nil, namespace: nil, environment: ["KUBECONFIG": site.scratch("other"), "HOME": site.scratch.path])
        #expect(access.server == "https://a.example")
        #expect(access.context == "a")
        #expect(site.described { () throws(KubeconfigError) in
            try Kubeconfig.access(file: site.file, context: "b", namespace: nil, environment: ["KUBECONFIG": site.scratch("other")])
        } == "there is no context \"b\" in '~/config' | did you mean \"a\"? contexts are: a")
    }

    @Test func anExplicitFileMustBeThere() throws {
        let site = try Site()
        #expect(site.fault() == "cannot read kubeconfig '~/config': there is no such file")
        #expect(site.described { () throws(KubeconfigError) in
            try Kubeconfig.access(file: site.scratch.path, context: nil, namespace: nil, environment: [:])
        } == "cannot read kubeconfig '~': Is a directory")
        #expect(site.described { () throws(KubeconfigError) in try Kubeconfig.contexts(file: site.file, environment: [:]) }
            .hasPrefix("cannot read"))
    }

    @Test func theListOfTheVariablesPassesOverWhatIsMissingOrEmpty() throws {
        let site = try Site(small("a", current: "a"))
        let list = ":\(site.scratch("missing")):\(site.file)::\(site.file):"
        let access = try Kubeconfig.access(file: nil, context: nil, namespace: nil, environment: ["KUBECONFIG": list])
        #expect(access.server == "https://a.example")
    }

    @Test func theListOfTheVariablesTakesTheFileAtHomeOut() throws {
        let site = try Site()
        try site.scratch.write(small("a", current: "a"), to: ".kube/config", mode: 0o666)
        let home = ["HOME": site.scratch.path]
        #expect(try Kubeconfig.access(file: "", context: "", namespace: "", environment: home).server == "https://a.example")
        let both = home.merging(["KUBECONFIG": site.scratch("missing")]) { $1 }
        #expect(site.described { () throws(KubeconfigError) in
            try Kubeconfig.access(file: nil, context: nil, namespace: nil, environment: both, serviceAccountFolder: "/nonexistent")
        } == "no kubeconfig is found: there is no '~/missing' | set KUBECONFIG, or ops.<environment>.kubeconfig")
        #expect(try Kubeconfig.contexts(file: nil, environment: both) == Kubeconfig.Contexts(all: [], current: nil))
    }

    @Test func theFirstFileWinsWholeEntriesAndScalars() throws {
        let site = try Site(
            """
            contexts: [{name: x, context: {cluster: c, user: u}}]
            clusters: [{name: c, cluster: {server: "https://first"}}]
            """)
        try site.scratch.write(
            """
            current-context: x
            contexts: [{name: x, context: {cluster: d, namespace: second}}, {name: z, context: {cluster: d, namespace: second}}]
            clusters: [{name: c, cluster: {server: "https://second", tls-server-name: second}}, {name: d, cluster: {server: "https://d"}}]
            users: [{name: u, user: {token: second}}]
            """, to: "two")
        try site.scratch.write("current-context: z", to: "three")
        let environment = ["KUBECONFIG": "\(site.file):\(site.scratch("two")):\(site.scratch("three"))"]
        let access = try Kubeconfig.access(file: nil, context: nil, namespace: nil, environment: environment)
        #expect(access.context == "x")
        #expect(access.server == "https://first")
        #expect(access.tlsServerName == nil)
        #expect(access.namespace == "default")
        #expect(try Kubeconfig.contexts(file: nil, environment: environment) == Kubeconfig.Contexts(
            all: [.init(name: "x", server: "https://first"), .init(name: "z", server: "https://d", namespace: "second")], current: "x"))
    }

    @Test func relativePathsAreInTheFolderOfTheirFile() async throws {
        let site = try Site()
        try site.scratch.write(small("a", current: "a"), to: "one/config")
        try site.scratch.write(small("b"), to: "two/config")
        try site.scratch.write("ta\n", to: "one/tokens/a")
        try site.scratch.write("tb\n", to: "two/tokens/b")
        let environment = ["KUBECONFIG": "\(site.scratch("one/config")):\(site.scratch("two/config"))"]
        for name in ["a", "b"] {
            let access = try Kubeconfig.access(file: nil, context: name, namespace: nil, environment: environment)
            #expect(try await access.credentials.credentials(insteadOf: nil).authorization == "Bearer t\(name)")
        }
    }

    @Test func whatIsNamedAndNotThereIsToldWithWhatIs() throws {
        let site = try Site(kubeconfig())
        #expect(site.fault(context: "mian")
            == "there is no context \"mian\" in '~/config' | did you mean \"main\"? contexts are: main")
        try site.scratch.write("contexts: [{name: b, context: {}}, {name: a, context: {cluster: x, user: v}}]", to: "config")
        #expect(site.fault()
            == "no context is chosen: '~/config' has no \"current-context\" | choose one: contexts are: a, b")
        #expect(site.fault(context: "b") == "~/config:1:19: context \"b\" names no \"cluster\"")
        #expect(site.fault(context: "a")
            == "~/config:1:65: context \"a\" names cluster \"x\", which is not there | there are no clusters")
        try site.scratch.write(
            "current-context: c\ncontexts: [{name: a, context: {cluster: x, user: v}}]\nclusters: [{name: x}]\nusers: [{name: z}, {name: w}]",
            to: "config")
        #expect(site.fault()
            == "~/config:1:18: \"current-context\" is \"c\", and there is no such context | did you mean \"a\"? contexts are: a")
        #expect(site.fault(context: "a").hasPrefix("~/config:2:50: context \"a\" names user \"v\", which is not there | "))
        #expect(site.fault(context: "a").hasSuffix("users are: w, z"))
    }

    @Test func aContextWithoutAUserHasNoCredentials() async throws {
        let site = try Site("{\"contexts\": [{\"name\": \"a\", \"context\": {\"cluster\": \"x\"}}], \"clusters\": [{\"name\": \"x\", \"cluster\": {\"server\": \"http://localhost:8001/\"}}]}")
        let access = try site.access(context: "a")
        #expect(access.server == "http://localhost:8001")
        #expect(try await access.credentials.credentials(insteadOf: nil) == Credentials())
    }

    @Test func namespacesAreThatOfTheCallerOrOfTheContext() throws {
        let site = try Site(kubeconfig(context: "namespace: shop"))
        #expect(try site.access().namespace == "shop")
        #expect(try site.access(namespace: "other").namespace == "other")
        #expect(site.fault(namespace: "Other") == "\"Other\" is no name of a namespace")
        #expect(try Site(kubeconfig()).access().namespace == "default")
        #expect(try Site(kubeconfig(context: "namespace: a/b")).fault() == "~/config:9:16: \"a/b\" is no name of a namespace")
    }

    @Test(arguments: [
        ("clusters: {}", "1:11: \"clusters\" must be a list, not a mapping"),
        ("clusters: [a]", "1:12: an item of \"clusters\" is a mapping, not a string"),
        ("- a", "1:1: a kubeconfig is a mapping, not a list"),
        ("kind: Pod", "1:7: \"kind\" of a kubeconfig is Config, not \"Pod\""),
        ("apiVersion: v2", "1:13: \"apiVersion\" of a kubeconfig is v1, not \"v2\""),
        ("a: 1\n---\nb: 2", "2:1: a kubeconfig is one document, and another one starts here"),
        ("users: [{name: a}, {name: a}]", "1:27: user \"a\" is there already, on line 1"),
        ("users: [{name: a, user: {token: 12345}}]",
            "1:33: \"token\" must be text, not an integer | put the value in quotes"),
        ("users: [{name: a, user: {exec: x}}]", "1:32: \"exec\" must be a mapping, not a string"),
        ("clusters: [{name: a, cluster: {insecure-skip-tls-verify: \"true\"}}]",
            "1:58: \"insecure-skip-tls-verify\" must be true or false, not a string"),
    ])
    func theFormIsThatOfAKubeconfig(text: String, message: String) throws {
        #expect(try Site(text).fault() == "~/config:\(message)")
    }

    @Test func aFileThatMayNotBeReadIsAnError() throws {
        guard geteuid() != 0 else { return }
        let site = try Site(kubeconfig())
        chmod(site.file, 0)
        #expect(site.fault() == "cannot read kubeconfig '~/config': Permission denied")
    }
}
