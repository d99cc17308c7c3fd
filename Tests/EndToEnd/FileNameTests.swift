import Git
import Glibc
import Posix
import TestSupport
import Testing

/// Names are bytes: whatever git can hold and the system takes is deployed as it is.
@Suite struct FileNameTests {
    /// Names as arguments of printf(1), and what each holds.
    private static let names = [
        "with space", " leading and trailing ", "new\\nline", "tab\\there", "quote\\042back\\134slash", "star*?[x]", "-dash",
        "latin-\\351t\\351", "raw-\\377\\376", "ünïcödé", "dollar$(touch pwned)`touch pwned`", "semi;colon", "a:b",
    ]

    /// sh that does something with each name in `$name`, and its number in `$number`.
    private static func each(_ action: String) -> String {
        var script = ""
        for (number, name) in names.enumerated() {
            // A dot protects trailing newlines and spaces from $(…).
            script += "number=\(number); name=$(printf -- '\(name).'); name=${name%.}; \(action)\n"
        }
        return script
    }

    @Test func areDeployedChangedAndRemovedByteForByte() throws {
        let site = try Site("bytes")
        let live = site.scratch("live")
        try site.clone.shell(FileNameTests.each("printf '%s\\n' \"$number\" >\"./$name\"; mkdir -p \"in $name\"; echo in >\"in $name/f\""))
        try site.clone.commit("Names")
        #expect(try site.push("HEAD:main").succeeded)
        try site.clone.shell(FileNameTests.each("test \"$(cat \"\(live)/$name\")\" = \"$number\"; test -f \"\(live)/in $name/f\""))
        #expect(try run("git", ["ops", "status", "--exit-code"], in: site.server.path, variables: site.variables).code == 0)
        #expect(access(site.scratch("pwned"), F_OK) != 0)

        try site.clone.shell(FileNameTests.each("echo new >\"./$name\""))
        try site.clone.commit("Changed")
        #expect(try site.push("HEAD:main").succeeded)
        try site.clone.shell(FileNameTests.each("test \"$(cat \"\(live)/$name\")\" = new"))

        // Drift on names that are no text is seen and repaired too.
        try site.clone.shell(FileNameTests.each("rm \"\(live)/$name\""))
        #expect(try jq(".environments[0].drift | length", site.ops("status", "--json").output) == "\(FileNameTests.names.count)")
        #expect(try site.ops("diff", "--exit-code").code == 1)
        #expect(try site.ops("apply").code == 0)
        try site.clone.shell(FileNameTests.each("test \"$(cat \"\(live)/$name\")\" = new"))

        try site.clone.git("rm", "-rq", ".")
        try site.clone.commit("Gone", ["left": "1\n"])
        #expect(try site.push("HEAD:main").succeeded)
        #expect(try run("ls", ["-A", live]).output == "left\n")
        #expect(try site.ops("verify").code == 0)
    }

    @Test func changedPathsReachReloadEachEndedByNUL() throws {
        let site = try Site("nul")
        try site.server.git("config", "ops.default.reload", "tr '\\000' '|' >'\(site.scratch("changed"))'")
        try site.deploy("Names", ["two\nlines": "1\n", "a b": "2\n"])
        #expect(site.scratch.text("changed") == "a b|two\nlines|")
        try site.deploy("More", ["a b": "3\n"])
        #expect(site.scratch.text("changed") == "a b|")
    }

    @Test func namesThatDifferInCaseOnlyAreWarnedOf() throws {
        let site = try Site("case")
        try site.clone.commit("Case", ["README": "1\n", "readme": "2\n"])
        let push = try site.push("HEAD:main")
        #expect(push.succeeded)
        #expect(push.says("warning: differs from 'readme' only in case [path/case-clash]") || push.says("warning: differs from 'README' only in case [path/case-clash]"))
        #expect(site.live("README") == "1\n")
        #expect(site.live("readme") == "2\n")
    }

    @Test func modesAreLaidOut() throws {
        let site = try Site("modes", settings: ["ops.default.mode": "0640"])
        try site.clone.write("#!/bin/sh\n", to: "run", mode: 0o755)
        try site.deploy("Modes", ["plain": "x\n"])
        #expect(try run("stat", ["-c", "%a %n", "run", "plain"], in: site.scratch("live")).output == "750 run\n640 plain\n")
        chmod(site.scratch("live/plain"), 0o600)
        let diff = try site.ops("diff")
        #expect(diff.output == "diff --git a/plain b/plain\nold mode 100600\nnew mode 100640\n")
        #expect(try site.ops("apply").code == 0)
        #expect(try run("stat", ["-c", "%a", "plain"], in: site.scratch("live")).output == "640\n")
    }
}
