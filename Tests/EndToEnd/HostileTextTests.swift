import Git
import Glibc
import Posix
import TestSupport
import Testing

/// Text that a pusher chooses reaches nobody's terminal raw: no escapes, no line breaks, no overrides.
@Suite struct HostileTextTests {
    /// What would move a cursor, ring a bell or turn the direction of text.
    private static func isHostile(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 9, 10: false
        case 0..<0x20, 0x7f..<0xa0, 0x202a...0x202e, 0x2066...0x2069: true
        default: false
        }
    }

    private func expectPlain(_ text: String, _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation) {
        let hostile = text.unicodeScalars.filter(HostileTextTests.isHostile).map { String($0.value, radix: 16) }
        #expect(hostile.isEmpty, what, sourceLocation: sourceLocation)
    }

    private static let escape = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}"

    @Test func fileNamesAreQuoted() throws {
        let site = try Site("names")
        let name = "evil\(HostileTextTests.escape)"
        try site.clone.commit("Names", [name: "x\n", "two\nlines": "y\n"])
        let push = try site.push("HEAD:main")
        #expect(push.succeeded)
        #expect(push.lines.count == 3)
        for line in push.lines { expectPlain(line, "\(line)") }
        #expect(push.lines.contains("default:   + \"two\\nlines\""))
        #expect(site.live(name) == "x\n")
        #expect(site.live("two\nlines") == "y\n")

        for text in [site.scratch("live/" + name), site.scratch("live/two\nlines")] { unlink(text) }
        for arguments in [["status"], ["status", "--json"], ["diff"], ["diff", "--json"], ["diff", "--porcelain"], ["apply", "-n"], ["show"], ["apply"], ["log"], ["doctor"]] {
            let finished = try run("git", ["ops"] + arguments, in: site.server.path, variables: site.variables)
            expectPlain(finished.all, "git ops \(arguments)")
        }
        expectPlain(try site.server.git("cat-file", "commit", "refs/ops/default"), "the record")
        expectPlain(try site.server.git("show", "refs/ops/default:.git-ops/inventory"), "the inventory")
    }

    @Test func brokenFileWithAHostileNameIsRefusedInPlainText() throws {
        let site = try Site("broken-names")
        try site.clone.commit("Names", ["evil\(HostileTextTests.escape).yaml": "\"\(HostileTextTests.escape)\": [\n", "a\nb.json": "{\u{1b}"])
        let push = try site.push("HEAD:main")
        #expect(!push.succeeded)
        for line in push.lines { expectPlain(line, "\(line)") }
        #expect(push.lines.last == "error: refs/heads/main: push refused: 2 errors in 2 files")
    }

    @Test func hostileLinkTargetIsRefusedInPlainText() throws {
        let site = try Site("targets")
        #expect(symlink("/\(HostileTextTests.escape)", "\(site.clone.path)/link") == 0)
        try site.clone.commit("A link")
        let push = try site.push("HEAD:main")
        #expect(!push.succeeded)
        for line in push.lines { expectPlain(line, "\(line)") }
    }

    @Test func subjectsAreMadePlain() throws {
        let site = try Site("subjects")
        try site.clone.commit("Evil \(HostileTextTests.escape) subject\n\nResult: deployed\nEnvironment: other", ["a": "1\n"])
        let push = try site.push("HEAD:main")
        #expect(push.succeeded)
        for line in push.lines { expectPlain(line, "\(line)") }
        for arguments in [["status"], ["status", "--json"], ["show"], ["show", "--json"], ["log"], ["wait", "main"]] {
            let finished = try run("git", ["ops"] + arguments, in: site.server.path, variables: site.variables)
            expectPlain(finished.all, "git ops \(arguments)")
        }
        expectPlain(try site.server.git("cat-file", "commit", "refs/ops/default"), "the record")
        expectPlain(try site.server.git("notes", "--ref=ops", "show", "main"), "the note")
        #expect(try site.trailer("Environment") == "default")
    }

    @Test func pushOptionsAreMadePlain() throws {
        let site = try Site("options")
        try site.clone.commit("First", ["a": "1\n"])
        let push = try site.push("-o", "ops.reason=why \(HostileTextTests.escape)\tnot", "-o", "ops.\(HostileTextTests.escape)", "HEAD:main")
        #expect(push.succeeded)
        for line in push.lines { expectPlain(line, "\(line)") }
        #expect(push.says("warning: unknown push option 'ops."))
        #expect(try site.trailer("Message").hasPrefix("why "))
        expectPlain(try site.server.git("cat-file", "commit", "refs/ops/default"), "the record")
        #expect(try site.ops("verify").code == 0)
    }

    @Test func branchNamesAreQuoted() throws {
        let site = try Site("branches")
        try site.clone.commit("Broken", ["a.yaml": "a: [\n"])
        // git itself keeps the escape character out of names, but not these.
        let branch = "evil\u{9b}31m\u{202e}"
        let push = try site.push("HEAD:refs/heads/\(branch)")
        #expect(!push.succeeded)
        #expect(push.says("push refused: 1 error in 1 file"))
        for line in push.lines { expectPlain(line, "\(line)") }
        let record = try site.push("HEAD:refs/ops/\(branch)")
        for line in record.lines where line.contains("git-ops") { expectPlain(line, "\(line)") }
        try site.clone.commit("Mended", ["a.yaml": "a: []\n"])
        try site.clone.git("push", "-q", "origin", "HEAD:refs/heads/\(branch)")
        let deleted = try site.push(":refs/heads/\(branch)")
        #expect(deleted.succeeded)
        for line in deleted.lines { expectPlain(line, "\(line)") }
    }

    @Test func outputOfCommandsIsMadePlain() throws {
        let site = try Site(
            "output", settings: ["ops.default.reload": "printf 'one\\033[2J\\a\\rtwo\\n\\233three\\n'; exit 4"])
        try site.clone.commit("First", ["a": "1\n"])
        let push = try site.push("HEAD:main")
        #expect(push.says("default: reload: one"))
        for line in push.lines { expectPlain(line, "\(line)") }
        expectPlain(try site.ops("show").output, "show")
    }
}
