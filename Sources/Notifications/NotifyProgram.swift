import Git
import Glibc
import Notices
import Posix

/// The program `git-ops-notify`, which `git ops notify` runs.
public enum NotifyProgram {
    /// - Parameter arguments: the command line without the program's name.
    /// - Returns: the exit code: 1 where something was not sent, 128 for what could not be done, 129 for wrong usage.
    public static func run(_ arguments: [String]) async -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        let (request, isQuiet) = NotifyArguments.read(arguments)
        switch request {
        case .usage:
            print(NotifyArguments.usageText)
            return 129
        case .manual: return manual()
        case .optionNames:
            print(NotifyArguments.options.joined(separator: " ") + "\n")
            return 0
        case .wrong(let what):
            say("error: " + what)
            say(NotifyArguments.usageText, terminator: "")
            return 129
        case .test, .flush, .list: break
        }
        do {
            let repository = try Repository(from: ".", environment: processVariables())
            let channels = Channel.all(try configuration(of: repository))
            let outbox = Outbox(gitDirectory: repository.commonDirectory)
            switch request {
            case .test(let names): return try await test(names, channels, repository)
            case .flush:
                // What waits is for the channels of a configuration that is not seen here.
                guard !channels.isEmpty else { throw noChannel }
                return try await flush(Sender(outbox: outbox, channels: channels), isQuiet: isQuiet)
            default: return list(channels, outbox)
            }
        } catch let trouble as Trouble {
            return report(trouble)
        } catch let error as GitError {
            return report(Trouble(error.description, hint: error.hint))
        } catch {
            return report(Trouble("\(error)"))
        }
    }

    /// Asks git where libgit2 would not see all of the configuration.
    private static func configuration(of repository: Repository) throws -> Configuration {
        var variables = processVariables()
        guard Repository.configurationVariables.contains(where: { variables[$0] != nil }) else { return try repository.configuration() }
        variables["GIT_DIR"] = repository.gitDirectory
        var command = Command("git", ["config", "-z", "--list"], environment: variables)
        let output = try Pipe()
        command.output = .descriptor(output.writeEnd)
        let pid = try command.start()
        output.closeWriteEnd()
        let listing = try FileDescriptor.readAll(from: output.readEnd)
        guard try ProcessWatch(pid).reap().succeeded else { throw Trouble("git cannot read its configuration") }
        return Configuration(listing: listing)
    }

    /// Sends a trial over each channel at once, past what waits.
    private static func test(_ names: [String], _ all: [Channel], _ repository: Repository) async throws -> Int32 {
        guard !all.isEmpty else { throw noChannel }
        for name in names where !all.contains(where: { $0.name == name }) {
            throw Trouble(
                "there is no channel '\(oneLine(name, 80))'", hint: "there are \(all.map { oneLine($0.name, 80) }.joined(separator: ", "))")
        }
        let chosen = names.isEmpty ? all : all.filter { names.contains($0.name) }
        let cause = "T\(Moment.now().milliseconds)-\(getpid())"
        guard var notice = Notice(.test, of: "none", cause: cause, at: .now(), summary: "a trial from git ops notify on \(hostName())") else {
            throw Trouble("the trial cannot be made")
        }
        notice.host = hostName()
        notice.repository = repository.commonDirectory.hasSuffix("/") ? String(repository.commonDirectory.dropLast()) : repository.commonDirectory
        let message = Message(notice)
        return await withTaskGroup(of: (Channel, Outcome, Double).self) { group in
            for channel in chosen {
                group.addTask {
                    let start = monotonicSeconds()
                    switch channel.courier {
                    case .success(let courier): return (channel, await courier.deliver(message), monotonicSeconds() - start)
                    case .failure(let trouble): return (channel, .refused(trouble), 0)
                    }
                }
            }
            var code: Int32 = 0
            for await (channel, outcome, seconds) in group {
                let name = oneLine(channel.name, 80)
                if let trouble = outcome.trouble {
                    say("error: \(name): \(trouble.message)")
                    if let hint = trouble.hint { say("hint: \(hint)") }
                    code = 1
                } else {
                    let milliseconds = String(Int(seconds * 1000))
                    print("\(name): ok (\(milliseconds) ms)\n")
                }
            }
            return code
        }
    }

    private static func flush(_ sender: Sender, isQuiet: Bool) async throws -> Int32 {
        var code: Int32 = 0
        for report in try await sender.flush() {
            let name = oneLine(report.channel, 80)
            for trouble in report.lost {
                say("error: \(name): \(trouble.message); it is not sent again")
                code = 1
            }
            if !report.later.isEmpty { code = 1 }
            guard !isQuiet else { continue }
            for trouble in report.later.prefix(1) {
                say("warning: \(name): \(trouble.message); it is tried again later")
                if let hint = trouble.hint { say("hint: \(hint)") }
            }
            if report.sent > 0 { print("\(name): \(report.sent) sent\n") }
        }
        return code
    }

    private static func list(_ channels: [Channel], _ outbox: Outbox) -> Int32 {
        guard !channels.isEmpty else { return report(noChannel) }
        for channel in channels {
            let name = oneLine(channel.name, 80)
            switch channel.courier {
            case .success:
                var line = "\(name)\t\(channel.kind)\t\(channel.place)\t"
                let kinds = Notice.Kind.allCases.filter { $0 != .test }
                line += kinds.allSatisfy(channel.wanted.kinds.contains)
                    ? "all" : kinds.filter(channel.wanted.kinds.contains).map(\.rawValue).joined(separator: " ")
                if let environments = channel.wanted.environments { line += "\t" + oneLine(environments.sorted().joined(separator: " ")) }
                print(line + "\n")
            case .failure(let trouble):
                print("\(name)\t\(oneLine(channel.kind, 40))\n")
                say("error: \(trouble.message)")
                if let hint = trouble.hint { say("hint: \(hint)") }
            }
            let spool = Spool(outbox, channel: channel.name)
            let tries = spool.tries()
            for notice in spool.waiting().map(\.notice) {
                var line = "  waits\t\(notice.time.timestamp)\t\(notice.environment)\t\(notice.kind.rawValue)"
                if let tried = tries[notice.id], tried.count > 0 {
                    line += "\ttried \(tried.count == 1 ? "once" : "\(tried.count) times"), next "
                        + tried.next.timestamp + ": " + oneLine(tried.trouble)
                }
                print(line + "\n")
            }
        }
        let new = names(inFolder: outbox.new).count { QueueName($0) != nil }
        if new > 0 { print("\(new) new\n") }
        return 0
    }

    private static var noChannel: Trouble {
        Trouble("no channel is configured", hint: "git config opsChannel.team.kind webhook; see git-ops-notify(1)")
    }

    private static func manual() -> Int32 {
        let probe = Command("man", ["-w", "git-ops-notify"], environment: processVariables())
        if (try? probe.run(onOutput: { _ in }))?.succeeded ?? false {
            var argv: [UnsafeMutablePointer<CChar>?] = ["man", "git-ops-notify"].map { (word: String) in strdup(word) } + [nil]
            signal(SIGPIPE, SIG_DFL)
            execvp("man", &argv)
        }
        print(NotifyArguments.usageText)
        return 0
    }

    private static func report(_ trouble: Trouble) -> Int32 {
        say("fatal: \(trouble.message)")
        if let hint = trouble.hint { say("hint: \(hint)") }
        return 128
    }

    private static func print(_ text: String) {
        try? FileDescriptor.write(Array(text.utf8), to: STDOUT_FILENO)
    }

    private static func say(_ text: String, terminator: String = "\n") {
        try? FileDescriptor.write(Array((text + terminator).utf8), to: STDERR_FILENO)
    }
}
