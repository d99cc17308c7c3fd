import AgentService
import Glibc
import Logging
import Posix
import TestSupport
import Testing

@Suite struct LogTests {
    /// A log that goes to a file.
    private struct Sheet {
        let scratch: Scratch
        let file: FileDescriptorBox
        let output: LogOutput

        init() throws {
            scratch = try Scratch("log")
            file = try FileDescriptorBox(scratch("log"))
            output = LogOutput(file.number)
        }

        func logger(_ format: StructuredLog.Format = .logfmt, level: Logger.Level = .info) -> Logger {
            Logger(label: "test") { [output] _ in StructuredLog(format, level: level, output: output) }
        }

        /// Without the time that each begins with.
        func lines(_ beginning: Int) -> [String] {
            (scratch.text("log") ?? "").split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { String($0.dropFirst(beginning)) }
        }
    }

    private final class FileDescriptorBox: Sendable {
        let file: FileDescriptor
        var number: Int32 { file.number }

        init(_ path: String) throws { file = try FileDescriptor(opening: path, O_WRONLY | O_CREAT | O_APPEND) }
    }

    @Test func oneLineAMessage() throws {
        let sheet = try Sheet()
        var logger = sheet.logger()
        logger[metadataKey: "environment"] = "production"
        logger.info("fetched")
        logger.debug("not heard")
        logger.warning(
            "two\nlines \u{1b}[31m\u{202e}\"x\\", metadata: ["b": "a b", "a": "", "msg": "x=1", "c d\n": "\(12)", "l": ["x", ["y": "z w"]]])
        let text = try #require(sheet.scratch.text("log"))
        let time = try #require(text.split(separator: " ").first?.dropFirst(5))
        #expect(Moment(timestamp: time) != nil)
        #expect(
            sheet.lines(30) == [
                "level=info msg=\"fetched\" environment=production",
                #"level=warning msg="two\nlines \u001b[31m\u202e\"x\\" a="" b="a b" c_d_=12 environment=production l="[\"x\",{\"y\":\"z w\"}]" msg_="x=1""#,
            ])
    }

    @Test(.enabled(if: find("jq", testVariables()["PATH"] ?? "") != nil)) func jsonIsReadBack() throws {
        let sheet = try Sheet()
        struct Failure: Error, CustomStringConvertible { var description: String { "it broke" } }
        sheet.logger(.json).error(
            "two\nlines \u{1b}[31m \u{e0001}ä", metadata: ["n": .stringConvertible(12), "b": .stringConvertible(true), "level": "x", "l": ["a\tb", ["k": "v"]]])
        sheet.logger(.json).error("failed", error: Failure())
        let finished = try run("jq", ["-c", "del(.time)", sheet.scratch("log")])
        #expect(
            finished.output.split(separator: "\n") == [
                #"{"level":"error","msg":"two\nlines \u001b[31m 󠀁ä","b":true,"l":["a\tb",{"k":"v"}],"level_":"x","n":12}"#,
                #"{"level":"error","msg":"failed","error":"it broke"}"#,
            ])
        #expect(sheet.scratch.text("log")?.contains(#"\u001b[31m \udb40\udc01ä"#) ?? false)
    }

    @Test func levelsHaveNames() {
        #expect(StructuredLog.level(named: "debug") == .debug)
        #expect(StructuredLog.level(named: "WARN") == .warning)
        #expect(StructuredLog.level(named: "warning") == .warning)
        #expect(StructuredLog.level(named: "loud") == nil)
        #expect(StructuredLog.level(named: "") == nil)
    }

    @Test func linesOfManyThreadsDoNotMix() throws {
        let sheet = try Sheet()
        let long = String(repeating: "x", count: 9000)
        concurrently(8) { part in
            let logger = sheet.logger()
            for _ in 0..<20 { logger.info("\(part)", metadata: ["long": "\(long)"]) }
        }
        let lines = sheet.lines(30)
        #expect(lines.count == 160)
        #expect(Set(lines) == Set((0..<8).map { "level=info msg=\"\($0)\" long=\(long)" }))
    }

    @Test func aPipeThatNobodyReadsHoldsNobodyForGood() throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        let output = LogOutput(ends[1], patience: 0.2)
        let logger = Logger(label: "test") { _ in StructuredLog(.logfmt, output: output) }
        let long = String(repeating: "x", count: 10_000)
        // Some go into the pipe, and the rest nowhere.
        for number in 0..<100 { logger.info("\(number)", metadata: ["long": "\(long)"]) }
        var heard: [UInt8] = []
        func hear() {
            var entry = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
            while poll(&entry, 1, 0) > 0, let some = try? FileDescriptor.read(from: ends[0]) { heard += some }
        }
        hear()
        logger.info("again")
        hear()
        let lines = String(decoding: heard, as: UTF8.self).split(separator: "\n")
        #expect(lines.count < 20)
        #expect(lines.last?.hasSuffix("level=info msg=\"again\"") ?? false)
        let whole = lines.count { $0.hasSuffix(long) }
        #expect(lines.dropLast().last?.contains("msg=\"messages were dropped because nobody read them\" dropped=\(100 - whole)") ?? false)
    }

    @Test func whereTheReadersAreGoneNothingHappens() throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        close(ends[0])
        defer { close(ends[1]) }
        let output = LogOutput(ends[1])
        Logger(label: "test") { _ in StructuredLog(.logfmt, output: output) }.info("hello")
    }
}
