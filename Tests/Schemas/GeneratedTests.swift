import Foundation
import Testing

/// Runs the generator where the wheel is unpacked, or named by GIT_OPS_KUBERNETES_JSON_SCHEMA.
@Suite("The schemas are what the generator makes of the wheel")
struct GeneratedTests {
    private static let wheel: String? = [
        ProcessInfo.processInfo.environment["GIT_OPS_KUBERNETES_JSON_SCHEMA"], "/tmp/schemas-raw/kubernetes_validate/kubernetes-json-schema",
    ].compactMap { $0 }.first { FileManager.default.fileExists(atPath: $0) }

    @Test(.enabled(if: wheel != nil)) func areUpToDate() throws {
        let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources/CSchemas").standardizedFileURL
        let output = FileManager.default.temporaryDirectory.appending(path: "kubernetes-\(UUID().uuidString).schemas")
        defer { try? FileManager.default.removeItem(at: output) }
        let generator = Process()
        generator.executableURL = URL(filePath: "/usr/bin/env")
        generator.arguments = ["python3", sources.appending(path: "generate").path, try #require(Self.wheel), "-o", output.path]
        generator.standardOutput = FileHandle.nullDevice
        try generator.run()
        generator.waitUntilExit()
        #expect(generator.terminationStatus == 0)
        #expect(try Data(contentsOf: output) == Data(contentsOf: sources.appending(path: "kubernetes.schemas")))
    }
}
