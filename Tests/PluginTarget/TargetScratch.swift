import Deployments
import Git
import Glibc
import PluginTarget
import Posix
import Rendering
import TestSupport

/// What a target is tested with: a repository, a folder of programs and a root to put files into; removed
/// when it and the targets that it made go.
final class TargetScratch {
    let folder: String
    let repository: Repository
    /// What targets said to people.
    private(set) var messages: [String] = []

    private let scratch: Scratch
    private let path: String

    var programs: String { "\(folder)/bin" }
    var root: String { "\(folder)/root" }

    init() throws {
        scratch = try Scratch("plugin")
        folder = scratch.path
        path = testVariables()["PATH"] ?? ""
        let made = try TestRepository(at: "\(folder)/repository.git", bare: true)
        repository = try Repository(from: made.path, environment: [:])
        try makeFolders("\(folder)/bin")
        try makeFolders("\(folder)/root")
    }

    /// Installs a target that is a few lines of sh.
    ///
    /// Another process writes it: a program that this one has open for writing, or a child that another
    /// test is starting just then, cannot be run (ETXTBSY).
    func install(_ name: String, _ script: String, mode: String = "755") throws {
        let text = script.hasPrefix("#!") ? script : "#!/bin/sh\n\(script)\n"
        let written = try run(
            "sh", ["-c", #"cat >"$0" && chmod "$1" "$0""#, "\(programs)/git-ops-target-\(name)", mode], input: text)
        guard written.succeeded else { throw SystemError(EIO, "cannot write a target") }
    }

    func installExample() throws {
        let source = "\(#filePath)".split(separator: "/").dropLast().joined(separator: "/")
        symlink("/\(source)/git-ops-target-example", "\(programs)/git-ops-target-example")
    }

    func target(
        _ name: String, _ configuration: [String: String] = [:], timeout: Double = 60, grace: Double = 10,
        secretKey: [UInt8] = []
    ) throws -> PluginTarget {
        try PluginTarget(
            named: name, configuration: configuration, repository: repository, secretKey: { secretKey },
            environment: ["PATH": "\(programs):\(path)", "HOME": folder, "LANG": "C.UTF-8"], timeout: timeout,
            grace: grace, onMessage: { line in self.messages.append(line) })
    }

    /// The example target, on the folder `root`.
    func example(_ configuration: [String: String] = [:]) throws -> PluginTarget {
        try installExample()
        return try target("example", configuration.merging(["root": root]) { first, _ in first })
    }

    func resource(_ path: String, _ content: String, _ mode: FileMode = .file) throws -> Resource {
        try resource(RepositoryPath(path), Array(content.utf8), mode)
    }

    func resource(_ path: RepositoryPath, _ content: [UInt8], _ mode: FileMode = .file) throws -> Resource {
        Resource(path: path, mode: mode, blob: try repository.write(content, as: .blob))
    }

    func desired(_ resources: [Resource]) -> DesiredState {
        DesiredState(
            environment: "production", commit: .zero, tree: .zero, resources: resources.sorted { $0.path < $1.path })
    }

    /// The content of a file of the root; nil where there is none.
    func live(_ path: String) throws -> String? {
        try contents(ofFile: "\(root)/\(path)").map { String(decoding: $0, as: UTF8.self) }
    }

    func change(byHand path: String, _ content: String) throws {
        try write(Array(content.utf8), toFile: "\(root)/\(path)", mode: 0o644)
    }
}

extension Plan {
    /// `create etc/motd`, one a change.
    var lines: [String] { changes.map { "\($0.action.rawValue) \($0.path)\($0.isDrift ? " (drift)" : "")" } }
}
