// swift-tools-version: 6.2
import Foundation
import PackageDescription

// Debian's libgit2-dev ships libgit2.a beside the shared library. Linked
// statically, with TLS and SSH cut off (Sources/CLibgit2/transports.c), opening
// a repository costs a twentieth of what the shared library costs, because the
// shared one parses the system's CA bundle and loads 17 libraries at startup.
// Where the archives are not to be had, the shared libraries serve.
let multiarch = ["x86_64-linux-gnu", "aarch64-linux-gnu", "riscv64-linux-gnu", "arm-linux-gnueabihf"]
let archives = ["git2", "mbedcrypto", "pcre2-8", "http_parser", "z"]
let hasArchives = multiarch.contains { directory in
    (archives + ["yaml"]).allSatisfy {
        FileManager.default.fileExists(atPath: "/usr/lib/\(directory)/lib\($0).a")
    }
}
let linksStatically = hasArchives && ProcessInfo.processInfo.environment["GIT_OPS_SHARED_LIBGIT2"] == nil

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "git-ops",
    products: [
        .executable(name: "git-ops", targets: ["git-ops"]),
        .executable(name: "git-ops-target-kubernetes", targets: ["git-ops-target-kubernetes"]),
        .executable(name: "git-ops-notify", targets: ["git-ops-notify"]),
        .executable(name: "git-ops-agent", targets: ["git-ops-agent"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .target(
            name: "CLibgit2",
            exclude: ["COPYING.LGPL"],
            cSettings: linksStatically ? [.define("GIT_OPS_WITHOUT_TRANSPORTS")] : [],
            linkerSettings: linksStatically
                ? archives.map { .linkedLibrary(":lib\($0).a") } : [.linkedLibrary("git2")]
        ),
        .target(
            name: "CLibYAML",
            linkerSettings: [.linkedLibrary(linksStatically ? ":libyaml.a" : "yaml")]
        ),
        .target(name: "CPosix"),
        room("Posix", ["CPosix"]),
        room("Git", ["CLibgit2"]),
        room("Manifests", ["CLibYAML"]),
        room("Environments", ["Git", "Manifests"]),
        room("Rendering", ["Git", "Manifests", "Environments"]),
        .target(name: "CSchemas", exclude: ["data", "generate", "kubernetes.schemas"]),
        room("Schemas", ["CSchemas", "Manifests"]),
        room("Expressions", []),
        room("Validation", ["CPosix", "Posix", "Git", "Manifests", "Environments", "Schemas", "Expressions"]),
        room("Deployments", ["Posix", "Git", "Manifests", "Environments", "Rendering"]),
        room("DirectoryTarget", ["CPosix", "Posix", "Git", "Rendering", "Deployments"]),
        room("KubernetesModel", ["Manifests"]),
        room("Kubeconfig", ["Posix", "Manifests", "KubernetesModel"]),
        room(
            "Kubernetes",
            [
                "Posix", "Manifests", "KubernetesModel", "Kubeconfig", .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        room("KubernetesTarget", ["Posix", "Manifests", "KubernetesModel", "Kubeconfig", "Kubernetes"]),
        room("PluginTarget", ["Posix", "Git", "Rendering", "Deployments"]),
        room("Digests", []),
        room("Notices", ["Posix"]),
        room(
            "Notifications",
            [
                "Posix", "Git", "Digests", "Notices", .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        room(
            "Operations",
            [
                "Posix", "Git", "Manifests", "Rendering", "Deployments", "DirectoryTarget", "PluginTarget", "Notices",
            ]),
        room(
            "Agent",
            [
                "Operations", "Posix", "Git", "Manifests", "Environments", "Rendering", "Validation", "Deployments", "PluginTarget", "Notices",
                .product(name: "Logging", package: "swift-log"), .product(name: "Metrics", package: "swift-metrics"),
            ]),
        room(
            "AgentService",
            [
                "Posix", "Digests", "Manifests", "KubernetesModel", "Kubeconfig", "Kubernetes",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        room(
            "Commands",
            [
                "Operations", "Posix", "Git", "Manifests", "Environments", "Rendering", "Validation", "Deployments",
                "DirectoryTarget", "PluginTarget", "Kubeconfig", "Notices",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(name: "git-ops", dependencies: ["Commands"], swiftSettings: strict),
        .executableTarget(name: "git-ops-target-kubernetes", dependencies: ["KubernetesTarget"], swiftSettings: strict),
        .executableTarget(name: "git-ops-notify", dependencies: ["Notifications"], swiftSettings: strict),
        .executableTarget(
            name: "git-ops-agent",
            dependencies: [
                "Agent", "AgentService", "Operations", "Deployments", "DirectoryTarget", "Git", "Kubeconfig", "KubernetesTarget", "PluginTarget",
                "Posix",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "CoreMetrics", package: "swift-metrics"), .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ], swiftSettings: strict),
        .target(
            name: "TestSupport", dependencies: ["Posix", "Git"], path: "Tests/TestSupport", swiftSettings: strict),
        tests("PosixTests", ["Posix"]),
        tests("GitTests", ["Git"]),
        tests("ManifestsTests", ["Manifests", "Posix"], exclude: ["yaml-resolution.tsv"]),
        tests("EnvironmentsTests", ["Environments", "Git", "Manifests"]),
        tests("SchemasTests", ["Schemas", "Manifests"]),
        tests("ExpressionsTests", ["Expressions"]),
        tests("ValidationTests", ["Validation", "Posix", "Git", "Manifests", "Environments"], exclude: ["corpus"]),
        tests("AgentTests", ["Agent", "Operations", "Deployments", "Rendering", "Git", "Posix"]),
        tests("DeploymentsTests", ["Deployments", "Rendering", "Environments", "Git", "Posix"]),
        tests("DirectoryTargetTests", ["DirectoryTarget", "Deployments", "Rendering", "Git", "Posix"]),
        tests(
            "PluginTargetTests", ["PluginTarget", "Deployments", "Rendering", "Git", "Posix"],
            exclude: ["git-ops-target-example"]),
        tests("KubernetesModelTests", ["KubernetesModel", "Manifests"]),
        tests("KubeconfigTests", ["Kubeconfig", "KubernetesModel", "Manifests", "Posix"]),
        tests(
            "KubernetesTests",
            [
                "Kubernetes", "KubernetesModel", "Kubeconfig", "Posix",
                .product(name: "AsyncHTTPClient", package: "async-http-client"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        tests(
            "KubernetesTargetTests",
            ["git-ops-target-kubernetes", "KubernetesTarget", "Manifests", "Kubernetes", "KubernetesModel", "Kubeconfig", "Posix"],
            exclude: ["kinds.yaml"]),
        tests("DigestsTests", ["Digests", "Posix"]),
        tests("NoticesTests", ["Notices", "Posix"]),
        tests(
            "NotificationsTests", ["git-ops", "git-ops-notify", "Notifications", "Digests", "Notices", "Git", "Posix"],
            exclude: ["smtp-server"]),
        tests(
            "AgentServiceTests",
            [
                "git-ops", "AgentService", "Digests", "Kubernetes", "KubernetesModel", "Kubeconfig", "Posix",
                .product(name: "CoreMetrics", package: "swift-metrics"), .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        tests("CommandsTests", ["Commands", "Operations", "Git", "Manifests", "Validation"]),
        tests("EndToEndTests", ["git-ops", "git-ops-target-kubernetes", "git-ops-notify", "git-ops-agent", "Posix", "Git"]),
    ],
    swiftLanguageModes: [.v6]
)

// What `make fuzz` builds; libFuzzer comes with the compiler, and no other build takes it.
if ProcessInfo.processInfo.environment["GIT_OPS_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "fuzz", dependencies: ["Expressions", "Manifests", "Validation"], path: "Tests/fuzz", exclude: ["dictionary", "run"],
            swiftSettings: strict))
}

/// A library target of Sources; imports run downward only.
func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// The tests of a room, in Tests/<room without "Tests">.
func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["TestSupport"],
        path: "Tests/" + name.replacingOccurrences(of: "Tests", with: ""), exclude: exclude, swiftSettings: strict)
}
