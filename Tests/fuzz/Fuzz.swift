import Expressions
import Glibc
import Manifests
import Validation

/// The program (SwiftPM names its `main` so): libFuzzer (https://llvm.org/docs/LibFuzzer.html) with what it
/// calls for each input. `make fuzz` runs it.
@_cdecl("fuzz_main")
public func fuzzMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> CInt {
    var (count, arguments) = (count, arguments)
    return runDriver(&count, &arguments) { bytes, count in
        Fuzz.judge(Array(UnsafeBufferPointer(start: bytes, count: count)))
        return 0
    }
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ judge: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

enum Fuzz {
    enum Subject: String, CaseIterable {
        case manifest, expression, schema
    }

    private static let subject: Subject = {
        guard let subject = getenv("FUZZ_SUBJECT").flatMap({ Subject(rawValue: String(cString: $0)) }) else {
            fail("FUZZ_SUBJECT is one of \(Subject.allCases.map(\.rawValue))")
        }
        return subject
    }()

    /// Processor seconds that an input of 64 KiB may take; the sanitizers make it slower.
    private static let mostSeconds = 2.0 * (getenv("FUZZ_SLOWNESS").flatMap { Double(String(cString: $0)) } ?? 3)

    static func judge(_ bytes: [UInt8]) {
        let start = processorSeconds
        switch subject {
        case .manifest: ManifestProperties.hold(of: bytes)
        case .expression: ExpressionProperties.hold(of: bytes)
        case .schema: SchemaProperties.hold(of: bytes)
        }
        let seconds = processorSeconds - start
        require(seconds < mostSeconds, "\(bytes.count) bytes took \(seconds) s")
    }

    private static var processorSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

func fail(_ message: String) -> Never {
    let line = Array("fuzz: \(message)\n".utf8)
    write(2, line, line.count)
    abort()
}

func require(_ condition: Bool, _ message: @autoclosure () -> String) {
    if !condition { fail(message()) }
}
