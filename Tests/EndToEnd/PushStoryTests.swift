import Git
import Glibc
import Posix
import TestSupport
import Testing

/// From an empty machine to a site that is deployed, broken, mended and rolled back.
@Suite struct PushStoryTests {
    private static let files = [
        "ops.yaml": opsFile("production"), "production/index.html": "<h1>hello</h1>\n",
        "production/nginx/site.conf": "server { listen 80; }\n", "production/app.yaml": "kind: ConfigMap\n",
    ]

    @Test func initSaysWhatItSetsAndIsQuietTheSecondTime() throws {
        let scratch = try Scratch("init")
        let first = try run(
            "git", ["ops", "init", "--bare", "--branch", "trunk", "-e", "production", "--directory", scratch("live"), scratch("server.git")])
        #expect(first.code == 0)
        #expect(
            first.output.replacing(scratch.path, with: "<scratch>") == """
                made a bare repository '<scratch>/server.git' with the branch 'trunk'
                set ops.production.target = directory
                set ops.production.directory = <scratch>/live
                set receive.hideRefs = refs/ops
                set receive.hideRefs = refs/notes/ops
                set transfer.hideRefs = refs/ops/_pending
                set receive.advertisePushOptions = true
                set notes.displayRef = refs/notes/op[s]
                installed hook pre-receive
                installed hook post-receive
                git-ops is set up in '<scratch>/server.git/'
                hint: push an ops.yaml that declares it: 'environments: {production: {path: production}}'

                """)
        let again = try run("git", ["ops", "init", scratch("server.git")])
        #expect(again.output.replacing(scratch.path, with: "<scratch>") == "git-ops is set up in '<scratch>/server.git/'\n")
        let server = TestRepository(existing: scratch("server.git"))
        #expect(try server.git("symbolic-ref", "HEAD") == "refs/heads/trunk")
        #expect(try server.git("config", "--get-all", "receive.hideRefs") == "refs/ops\nrefs/notes/ops")
    }

    @Test func initInACloneFetchesRecordsAndChecksCommits() throws {
        let site = try Site("clone")
        let output = try site.clone.git("ops", "init")
        #expect(
            output.replacing(site.scratch.path, with: "<scratch>") == """
                set remote.origin.fetch = refs/ops/*:refs/ops/*
                set remote.origin.fetch = ^refs/ops/_pending/*
                set remote.origin.fetch = ^refs/ops/_drift/*
                set remote.origin.fetch = +refs/notes/ops:refs/notes/origin/ops
                set notes.displayRef = refs/notes/origin/op[s]
                installed hook pre-commit
                git-ops is set up in '<scratch>/clone/.git/'
                """)
        let commit = try site.deploy("First", ["index.html": "one\n"])
        try site.clone.git("fetch", "-q")
        #expect(try site.clone.id("refs/ops/default") == site.server.id("refs/ops/default"))
        #expect(try site.clone.git("log", "-1", commit.description).contains("Notes (origin/ops):"))
        #expect(try site.clone.git("log", "-1", "--format=%N", commit.description).contains("event=deployed"))
    }

    @Test func pushIsAppliedAndThePusherSeesItLineByLine() throws {
        let site = try Site("story", environments: ["production"])
        try site.clone.commit("First site", PushStoryTests.files)
        let push = try site.push("HEAD:main")
        #expect(push.succeeded)
        #expect(
            push.plainLines == [
                "1 file of YAML names no kind, so only its form was checked: production/app.yaml",
                "production:   + app.yaml", "production:   + index.html", "production:   + nginx/site.conf",
                "production: deployed <id> in <time> (3 created)",
            ])
        #expect(site.live("production/index.html") == "<h1>hello</h1>\n")
        #expect(site.live("production/nginx/site.conf") == "server { listen 80; }\n")
        #expect(site.live("production/ops.yaml") == nil)

        try site.clone.git("rm", "-q", "production/app.yaml")
        try site.clone.commit("Second", ["production/index.html": "<h1>again</h1>\n", "production/run.sh": "#!/bin/sh\n"])
        let second = try site.push("HEAD:main")
        #expect(
            second.plainLines == [
                "production:   - app.yaml", "production:   ~ index.html", "production:   + run.sh",
                "production: deployed <id> in <time> (1 created, 1 changed, 1 pruned)",
            ])
        #expect(site.live("production/app.yaml") == nil)
        #expect(site.live("production/index.html") == "<h1>again</h1>\n")
    }

    @Test func pushThatChangesNothingOfAnEnvironmentSaysSoAndRecordsNothing() throws {
        let site = try Site("nothing", environments: ["production"])
        try site.deploy("First", PushStoryTests.files)
        let record = try site.server.id("refs/ops/production")
        try site.clone.commit("Unrelated", ["README": "read me\n"])
        let push = try site.push("HEAD:main")
        #expect(push.plainLines == ["production: nothing to do; it is as deployed from <id>"])
        #expect(try site.server.id("refs/ops/production") == record)
    }

    @Test(arguments: [
        (
            ["production/app.yaml": "kind: Service\nports: [80\nname: x\n"],
            "production/app.yaml:2:8: error: the \"[\" that opens here is not closed before line 3 [yaml/syntax]"
        ),
        (
            ["production/app.json": "{\"a\": 1,\n \"b\" 2}\n"],
            "production/app.json:2:6: error: expected \":\" after the key [json/syntax]"
        ),
        (
            ["ops.yaml": "environments:\n  production:\n    path: production\n    brnch: main\n"],
            "ops.yaml:4:5: error: unknown key \"brnch\" in environment \"production\" [ops/unknown-key]"
        ),
    ])
    func brokenFileIsRefusedWithItsPlaceAndNothingChanges(files: [String: String], message: String) throws {
        let site = try Site("broken", environments: ["production"])
        try site.deploy("First", PushStoryTests.files)
        let references = try site.server.git("for-each-ref")
        let listing = try run("ls", ["-lR", "--time-style=full-iso", site.scratch("live")]).output
        let bad = try site.clone.commit("Broken", files)

        let push = try site.push("HEAD:main")
        #expect(push.code == 1)
        #expect(push.lines.first == message)
        #expect(push.lines.last == "error: refs/heads/main: push refused: 1 error in 1 file")
        #expect(push.all.contains("! [remote rejected] HEAD -> main (pre-receive hook declined)"))
        #expect(try site.server.git("for-each-ref") == references)
        #expect(try run("ls", ["-lR", "--time-style=full-iso", site.scratch("live")]).output == listing)
        #expect(try !site.server.attempt("cat-file", "-e", bad.description).succeeded)
        #expect(try site.server.attempt("fsck", "--strict").succeeded)
    }

    @Test func allErrorsOfAPushAreTold() throws {
        let site = try Site("all", environments: ["production"])
        try site.clone.commit(
            "Broken", ["ops.yaml": opsFile("production"), "production/a.yaml": "a: 'b\n", "production/b.json": "{", "production/c.yml": "\ta: 1\n"])
        let push = try site.push("HEAD:main")
        #expect(push.says("production/a.yaml:"))
        #expect(push.says("production/b.json:"))
        #expect(push.says("production/c.yml:"))
        #expect(push.lines.last == "error: refs/heads/main: push refused: 3 errors in 3 files")
    }

    @Test func preCommitRefusesWhatTheServerWouldRefuse() throws {
        let site = try Site("commit")
        try site.clone.git("ops", "init", "-q")
        try site.clone.write("a: [1\n", to: "app.yaml")
        try site.clone.git("add", "-A")
        let commit = try site.clone.attempt("commit", "-m", "Broken")
        #expect(commit.code == 1)
        #expect(commit.error.hasPrefix("app.yaml:1:4: error: "))
        #expect(commit.error.hasSuffix("error: commit refused: 1 error in what is staged\n"))
        // What is staged counts, not what lies in the working tree.
        try site.clone.write("a: [1]\n", to: "app.yaml")
        #expect(try site.clone.attempt("commit", "-m", "Still broken").code == 1)
        try site.clone.git("add", "-A")
        try site.clone.write("a: [1\n", to: "app.yaml")
        #expect(try site.clone.attempt("commit", "-m", "Mended").code == 0)
    }

    @Test func revertAndPushRollsBack() throws {
        let site = try Site("revert")
        try site.deploy("First", ["index.html": "one\n", "old": "x\n"])
        try site.deploy("Second", ["index.html": "two\n", "new": "y\n"])
        #expect(site.live("index.html") == "two\n")
        try site.clone.git("revert", "--no-edit", "HEAD")
        let push = try site.push("HEAD:main")
        #expect(
            push.plainLines == [
                "default:   ~ index.html", "default:   - new", "default: deployed <id> in <time> (1 changed, 1 pruned)",
            ])
        #expect(site.live("index.html") == "one\n")
        #expect(site.live("new") == nil)
        #expect(try site.trailer("Number") == "3")
    }
}
