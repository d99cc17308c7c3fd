import Deployments
import Git
import Glibc
import PluginTarget
import Posix
import Rendering
import Synchronization
import Testing

/// A target that is a part of this process.
@Suite(.timeLimit(.minutes(15))) struct HostedTargetTests {
    /// Answers conversations by what is read, line by line, in threads.
    private final class Service: Sendable {
        /// What is said to a line; nil ends the conversation.
        typealias Answer = @Sendable (_ line: String, _ conversation: HostedConversation) -> String?

        private let answer: Answer
        private let counts = Mutex((begun: 0, over: 0))

        init(_ answer: @escaping Answer) { self.answer = answer }

        var begun: Int { counts.withLock { $0.begun } }
        var over: Int { counts.withLock { $0.over } }
        var host: TargetHost { .here { [self] conversation in inThread { self.serve(conversation) } } }

        private func serve(_ conversation: HostedConversation) {
            counts.withLock { $0.begun += 1 }
            defer {
                counts.withLock { $0.over += 1 }
                conversation.end()
            }
            var buffer: [UInt8] = []
            while let bytes = try? FileDescriptor.read(from: conversation.descriptor), !bytes.isEmpty {
                buffer += bytes
                while let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                    let line = String(decoding: buffer[..<end], as: UTF8.self)
                    buffer.removeSubrange(...end)
                    guard let said = answer(line, conversation) else { return }
                    if !said.isEmpty {
                        let text = Array((said + "\n").utf8)
                        _ = send(conversation.descriptor, text, text.count, Int32(MSG_NOSIGNAL))
                    }
                }
            }
        }

        /// Greets, and plans to make `a`; the rest is asked.
        static func planning(_ more: @escaping Answer = { _, _ in "" }) -> Service {
            Service { line, conversation in
                if line.contains(#""type":"hello""#) { return #"{"type":"hello","version":1,"capabilities":["wait","cancel","watch"]}"# }
                if line.contains(#""type":"end""#) { return more("end", conversation) }
                return more(line, conversation)
            }
        }

        static let plan = #"{"type":"change","action":"create","path":"a"}"# + "\n" + #"{"type":"done","unchanged":0}"#
    }

    private func target(
        _ service: Service, _ scratch: TargetScratch, timeout: Double = 60, grace: Double = 10, lock: Int32? = nil,
        onMessage: @escaping (String) -> Void = { _ in }
    ) throws -> PluginTarget {
        try PluginTarget(
            named: "x", at: service.host, configuration: [:], repository: scratch.repository, environment: ["PATH": "/nowhere", "LANG": "C.UTF-8"],
            timeout: timeout, grace: grace, lock: lock, onMessage: onMessage)
    }

    private func desired(_ scratch: TargetScratch) throws -> DesiredState { scratch.desired([try scratch.resource("a", "1")]) }

    @Test func aConversationNeedsNoProgram() throws {
        let scratch = try TargetScratch()
        let variables = Mutex<[String: String]>([:])
        let service = Service.planning { line, conversation in
            variables.withLock { $0 = conversation.environment }
            guard line == "end" else { return "" }
            conversation.note("looked at \u{1b}everything\nand found it")
            return Service.plan
        }
        var messages: [String] = []
        var target: PluginTarget? = try target(service, scratch) { messages.append($0) }
        let plan = try #require(try target?.plan(try desired(scratch), inventory: Inventory(), adopting: false))
        #expect(plan.lines == ["create a"])
        #expect(messages == ["looked at \u{fffd}everything", "and found it"])
        #expect(variables.withLock { $0 } == ["PATH": "/nowhere", "LANG": "C.UTF-8"])
        #expect(service.begun == 1 && service.over == 0)
        // It sees that nobody asks any more.
        target = nil
        #expect(service.over == 1)
    }

    @Test func whatIsLargerThanASocketHoldsIsSentAndAnswered() throws {
        let scratch = try TargetScratch()
        let length = Mutex(0)
        let service = Service { line, _ in
            if line.contains(#""type":"hello""#) { return #"{"type":"hello","version":1,"capabilities":["content"]}"# }
            length.withLock { $0 += line.utf8.count }
            guard line.contains(#""type":"end""#) else { return "" }
            return #"{"type":"progress","text":"\#(String(repeating: "y", count: 3 << 20))"}"# + "\n" + #"{"type":"done","unchanged":1}"#
        }
        let target = try target(service, scratch)
        let large = scratch.desired([try scratch.resource("a", String(repeating: "x", count: 5 << 20))])
        #expect(try target.plan(large, inventory: Inventory(), adopting: false).unchanged == 1)
        #expect(length.withLock { $0 } > 5 << 20)
    }

    @Test func aRefusalIsOne() throws {
        let scratch = try TargetScratch()
        let service = Service.planning { line, _ in line == "end" ? #"{"error":"no","hint":"ask again"}"# : "" }
        let target = try target(service, scratch)
        for _ in 1...2 {
            let error = try #require(throws: TargetError.self) {
                try target.plan(try desired(scratch), inventory: Inventory(), adopting: false)
            }
            #expect(error.message == "no" && error.hint == "ask again")
        }
        #expect(service.begun == 1)
    }

    @Test func aWatchIsCancelled() throws {
        let scratch = try TargetScratch()
        let service = Service.planning { line, _ in
            if line == "end" { return Service.plan }
            return line.contains(#""type":"cancel""#) ? #"{"error":"cancelled","cancelled":true}"# : ""
        }
        let target = try target(service, scratch)
        _ = try target.plan(try desired(scratch), inventory: Inventory(), adopting: false)
        let waker = try Pipe()
        _ = Glibc.write(waker.writeEnd, [0], 1)
        #expect(try target.awaitChange(unless: { true }, waking: waker.readEnd).isEmpty)
        #expect(try target.plan(try desired(scratch), inventory: Inventory(), adopting: false).lines == ["create a"])
    }

    @Test(arguments: [#"{"type":"change","#, ""])
    func oneThatEndsInTheMiddleIsBegunAnew(_ rest: String) throws {
        let scratch = try TargetScratch()
        let asked = Mutex(0)
        let service = Service.planning { line, conversation in
            guard line == "end" else { return "" }
            guard asked.withLock({ $0 += 1; return $0 }) == 1 else { return Service.plan }
            _ = send(conversation.descriptor, rest, rest.utf8.count, Int32(MSG_NOSIGNAL))
            return nil
        }
        let target = try target(service, scratch)
        let error = try #require(throws: TargetError.self) {
            try target.plan(try desired(scratch), inventory: Inventory(), adopting: false)
        }
        #expect(error.message == "target 'x' ended \(rest.isEmpty ? "before it had answered" : "in the middle of its answer") to 'plan'")
        #expect(try target.plan(try desired(scratch), inventory: Inventory(), adopting: false).lines == ["create a"])
        #expect(service.begun == 2)
    }

    @Test func theLockIsHeldUntilWhatWasBegunIsEnded() throws {
        let scratch = try TargetScratch()
        let path = "\(scratch.folder)/lock"
        let mayEnd = Mutex(false)
        let service = Service.planning { line, _ in
            guard line == "end" else { return "" }
            while !mayEnd.withLock({ $0 }) { usleep(10_000) }
            return nil
        }
        let lock = try FileLock(waitingFor: path)
        let target = try target(service, scratch, timeout: 0.2, lock: lock.descriptor)
        let error = try #require(throws: TargetError.self) {
            try target.plan(try desired(scratch), inventory: Inventory(), adopting: false)
        }
        #expect(error.message == "target 'x' said nothing for 0.2s while it was asked to plan, and was ended")
        lock.release()
        // Nobody deploys beside one that is still at it, though nobody listens to it.
        #expect(FileLock.isHeld(path))
        mayEnd.withLock { $0 = true }
        let again = try FileLock(waitingFor: path)
        again.release()
    }
}
