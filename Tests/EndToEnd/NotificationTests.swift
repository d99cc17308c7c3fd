import Git
import Glibc
import Posix
import TestSupport
import Testing

/// Deployments are told of, over a channel that is a program, and never wait for it.
@Suite struct NotificationTests {
    /// A site with a channel whose program runs a script, given the mail on its standard input.
    private func site(_ name: String, _ script: String, _ settings: [String: String] = [:]) throws -> Site {
        let site = try Site(name, settings: settings)
        try site.scratch.write("#!/bin/sh\ncd '\(site.scratch.path)' || exit 1\n\(script)\n", to: "sendmail", mode: 0o755)
        for (key, value) in [
            ("kind", "sendmail"), ("command", site.scratch("sendmail")), ("from", "ops@example.org"), ("to", "ann@example.org"),
        ] { try site.server.git("config", "opsChannel.mail.\(key)", value) }
        return site
    }

    /// The files of mails, when there are as many.
    private func mails(_ site: Site, _ count: Int) -> [String] {
        while true {
            let files = names(inFolder: site.scratch.path).filter { $0.hasPrefix("mail.") }
            if files.count >= count { return files.compactMap { site.scratch.text($0) } }
            usleep(20_000)
        }
    }

    private let keep = "cat >taken.$$ && mv taken.$$ mail.$(date +%s%N)"

    @Test(.timeLimit(.minutes(5))) func whatBecameOfADeploymentIsTold() throws {
        let site = try site("told", keep, ["ops.default.reload": "if grep -q bad index.html; then echo hunter2; exit 3; fi"])
        let good = try site.deploy("First page", ["index.html": "good"])
        let first = try #require(mails(site, 1).first)
        #expect(first.contains("Subject: default: deployed: \(good.short) in "))
        #expect(first.contains("\ncommit \(good) (First page)\nby "))
        #expect(first.contains("\ndeployment 1, \(try site.server.id("refs/ops/default")) in refs/ops/default\n"))
        #expect(first.contains("\non \(hostName()) in \(site.server.path)\n"))
        let bad = try site.deploy("Bad page", ["index.html": "bad"])
        let told = mails(site, 2)
        #expect(told.count == 2)
        #expect(told.contains { $0.contains("Subject: default: failed: \(bad.short): ") }, "\(told)")
        #expect(!told.joined().contains("hunter2"))
    }

    @Test(.timeLimit(.minutes(5))) func whoWasToldOfAFailureIsToldOfItsEnd() throws {
        let site = try site("recovered", keep, ["ops.default.reload": "! grep -q bad index.html", "opsChannel.mail.on": "failed recovered"])
        for (number, text) in ["good", "bad", "good again", "better"].enumerated() {
            try site.deploy("Page \(number)", ["index.html": text])
            // One after the other, as what waits together may be one message.
            if number > 0 { _ = mails(site, min(number, 2)) }
        }
        #expect(try site.ops("notify", "--flush", "-q").code == 0)
        let subjects = mails(site, 2).flatMap { $0.split(separator: "\n").filter { $0.hasPrefix("Subject: ") } }
        #expect(subjects.count == 2)
        #expect(subjects.contains { $0.hasPrefix("Subject: default: failed: ") } && subjects.contains { $0.hasPrefix("Subject: default: recovered: ") }, "\(subjects)")
    }

    @Test(.timeLimit(.minutes(5))) func nobodyWaitsForAChannelThatHangs() throws {
        let site = try site("hangs", "touch begun; while [ ! -e release ]; do sleep 0.1; done; touch ended; exit 75")
        try site.deploy("First page", ["index.html": "good"])
        #expect(site.live("index.html") == "good")
        #expect(site.scratch.text("ended") == nil)
        let apply = try site.ops("apply")
        #expect(apply.code == 0, "\(apply.all)")
        try site.scratch.write("", to: "release")
        while site.scratch.text("begun") == nil { usleep(20_000) }
    }

    @Test func aChannelThatIsWrongFailsNoDeployment() throws {
        let site = try Site("wrong", settings: ["opsChannel.mail.kind": "pigeon"])
        let commit = try site.clone.commit("First page", ["index.html": "good"])
        let push = try site.push("HEAD:main")
        #expect(push.succeeded)
        #expect(!push.all.contains("pigeon") && !push.all.contains("notify"), "\(push.all)")
        try site.awaitDeployment(of: commit)
        #expect(try site.events(of: commit) == ["deployed"])
    }

    @Test func withoutChannelsNothingIsLeft() throws {
        let site = try Site("silent")
        try site.deploy("First page", ["index.html": "good"])
        #expect(access("\(site.server.path)/ops/_outbox", F_OK) != 0)
        // Who pushes has no say in it.
        let commit = try site.clone.commit("Second page", ["index.html": "better"])
        try site.clone.git("-c", "opsChannel.mine.kind=sendmail", "push", "-q", "origin", "HEAD:main")
        try site.awaitDeployment(of: commit)
        #expect(access("\(site.server.path)/ops/_outbox", F_OK) != 0)
    }

    /// A commit that nobody has deployed yet.
    private func push(_ site: Site, _ text: String) throws {
        try site.server.git("config", "core.hooksPath", "/nonexistent")
        try site.deploy("Page \(text)", ["index.html": text])
    }

    @Test(.timeLimit(.minutes(5))) func channelsOfTheCommandLineAreUsed() throws {
        let site = try site("given", keep)
        var settings: [String] = []
        for line in try site.server.git("config", "--get-regexp", "^opschannel\\.").split(separator: "\n") {
            settings += ["-c", String(line).replacing(" ", with: "=", maxReplacements: 1)]
        }
        try site.server.git("config", "--remove-section", "opsChannel.mail")
        try push(site, "good")
        let apply = try run("git", settings + ["ops", "apply"], in: site.server.path, variables: site.variables)
        #expect(apply.succeeded, "\(apply.all)")
        #expect(mails(site, 1).count == 1)
    }

    @Test func whatCannotBeWrittenDownIsSaid() throws {
        let site = try site("full", keep)
        try push(site, "good")
        try makeFolders("\(site.server.path)/ops")
        try write([], toFile: "\(site.server.path)/ops/_outbox")
        let apply = try site.ops("apply")
        #expect(apply.succeeded)
        #expect(apply.error.contains("warning: nobody is told 'deployed' of default: "), "\(apply.all)")
    }

    /// A machine on which git-ops alone is installed.
    @Test func withoutASenderItIsSaidOnce() throws {
        let site = try site("alone", keep)
        try makeFolders(site.scratch("bin"))
        let copied = try run("cp", ["\(programFolder)/git-ops", site.scratch("bin/git-ops")])
        #expect(copied.succeeded)
        var variables = site.variables
        variables["PATH"] = site.scratch("bin") + ":/usr/bin:/bin"
        for (text, isSaid) in [("good", true), ("better", false)] {
            try push(site, text)
            let apply = try run(site.scratch("bin/git-ops"), ["apply"], in: site.server.path, variables: variables)
            #expect(apply.succeeded)
            #expect(apply.error.contains("warning: notices wait, and nobody sends them: cannot run 'git-ops-notify'") == isSaid, "\(apply.all)")
        }
        #expect(names(inFolder: "\(site.server.path)/ops/_outbox/new").count == 2)
    }
}
