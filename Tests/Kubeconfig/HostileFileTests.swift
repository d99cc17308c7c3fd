import Glibc
import Kubeconfig
import Posix
import TestSupport
import Testing

@Suite struct HostileFileTests {
    @Test func aHugeFileIsRefused() throws {
        let site = try Site("")
        #expect(truncate(site.file, 50 << 20) == 0)
        #expect(site.fault() == "cannot read kubeconfig '~/config': File too large")
    }

    @Test func aFileWithoutEndIsRefused() throws {
        #expect(throws: KubeconfigError.self) {
            try Kubeconfig.access(file: "/dev/zero", context: nil, namespace: nil, environment: [:])
        }
    }

    @Test func aBombIsRefused() throws {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<12 {
            let before = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(before)]\n"
        }
        let begun = monotonicSeconds()
        #expect(try Site(text + "contexts: *a11").fault().hasPrefix("~/config:"))
        #expect(monotonicSeconds() - begun < 120)
    }

    @Test(arguments: [
        "clusters: " + String(repeating: "[", count: 100_000), "clusters: " + String(repeating: "[", count: 500) + String(repeating: "]", count: 500),
        "{\"clusters\": " + String(repeating: "[", count: 100_000), "a: \0", "\0\0\0\0", "\u{feff}a: \u{7}",
    ])
    func whatIsTooDeepOrNoTextIsRefused(text: String) throws {
        #expect(try Site(text).fault().hasPrefix("~/config:"))
    }

    @Test func noSecretIsInAMessage() throws {
        let secrets = [
            "token: hunter2: x", "token: \"hunter2", "password: *hunter2", "token: !!int hunter2", "token: [hunter2",
            "token: {hunter2: [}", "token: 1hunter2\n\tx", "token: @hunter2", "password: hunter2\npassword: hunter2",
        ]
        for secret in secrets {
            let fault = try Site(kubeconfig(user: secret)).fault()
            #expect(!fault.contains("hunter2") && fault != "no error", "\(secret): \(fault)")
        }
        let json = try Site("{\"users\": [{\"name\": \"u\", \"user\": {\"token\": hunter2}}]}").fault()
        #expect(json.hasPrefix("~/config:1:") && !json.contains("hunter2"), "\(json)")
    }

    @Test func namesSteerNoTerminal() throws {
        let site = try Site("current-context: \"\\e[31m\\u202e\"\ncontexts: [{name: \"a\\nb\"}]")
        let fault = site.fault()
        #expect(!fault.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202E })
        #expect(fault.contains("\\x1b[31m\\u202e"))
    }

    @Test func manyContextsAreNotAllTold() throws {
        let contexts = (0..<3000).map { "- {name: context-\($0)}" }.joined(separator: "\n")
        #expect(try Site("contexts:\n" + contexts).fault().hasSuffix(" and 2980 more"))
    }
}
