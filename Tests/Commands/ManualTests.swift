import Foundation
import Operations
import Posix
import Testing
import TestSupport

@testable import Commands

/// The top of the package, where the manual and the hooks are.
private let top = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path()

private func text(_ name: String) throws -> String {
    guard let bytes = try contents(ofFile: top + name) else { throw TestFailure("there is no \(name)") }
    return String(decoding: bytes, as: UTF8.self)
}

@Suite struct ManualTests {
    static let verbs = VerbDispatch.verbs.keys.sorted()

    @Test func everyVerbIsOnTheFrontPage() throws {
        let page = try text("man/git-ops.1")
        for verb in Self.verbs { #expect(page.contains("git-ops-\(verb)"), "\(verb)") }
    }

    /// The options that `-h` prints and those of the manual page are the same.
    @Test(arguments: verbs) func aPageHasTheOptionsOfItsVerb(verb: String) throws {
        let command = try #require(VerbDispatch.verbs[verb])
        let page = try text("man/git-ops-\(verb).1")
        let known = Set(Completion.options(of: command)).subtracting(["--help"])
        var shown: Set<String> = []
        for line in page.split(separator: "\n") where line.hasPrefix(".It Fl") || line.hasPrefix(".It Xo Fl") {
            for word in line.split(whereSeparator: { " ,=".contains($0) }) where word.hasPrefix("-") && word.count > 2 {
                shown.insert("-" + word)
            }
        }
        #expect(known.subtracting(shown) == [], "options that the page lacks")
        // Options of git diff and git log are passed on, so their pages may name more.
        if !["diff", "log"].contains(verb) {
            #expect(shown.subtracting(known).subtracting(["--help"]) == [], "options that the page has too many")
        }
    }

    @Test func theCopiesOfTheHooksAreThoseThatAreInstalled() throws {
        for hook in HookScript.all { #expect(try text("Hooks/\(hook.name)") == hook.text()) }
        #expect(names(inFolder: top + "Hooks") == HookScript.all.map(\.name).sorted())
    }
}

@Suite struct CompletionTests {
    @Test func optionsAreReadOffTheHelp() throws {
        let verb = try #require(VerbDispatch.verbs["init"])
        #expect(
            Completion.options(of: verb) == [
                "--bare", "--branch", "--environment", "--target", "--directory", "--hooks", "--force", "--quiet", "--help",
            ])
        let diff = try #require(VerbDispatch.verbs["diff"])
        #expect(Set(["--pager", "--no-pager"]).isSubset(of: Completion.options(of: diff)))
    }

    /// Each shell reads its script without complaint.
    @Test(arguments: [("bash", ["-n"]), ("zsh", ["-n"]), ("fish", ["--no-execute"])])
    func scriptsAreWellFormed(shell: String, check: [String]) throws {
        let scratch = try Scratch()
        try scratch.write(try #require(Completion.script(for: shell)), to: "script")
        let end = try run(shell, check + [scratch("script")])
        #expect(end.succeeded && end.all == "", "\(end.all)")
    }

    /// What a person gets who types `git ops` and the tab key, in bash with git's own completion.
    @Test(arguments: [
        ("git ops ", 2, "status"), ("git ops apply --", 3, "--dry-run"), ("git ops completion ", 3, "fish"), ("git ops st", 2, "status"),
        ("git ops no", 2, "notify"),
    ])
    func bashCompletesVerbsAndOptions(line: String, word: Int, expected: String) throws {
        let scratch = try Scratch()
        try scratch.write(try #require(Completion.script(for: "bash")), to: "git-ops")
        let words = line.split(separator: " ", omittingEmptySubsequences: false).map { "'\($0)'" }.joined(separator: " ")
        let script = """
            . /usr/share/bash-completion/bash_completion
            . /usr/share/bash-completion/completions/git
            . \(scratch("git-ops"))
            COMP_WORDS=(\(words)); COMP_CWORD=\(word); COMP_LINE='\(line)'; COMP_POINT=\(line.count); COMP_TYPE=9; COMP_KEY=9
            __git_wrap__git_main
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        let end = try run("bash", ["-c", script], in: scratch.path)
        #expect(end.output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.contains(expected), "\(end.all)")
    }
}

@Suite struct DiffArgumentsTests {
    @Test func areSortedIntoOursAndGits() {
        let arguments = DiffArguments(["production", "--stat", "-U1", "HEAD~2", "--exit-code", "--color=never", "--", "a", "--json"])
        #expect(arguments.words == ["production", "HEAD~2"])
        #expect(arguments.passed == ["--stat", "-U1"])
        #expect(arguments.paths == ["a", "--json"])
        #expect(arguments.exitCode)
        #expect(!arguments.json)
        #expect(arguments.color == "never")
    }
}

@Suite struct AgeTests {
    @Test(arguments: [
        (Int64(0), "just now"), (1, "1 second ago"), (59, "59 seconds ago"), (60, "1 minute ago"), (7200, "2 hours ago"),
        (86400 * 8, "1 week ago"), (86400 * 800, "2 years ago"), (-5, "in the future"),
    ] as [(Int64, String)])
    func isToldAsGitTellsIt(seconds: Int64, expected: String) {
        let then = Moment(milliseconds: 1_700_000_000_000)
        #expect(Age(since: then, now: Moment(milliseconds: then.milliseconds + seconds * 1000)).description == expected)
    }
}

@Suite struct PushOptionTests {
    @Test func hostileOnesAreHarmless() {
        let options = PushOptions([
            "GIT_PUSH_OPTION_COUNT": "4", "GIT_PUSH_OPTION_0": "ops.reason=a\nResult: deployed\u{1b}[2J",
            "GIT_PUSH_OPTION_1": "ops.nowait", "GIT_PUSH_OPTION_2": "ops.\u{1b}[31mred", "GIT_PUSH_OPTION_3": "ci.skip",
        ])
        #expect(options.reason == "a Result: deployed [2J")
        #expect(options.isImpatient)
        #expect(options.unknown == ["ops. [31mred"])
        #expect(PushOptions(["GIT_PUSH_OPTION_COUNT": "-5"]).unknown == [])
        #expect(PushOptions(["GIT_PUSH_OPTION_COUNT": "99999999999999999999"]).reason == nil)
    }
}

@Suite struct HookScriptTests {
    @Test func isInstalledUpgradedAndLeftAlone() throws {
        let scratch = try Scratch()
        let hook = HookScript(name: "pre-receive")
        func install(_ force: Bool = false) throws -> [String] {
            try hook.install(in: scratch.path, programFolder: "/opt/bin", force: force)
        }
        #expect(try install() == ["installed hook pre-receive"])
        #expect(try install() == [])
        try scratch.write("#!/bin/sh\n# git-ops hook pre-receive 0\nold\n", to: "pre-receive", mode: 0o755)
        #expect(try install() == ["upgraded hook pre-receive"])
        #expect(scratch.text("pre-receive")?.contains(":/opt/bin\"") == true)
    }

    @Test func oneOfSomebodyElseIsKeptAndRunsFirst() throws {
        let scratch = try Scratch()
        try scratch.write("#!/bin/sh\nexit 3\n", to: "pre-receive", mode: 0o755)
        let hook = HookScript(name: "pre-receive")
        #expect(try hook.install(in: scratch.path, programFolder: "/opt/bin", force: false).count == 1)
        #expect(scratch.text("pre-receive.local") == "#!/bin/sh\nexit 3\n")
        #expect(try run(scratch("pre-receive"), []).code == 3)
        // A second one finds no place, and nothing is lost.
        try scratch.write("#!/bin/sh\nexit 4\n", to: "pre-receive", mode: 0o755)
        #expect(throws: Failure.self) { try hook.install(in: scratch.path, programFolder: "/opt/bin", force: false) }
        #expect(scratch.text("pre-receive") == "#!/bin/sh\nexit 4\n")
        #expect(try hook.install(in: scratch.path, programFolder: "/opt/bin", force: true).first?.contains("no longer runs") == true)
        #expect(scratch.text("pre-receive.replaced") == "#!/bin/sh\nexit 4\n")
    }

    @Test func aFolderOfHooksIsUsedWhereThereIsOne() throws {
        let scratch = try Scratch()
        try makeFolders(scratch("post-receive.d"))
        _ = try HookScript(name: "post-receive").install(in: scratch.path, programFolder: "/opt/bin", force: false)
        #expect(names(inFolder: scratch("post-receive.d")) == ["git-ops"])
        #expect(scratch.text("post-receive") == nil)
    }
}
