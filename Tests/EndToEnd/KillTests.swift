import Git
import Glibc
import Posix
import TestSupport
import Testing

/// What must hold whenever a process dies.
private struct Invariant {
    let site: Site
    /// What a file may hold, by name: nil for "not there".
    let allowed: [String: Set<String?>]

    /// Nothing half written, nothing of others touched.
    func holdsAtOnce(_ context: String) {
        for (name, contents) in allowed {
            let content = site.live(name)
            #expect(contents.contains(content), "\(context): \(name) holds \(content.map { "'\($0.prefix(40))'" } ?? "nothing")")
        }
        #expect(site.live("default-foreign") == "not ours\n", "\(context): a file of others")
    }

    /// The next run converges, and the record is whole.
    func holdsAfterApply(_ context: String) throws {
        let apply = try site.ops("apply")
        #expect(apply.code == 0, "\(context): \(apply.all)")
        let difference = try site.ops("diff", "--exit-code")
        #expect(difference.code == 0, "\(context): \(difference.all)")
        let verify = try site.ops("verify", "-q")
        #expect(verify.code == 0, "\(context): \(verify.all)")
        let check = try site.server.attempt("fsck", "--strict", "--no-dangling")
        #expect(check.succeeded && check.all == "", "\(context): \(check.all)")
        #expect(names(inFolder: site.scratch("live")).contains(".git-ops-staging") == false, "\(context): staging is left")
        #expect(site.live("default-foreign") == "not ours\n")
        let pending = try site.server.git("for-each-ref", "refs/ops/_pending")
        #expect(pending == "", "\(context): \(pending)")
    }
}

@Suite struct KillTests {
    private static let big = String(repeating: "0123456789abcdef", count: 4096)
    private static let first = ["changed": "one \(big)\n", "removed": "one\n", "folder/in": "one\n", "becomes": "file\n", "same": "s\n"]
    private static let second = ["changed": "two \(big)\n", "added/deep/er": "two\n", "becomes/folder": "two\n", "same": "s\n"]

    /// A site with the first state deployed, and the second committed on the server, not deployed.
    private func site(_ name: String) throws -> (Site, ObjectID, ObjectID) {
        let site = try Site(name)
        try site.scratch.write("not ours\n", to: "live/default-foreign")
        let first = try site.deploy("first", Self.first)
        try site.clone.git("rm", "-rq", "removed", "folder", "becomes")
        let second = try site.clone.commit("second", Self.second)
        try site.server.git("fetch", "-q", site.clone.path, "HEAD:refs/heads/next")
        return (site, first, second)
    }

    private func invariant(_ site: Site) -> Invariant {
        var allowed: [String: Set<String?>] = [:]
        for (name, text) in Self.first { allowed[name, default: []].insert(text) }
        for (name, text) in Self.second { allowed[name, default: []].insert(text) }
        for name in allowed.keys where Self.first[name] == nil || Self.second[name] == nil { allowed[name]?.insert(nil) }
        return Invariant(site: site, allowed: allowed)
    }

    /// Kills `git ops apply` at the n-th call of each kind that changes a file or a folder, for every n there is.
    ///
    /// strace(1) delivers the signal when the call is entered, so that every gap between two effects is hit:
    /// pending, staging, switching, record, note, cleaning up.
    @Test(
        .timeLimit(.minutes(10)),
        arguments: [
            ["rename"], ["renameat2"], ["mkdir", "mkdirat"], ["unlink", "unlinkat"], ["rmdir"], ["fsync", "syncfs"], ["fchmod", "fchmodat"],
            ["link", "symlinkat"], ["openat"], ["write", "pwrite64"],
        ])
    func killedAtEveryStepTheNextRunConverges(effects: [String]) throws {
        let (site, first, second) = try site("steps")
        let invariant = invariant(site)
        // Without variables that make it ask git for the configuration, there is one process to count in.
        let variables = site.variables.filter { $0.key != "GIT_CONFIG_NOSYSTEM" }
        var tip = first
        for effect in effects {
            var step = 1
            while true {
                // From one state to the other, and at the next step back.
                tip = tip == first ? second : first
                try site.server.git("update-ref", "refs/heads/main", tip.description)
                let apply = try run(
                    "strace",
                    [
                        "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(effect)", "-e",
                        "inject=\(effect):signal=SIGKILL:when=\(step)", "\(programFolder)/git-ops", "apply",
                    ], in: site.server.path, variables: variables)
                invariant.holdsAtOnce("killed at \(effect) \(step)")
                try invariant.holdsAfterApply("after the kill at \(effect) \(step)")
                if apply.succeeded { break }
                step += 1
                try #require(step < 1000, "it never gets through")
            }
            // A kind of call that is never made would test nothing.
            if !["pwrite64", "link", "symlinkat", "mkdir", "unlink", "fchmodat", "rmdir", "fchmod"].contains(effect) {
                #expect(step > 1, "\(effect) is never called")
            }
        }
    }

    /// 300 kills at moments that nobody chose: half of `git ops apply`, half of the worker of a push.
    @Test(.timeLimit(.minutes(20))) func killed300TimesAtRandomTheNextRunConverges() throws {
        let (site, first, second) = try site("random")
        let invariant = invariant(site)
        var longest = 0.3
        var kills = 0
        var tip = first
        var round = 0
        while kills < 300 {
            round += 1
            try #require(round < 1500, "only \(kills) of \(round) runs lived long enough to be killed")
            tip = tip == first ? second : first
            let isPush = round.isMultiple(of: 2)
            let pid: pid_t
            if isPush {
                // A worker as post-receive starts it, without the push around it: what is killed is what deploys.
                _ = try site.push("--force", "-o", "ops.nowait", "\(tip):main")
                guard let worker = try worker(of: site) else { continue }
                pid = worker
            } else {
                try site.server.git("update-ref", "refs/heads/main", tip.description)
                var command = Command("\(programFolder)/git-ops", ["apply", "-q"], environment: site.variables)
                command.directory = site.server.path
                command.output = .none
                command.error = .none
                pid = try command.start()
            }
            let begun = monotonicSeconds()
            let moment = Double.random(in: 0...longest)
            let isAlive = outlives(pid, until: begun + moment)
            if isAlive {
                kill(pid, SIGKILL)
                kills += 1
            } else {
                // Kills that come too late tell nothing: aim at what it really takes.
                longest = max(0.02, min(longest, (monotonicSeconds() - begun) * 1.2))
            }
            if !isPush { _ = try? ProcessWatch(pid).reap() } else { _ = outlives(pid, until: monotonicSeconds() + 30) }
            invariant.holdsAtOnce("kill \(kills)")
            // Looking at everything takes longer than deploying; the record is looked at now and then.
            if kills.isMultiple(of: 10) || round < 10 {
                try invariant.holdsAfterApply("after kill \(kills)")
            } else {
                #expect(try site.ops("apply", "-q").code == 0)
                #expect(try site.ops("diff", "--exit-code", "--porcelain").all == "")
            }
        }
        try invariant.holdsAfterApply("at the end")
    }

    /// Waits for the end of a process, whosever child it is.
    /// - Returns: whether it still lives at the deadline.
    private func outlives(_ pid: pid_t, until deadline: Double) -> Bool {
        guard let watch = try? ProcessWatch(pid) else { return false }
        var polls = [pollfd(fd: watch.descriptor, events: Int16(POLLIN), revents: 0)]
        let patience = Int32(max(0, (deadline - monotonicSeconds()) * 1000))
        return poll(&polls, 1, patience) == 0
    }

    /// The worker of this site's environment, if it still runs.
    private func worker(of site: Site) throws -> pid_t? {
        for name in names(inFolder: "/proc") {
            guard let pid = pid_t(name), let line = try? contents(ofFile: "/proc/\(pid)/cmdline"),
                let variables = try? contents(ofFile: "/proc/\(pid)/environ")
            else { continue }
            let words = String(decoding: line, as: UTF8.self).split(separator: "\0")
            guard words.count > 1, words[1] == "worker" else { continue }
            if String(decoding: variables, as: UTF8.self).contains(site.server.path) { return pid }
        }
        return nil
    }
}
