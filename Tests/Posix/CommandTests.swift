import Glibc
import Posix
import TestSupport
import Testing

@Suite struct CommandTests {
    private let variables = ["PATH": "/usr/bin:/bin"]

    @Test func givesInputAndTakesOutputOfBothStreams() throws {
        var output: [UInt8] = []
        let end = try Command("sh", ["-c", "cat; echo two >&2"], environment: variables)
            .run(standardInput: Array("one\n".utf8), timeout: 20) { output += $0 }
        #expect(end == .exited(0))
        #expect(String(decoding: output, as: UTF8.self) == "one\ntwo\n")
    }

    @Test func moreInputAndOutputThanPipesHoldDoesNotBlock() throws {
        let input = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        var count = 0
        let end = try Command("cat", [], environment: variables).run(standardInput: input, timeout: 20) { count += $0.count }
        #expect(end == .exited(0))
        #expect(count == input.count)
    }

    @Test func aProgramThatReadsNothingStillEnds() throws {
        signal(SIGPIPE, SIG_IGN)
        let input = [UInt8](repeating: 0, count: 1 << 20)
        let end = try Command("true", [], environment: variables).run(standardInput: input, timeout: 20) { _ in }
        #expect(end == .exited(0))
    }

    @Test func whatTakesTooLongIsEndedWithAllItStarted() throws {
        let scratch = try Scratch()
        let line = "sh -c 'trap \"\" TERM; sleep 600' & echo $! > '\(scratch("child"))'; wait"
        let end = try Command("sh", ["-c", line], environment: variables).run(timeout: 0.2) { _ in }
        #expect(end == .timedOut)
        let child = try #require(scratch.text("child").flatMap { pid_t($0.dropLast()) })
        // Gone, or a corpse that nobody has waited for yet; being killed takes it a moment.
        let deadline = monotonicSeconds() + 20
        var isGone = false
        while !isGone, monotonicSeconds() < deadline {
            let state = (try contents(ofFile: "/proc/\(child)/stat")).map { String(decoding: $0, as: UTF8.self) }
            isGone = state.map { $0.contains(") Z ") } ?? true
            sched_yield()
        }
        #expect(isGone)
    }

    @Test func aChildThatKeepsTheOutputOpenDoesNotDelayTheEnd() throws {
        var output: [UInt8] = []
        let begun = monotonicSeconds()
        let end = try Command("sh", ["-c", "sleep 300 & echo done"], environment: variables).run { output += $0 }
        #expect(end == .exited(0))
        #expect(output == Array("done\n".utf8))
        #expect(monotonicSeconds() - begun < 250)
    }

    @Test func seesOnlyTheVariablesThatItIsGiven() throws {
        var output: [UInt8] = []
        _ = try Command("/usr/bin/env", [], environment: ["ONLY": "this"]).run { output += $0 }
        #expect(String(decoding: output, as: UTF8.self) == "ONLY=this\n")
    }

    @Test func inheritsNoDescriptor() throws {
        let scratch = try Scratch()
        let file = open(scratch("file"), O_RDWR | O_CREAT, 0o600)
        // One that ls cannot happen to open itself.
        let number = fcntl(file, F_DUPFD, 100)
        defer {
            close(file)
            close(number)
        }
        var output: [UInt8] = []
        _ = try Command("sh", ["-c", "ls /proc/self/fd"], environment: variables).run { output += $0 }
        #expect(!String(decoding: output, as: UTF8.self).split(separator: "\n").contains("\(number)"))
    }

    @Test func tellsHowItEnded() throws {
        #expect(try Command("sh", ["-c", "exit 3"], environment: variables).run() == .exited(3))
        #expect(try Command("sh", ["-c", "kill -9 $$"], environment: variables).run() == .signalled(SIGKILL))
    }

    @Test func aProgramThatIsNotThereIsAnError() throws {
        #expect(throws: SystemError(ENOENT, "cannot run 'no-such-program'")) {
            try Command("no-such-program", [], environment: variables).run()
        }
    }
}
