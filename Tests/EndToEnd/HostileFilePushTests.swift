import Git
import Glibc
import Posix
import TestSupport
import Testing

/// A push of files that were made to cost much is refused within seconds, and in little memory.
@Suite struct HostileFilePushTests {
    /// Pushes with a limit of memory, in KiB, that holds for the hook as well.
    private func push(_ site: Site, memory: Int) throws -> (push: Push, seconds: Double) {
        let start = monotonicSeconds()
        let finished = try run("sh", ["-c", "ulimit -v \(memory) && exec git push origin HEAD:main"], in: site.clone.path, variables: site.variables)
        return (Push(finished), monotonicSeconds() - start)
    }

    @Test(arguments: [
        ("aliases", "yaml/aliases"), ("merges", "yaml/aliases"), ("depth", "yaml/depth"), ("size", "manifest/too-large"), ("nul", "yaml/control-character"),
        ("utf8", "yaml/encoding"), ("duplicates", "yaml/duplicate-key"), ("list", "manifest/identity"),
    ])
    func fileIsRefusedWithinSeconds(name: String, rule: String) throws {
        let site = try Site("hostile-\(name)")
        // Written here: the text would be in every name of these tests.
        let text: String
        switch name {
        case "aliases":
            text = "a0: &a0 x\n" + (1..<30).map { "a\($0): &a\($0) [" + Array(repeating: "*a\($0 - 1)", count: 10).joined(separator: ", ") + "]\n" }.joined()
        case "merges":
            text = "a: &a {" + (0..<100_000).map { "k\($0): 0" }.joined(separator: ", ") + "}\nb:\n" + String(repeating: "- {<<: *a}\n", count: 1_000_000)
        case "depth": text = String(repeating: "[", count: 100_000)
        case "size": text = "a: " + String(repeating: "x", count: 100 << 20)
        case "nul": text = "a: b\0\n"
        case "utf8": text = ""
        case "duplicates": text = String(repeating: "a: 1\n", count: 3_000_000)
        default: text = "apiVersion: v1\nkind: List\nitems:\n" + String(repeating: "- {apiVersion: v1, kind: Pod}\n", count: 100_000)
        }
        if name == "utf8" {
            try Posix.write([0x61, 0x3A, 0x20, 0xFF, 0x0A], toFile: site.clone.path + "/hostile.yaml", mode: 0o644)
            try site.clone.commit("Hostile")
        } else {
            try site.clone.commit("Hostile", ["hostile.yaml": text])
        }
        let (push, seconds) = try push(site, memory: 3 << 20)
        #expect(!push.succeeded)
        if name != "list" { #expect(push.says("[\(rule)]"), "\(push.all.prefix(2000))") }
        #expect(push.says("error: refs/heads/main: push refused:"), "\(push.all.prefix(2000))")
        #expect(push.all.utf8.count < 20_000)
        #expect(seconds < 120)
    }

    @Test func secretIsNotShown() throws {
        let site = try Site("hostile-secret")
        let values = (0..<10_000).map { "  k\($0): S3CR3T\($0)\n  n\($0): 0123456\n" }.joined()
        try site.clone.commit("Secret", ["secret.yaml": "apiVersion: v1\nkind:  Secret\nmetadata: {name: a}\nstringData:\n\(values)foo: S3CR3T\n"])
        let (push, seconds) = try push(site, memory: 3 << 20)
        #expect(!push.succeeded)
        #expect(!push.all.contains("S3CR3T") && !push.all.contains("0123456"))
        #expect(seconds < 120)
    }
}
