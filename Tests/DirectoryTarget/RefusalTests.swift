@testable import DirectoryTarget
import Deployments
import Git
import Glibc
import Posix
import Rendering
import Testing

@Suite("what is refused")
struct RefusalTests {
    @Test(arguments: [
        "..", "a/../b", ".", "a/./b", "", "/a", "a/", "a//b", ".git", ".GIT/hooks/x", "a/.Git/config", "a\0b",
        ".git-ops", ".git-ops/inventory", ".git-ops-staging/1", ".Git-Ops-Staging",
    ])
    func hostileNames(name: String) throws {
        let site = try Site()
        let error = try failure { _ = try site.plan(try site.state(["ok": .file("1"), name: .file("2")])) }
        #expect(error.message.hasPrefix("refusing to write '"))
        #expect(try site.live().isEmpty)
    }

    @Test(arguments: ["..a", "a..", "...", ".gitignore", "a/.git-ops", "a/.git-ops-staging", "-rf", "a b", "a\nb", "é"])
    func namesThatOnlyLookSo(name: String) throws {
        let site = try Site()
        try site.deploy([name: .file("1")])
        #expect(try Set(site.live().keys).contains(RepositoryPath(name)))
        try site.deploy([:])
        #expect(try site.live().isEmpty)
    }

    @Test func namesThatAreNotText() throws {
        let site = try Site()
        let names: [[UInt8]] = [
            [0xff, 0xfe], [0x61, 0x2f, 0x80, 0x0a], Array("tab\there".utf8), Array(repeating: 0xe9, count: 255),
        ]
        let state = site.state(try names.map { try site.resource(RepositoryPath(bytes: $0), .file("1")) })
        let plan = try site.deploy(state)
        #expect(plan.changes.count == names.count)
        #expect(try Set(site.live().keys) == Set(names.map { RepositoryPath(bytes: $0) } + ["a"]))
        #expect(try site.deploy(state).isEmpty)
        try site.deploy(site.state([]))
        #expect(try site.live().isEmpty)
    }

    @Test(arguments: [
        ("l", ""), ("l", "/etc/passwd"), ("l", ".."), ("l", "../x"), ("a/l", "../../x"), ("a/l", "x/../../.."),
        ("a/b/l", "x/.."), ("a/b/l", "x/./../y"),
        ("l", "x/.."), ("a/b/l", "../../../x"), ("l", "./../x"), ("l", "a\0b"),
        ("l", String(repeating: "x", count: 5000)),
    ])
    func linksThatCouldLeadOut(path: String, target: String) throws {
        let site = try Site()
        let error = try failure { _ = try site.plan(try site.state([path: .link(target)])) }
        #expect(error.message.hasPrefix("refusing to write link '\(path)'"))
    }

    @Test(arguments: [
        ("l", "x"), ("a/l", ".."), ("a/l", "../x"), ("a/b/l", "../../x/y"), ("l", "./x"), ("l", "nowhere"),
        ("a/l", ".././x/"),
    ])
    func linksThatStayInside(path: String, target: String) throws {
        let site = try Site()
        try site.deploy([path: .link(target)])
        #expect(try site.liveFiles() == [path: .link(target)])
    }

    @Test func statesThatContradictThemselves() throws {
        let site = try Site()
        let both = site.state([
            try site.resource("a", .file("1")), try site.resource("a-b", .file("1")),
            try site.resource("a/b", .file("2")),
        ])
        #expect(
            try failure { _ = try site.plan(both) }.message
                == "refusing to write 'a': it is desired both as a file and as a folder")
        let twice = site.state([try site.resource("a", .file("1")), try site.resource("a", .file("2"))])
        #expect(try failure { _ = try site.plan(twice) }.message == "refusing to write 'a': it is desired twice")
        let blob = try site.repository.write([], as: .blob)
        let module = site.state([Resource(path: "m", mode: .submodule, blob: blob)])
        #expect(
            try failure { _ = try site.plan(module) }.message
                == "refusing to write 'm': it is neither a file nor a link")
    }

    @Test func listsThatAreNotInOrderAreSorted() throws {
        let site = try Site()
        let resources = try ["b/c", "a", "b", "a/x"].dropFirst(0).filter { $0 != "b" && $0 != "a" }.map {
            try site.resource(RepositoryPath($0), .file("1"))
        }
        let state = DesiredState(environment: "test", commit: .zero, tree: .zero, resources: resources)
        try site.deploy(state)
        #expect(try site.liveFiles() == ["a/x": .file("1"), "b/c": .file("1")])
    }

    @Test func aBlobThatIsMissingChangesNothing() throws {
        let site = try Site()
        try site.deploy(["a": .file("1")])
        let before = try site.live()
        let missing = try #require(ObjectID(hex: "1234567890123456789012345678901234567890"))
        let state = site.state([Resource(path: "a", mode: .file, blob: missing), try site.resource("b", .file("2"))])
        #expect(throws: TargetError.self) { try site.deploy(state) }
        #expect(try site.live() == before)
    }

    // MARK: The root

    @Test func theRootIsMadeWhereItsParentIs() throws {
        let site = try Site(isMade: false)
        try site.deploy(["a/b": .file("1")])
        #expect(try site.liveFiles() == ["a/b": .file("1")])
        #expect(site.permissions(".") == 0o755)
    }

    @Test func aRootThatWasMadeGoesWithARollBack() throws {
        let site = try Site(isMade: false)
        let target = site.target()
        let plan = try target.plan(
            try site.state(["a/b": .file("1"), "c": .file("1")]), inventory: site.inventory, adopting: false)
        try target.apply(plan) { _ in }
        try target.rollBack()
        #expect(!site.exists("."))
    }

    @Test func aRootWithoutAParentIsRefused() throws {
        let site = try Site(isMade: false)
        let target = DirectoryTarget(
            DirectoryTarget.Settings(directory: site.path("x/y"), cachePath: site.base + "/cache"),
            repository: site.repository)
        let error = try failure {
            _ = try target.plan(try site.state(["a": .file("1")]), inventory: Inventory(), adopting: false)
        }
        #expect(error.message.contains("there is no '"))
        #expect(!site.exists("."))
    }

    @Test func aRootMayBeALink() throws {
        let site = try Site(isMade: false)
        mkdir(site.base + "/real", 0o755)
        symlink("real", site.directory)
        try site.deploy(["a/b": .file("1")])
        #expect(try contents(ofFile: site.base + "/real/a/b") == [UInt8(ascii: "1")])
        rmdir(site.base + "/gone")
        unlink(site.directory)
        symlink("gone", site.directory)
        #expect(
            try failure { _ = try site.plan(try site.state([:])) }.message.hasSuffix("is a link that leads nowhere"))
        unlink(site.directory)
        try write([], toFile: site.directory)
        #expect(try failure { _ = try site.plan(try site.state([:])) }.message.hasSuffix("is not a directory"))
    }

    // MARK: The staging directory

    @Test func whatIsLeftOfAKilledDeploymentGoes() throws {
        let site = try Site()
        mkdir(site.path(Staging.name), 0o700)
        try site.put(Staging.name + "/1", "old")
        mkdir(site.path(Staging.name + "/2"), 0o700)
        try site.put(Staging.name + "/2/x", "old")
        try write(Array("precious".utf8), toFile: site.base + "/precious")
        symlink("../../precious", site.path(Staging.name + "/3"))
        symlink("../..", site.path(Staging.name + "/4"))
        try site.deploy([:])
        #expect(try site.live().isEmpty)
        #expect(try contents(ofFile: site.base + "/precious") == Array("precious".utf8))
    }

    @Test func somethingElseWithItsNameIsInTheWay() throws {
        let site = try Site()
        mkdir(site.base + "/outside", 0o755)
        try write(Array("precious".utf8), toFile: site.base + "/outside/1")
        symlink("../outside", site.path(Staging.name))
        #expect(try site.plan(try site.state(["a": .file("1")])).obstacles == ["'.git-ops-staging' is not a folder"])
        #expect(throws: TargetError.self) { try site.deploy(["a": .file("1")]) }
        #expect(try contents(ofFile: site.base + "/outside/1") == Array("precious".utf8))
    }

    @Test(.enabled(if: geteuid() == 0, "only root may give files away"))
    func somebodyElsesStagingDirectoryIsInTheWay() throws {
        let site = try Site()
        mkdir(site.path(Staging.name), 0o755)
        try site.put(Staging.name + "/theirs", "t")
        chown(site.path(Staging.name), 54321, 54321)
        let before = try site.live()
        #expect(try site.plan(try site.state([:])).obstacles == ["'.git-ops-staging' belongs to somebody else"])
        #expect(throws: TargetError.self) { try site.deploy(["a": .file("1")]) }
        #expect(try site.live() == before)
    }

    // MARK: File systems

    @Test(.enabled(if: Mount.isPermitted, "mounting is not permitted here"))
    func aDirectoryThatIsReadOnly() throws {
        let site = try Site()
        let mount = try Mount(site.directory, options: "size=64k")
        try site.deploy(["a": .file("1")])
        try mount.makeReadOnly()
        let before = try site.live()
        let error = try failure { try site.deploy(["a": .file("2")]) }
        #expect(error.message.hasSuffix("Read-only file system"))
        #expect(!error.isPartial)
        #expect(try site.live() == before)
    }

    @Test(.enabled(if: Mount.isPermitted, "mounting is not permitted here"), arguments: [200_000, 40 << 20])
    func aFileSystemThatIsFull(size: Int) throws {
        let site = try Site()
        let mount = try Mount(site.directory, options: "size=64k")
        try site.deploy(["a": .file("1"), "b": .file("1")])
        let before = try site.live()
        let error = try failure {
            try site.deploy(["a": .file("2"), "new/big": .file(String(repeating: "x", count: size)), "z": .file("3")])
        }
        #expect(error.message == "cannot write 'new/big': No space left on device")
        #expect(!error.isPartial)
        #expect(try site.live() == before)
        withExtendedLifetime(mount.path) {}
    }

    @Test(.enabled(if: Mount.isPermitted, "mounting is not permitted here"))
    func anotherFileSystemInside() throws {
        let site = try Site()
        try site.makeFolder("m")
        let mount = try Mount(site.path("m"), options: "size=64k")
        try site.put("m/same", "1")
        try site.makeFolder("m/sub")
        #expect(try site.plan(try site.state(["m/same": .file("1")])).isEmpty)
        let plan = try site.plan(
            try site.state(["m/a": .file("1"), "m/same": .file("1"), "m/new/b": .file("1"), "m/sub/c": .file("1")]))
        #expect(plan.obstacles == ["'m' is on another file system than '\(site.directory)'"])
        withExtendedLifetime(mount.path) {}
    }

    // MARK: Settings

    @Test(arguments: [("0644", 0o644), ("640", 0o640), ("00600", 0o600)] as [(String, UInt32)])
    func modes(text: String, mode: UInt32) throws {
        #expect(try DirectoryTarget.Settings(directory: "/srv", mode: text, owner: nil, cachePath: "").mode == mode)
    }

    @Test(arguments: ["", "0888", "u+x", "01777", "0044", "-644", "+644", "0000644"])
    func badModes(text: String) throws {
        let error = try failure {
            _ = try DirectoryTarget.Settings(directory: "/srv", mode: text, owner: nil, cachePath: "")
        }
        #expect(error.message.contains("mode '\(text)'"))
    }

    @Test func owners() throws {
        #expect(try DirectoryTarget.Owner("root") == DirectoryTarget.Owner(user: 0, group: 0))
        #expect(try DirectoryTarget.Owner("0:") == DirectoryTarget.Owner(user: 0, group: 0))
        #expect(try DirectoryTarget.Owner("root:54322") == DirectoryTarget.Owner(user: 0, group: 54322))
        #expect(try DirectoryTarget.Owner("54321:root") == DirectoryTarget.Owner(user: 54321, group: 0))
    }

    @Test(arguments: [
        ("", "bad owner ''"), (":root", "bad owner ':root'"),
        ("no-such-user", "no user 'no-such-user' on this machine"),
        ("root:no-such-group", "no group 'no-such-group' on this machine"),
        ("4294967295:0", "no user '4294967295' on this machine"),
        ("54321", "user '54321' has no login group on this machine"),
    ])
    func badOwners(text: String, message: String) throws {
        #expect(try failure { _ = try DirectoryTarget.Owner(text) }.message == message)
    }

    @Test func aDirectoryMustBeAbsolute() throws {
        let error = try failure {
            _ = try DirectoryTarget.Settings(directory: "srv", mode: nil, owner: nil, cachePath: "")
        }
        #expect(error.message == "directory 'srv' is not an absolute path")
    }
}
