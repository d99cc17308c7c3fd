import Git
import Glibc
import Notices
import Posix
import TestSupport
import Testing

@testable import Notifications

@Suite struct ProgramTests {
    /// A repository in which a channel `team` is configured.
    private func repository(_ scratch: Scratch, _ url: String) throws -> TestRepository {
        let repository = try TestRepository(at: scratch("repository"))
        try repository.git("config", "opsChannel.team.kind", "slack")
        try repository.git("config", "opsChannel.team.url", url)
        return repository
    }

    @Test func aTrialIsSentAtOnceOverEachChannel() throws {
        let receiver = try Receiver()
        let refusing = try Receiver { _, _ in .answer(403, [], "no token t0k3n") }
        defer {
            receiver.close()
            refusing.close()
        }
        let scratch = try Scratch("notify")
        let repository = try repository(scratch, receiver.url + "/services/t0k3n")
        try repository.git("config", "opsChannel.other.kind", "webhook")
        try repository.git("config", "opsChannel.other.url", refusing.url + "/t0k3n?a")
        try repository.git("config", "opsChannel.third.kind", "webhook")
        let all = try repository.attempt("ops", "notify", "--test")
        #expect(all.code == 1)
        #expect(all.output.hasPrefix("team: ok ("))
        #expect(all.error.contains("error: other: 127.0.0.1:\(refusing.port) answered 403: no token …\nhint: "))
        #expect(all.error.contains("error: third: opsChannel.third.url is not set\n"))
        #expect(receiver.requests.first?.body.contains("*test: a trial from git ops notify") ?? false)
        let one = try repository.attempt("ops", "notify", "--test", "team")
        #expect(one.code == 0 && one.error == "", "\(one.all)")
        #expect(receiver.requests.count == 2)
        let none = try repository.attempt("ops", "notify", "--test", "tema")
        #expect(none.code == 128)
        #expect(none.error == "fatal: there is no channel 'tema'\nhint: there are team, other, third\n")
    }

    @Test func whatWaitsIsShownAndSent() throws {
        let receiver = try Receiver { _, number in number == 0 ? .answer(503) : .answer(200) }
        defer { receiver.close() }
        let scratch = try Scratch("notify")
        let repository = try repository(scratch, receiver.url + "/services/t0k3n")
        let outbox = Outbox(gitDirectory: scratch("repository/.git"))
        let notice = try sample()
        try outbox.put(notice)
        try repository.git("config", "opsChannel.on", "failed deployed")
        let channel = "team\tslack\thttp://127.0.0.1:\(receiver.port)/…\tdeployed failed\n"
        #expect(try repository.attempt("ops", "notify", "--list").output == channel + "1 new\n")
        let first = try repository.attempt("ops", "notify", "--flush")
        #expect(first.code == 1)
        #expect(first.error == "warning: team: 127.0.0.1:\(receiver.port) answered 503; it is tried again later\n")
        let list = try repository.attempt("ops", "notify", "--list")
        #expect(list.output.hasPrefix("\(channel)  waits\t\(notice.time.timestamp)\tproduction\tfailed\ttried once, next "), "\(list.all)")
        let second = try repository.attempt("ops", "notify", "--flush")
        #expect(second.code == 0 && second.all == "", "\(second.all)")
        try outbox.put(try sample(.deployed, of: "staging", cause: "b"))
        #expect(try repository.attempt("ops", "notify", "--flush").output == "team: 1 sent\n")
        #expect(!list.all.contains("t0k3n"))
    }

    @Test func settingsOfTheEnvironmentCountAsWithGit() throws {
        let receiver = try Receiver()
        defer { receiver.close() }
        let scratch = try Scratch("notify")
        let repository = try repository(scratch, "https://nowhere.invalid/")
        let finished = try repository.attempt("-c", "opsChannel.team.url=\(receiver.url)", "ops", "notify", "--test")
        #expect(finished.code == 0, "\(finished.all)")
    }

    @Test(arguments: [
        (["--test", "--flush"], "error: --test and --flush do not go together"), ([], "error: what is to be done is not said"),
        (["--flush", "team"], "error: --flush takes no channel"), (["--frob"], "error: unknown option '--frob'"),
    ] as [([String], String)])
    func wrongUsageIsSaid(_ arguments: [String], _ words: String) throws {
        let finished = try run("git-ops-notify", arguments)
        #expect(finished.code == 129)
        #expect(finished.error.hasPrefix(words + "\nusage: git ops notify --test"))
    }

    @Test func withoutChannelsThereIsAWayOut() throws {
        let scratch = try Scratch("notify")
        let repository = try TestRepository(at: scratch("repository"))
        let outbox = Outbox(gitDirectory: scratch("repository/.git"))
        try outbox.put(try sample())
        for mode in ["--test", "--list", "--flush"] {
            let finished = try repository.attempt("ops", "notify", mode)
            #expect(finished.code == 128)
            #expect(finished.error.hasPrefix("fatal: no channel is configured\nhint: "))
        }
        // It is for the channels of another configuration.
        #expect(names(inFolder: outbox.new).count == 1)
    }

    /// Completion and the manual page have the options that there are.
    @Test func optionsAreDocumented() throws {
        let finished = try run("git-ops", ["notify", "--git-completion-helper"])
        #expect(finished.output == NotifyArguments.options.joined(separator: " ") + "\n")
        for option in NotifyArguments.options { #expect(NotifyArguments.usageText.contains(option)) }
        #expect(try run("git-ops", ["completion", "fish"]).output.contains("-a notify"))
    }
}
