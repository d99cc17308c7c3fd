import Agent
import AgentService
import ArgumentParser
import Deployments
import DirectoryTarget
import Git
import Glibc
import Operations
import Posix

/// `git ops agent install`: prints what runs the agent, for people to read, change and put in place.
struct Install: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install", abstract: "Print what runs the agent as a service.",
        usage: """
            git ops agent install --systemd [--user <user>]
            git ops agent install --kubernetes --image <image> [--namespace <namespace>]
            """)

    @Flag(help: "Print a unit of systemd for the agent of this repository.")
    var systemd = false

    @Flag(help: "Print manifests that run the agent in the cluster that it deploys to.")
    var kubernetes = false

    @Option(help: ArgumentHelp("Who it runs as; who calls this by default.", valueName: "user"))
    var user: String?

    @Option(help: ArgumentHelp("An image with git, ssh and git-ops; git-ops-agent(1) has one.", valueName: "image"))
    var image: String?

    @Option(help: ArgumentHelp("The namespace of the agents.", valueName: "namespace"))
    var namespace = "git-ops"

    mutating func run() async throws {
        do {
            print(try text(), terminator: "")
        } catch let failure as ServiceFailure {
            throw Failure(failure.message, hint: failure.hint)
        } catch {
            throw Failure(error)
        }
    }

    private func text() throws -> String {
        guard systemd != kubernetes else {
            throw Failure(systemd ? "one at a time: --systemd or --kubernetes" : "what for? --systemd or --kubernetes", exitCode: 129)
        }
        let session = try Session()
        let environments = try session.environments.environments()
        guard kubernetes else {
            return try unit(session, environments.map(\.settings).filter { $0.target == "directory" })
        }
        guard let image else { throw Failure("the image is missing", hint: "--image registry.example.org/git-ops:\(Program.version)", exitCode: 129) }
        let settings = try AgentSettings(session.configuration)
        let packing = Packing(session: session, namespace: namespace)
        let declared = environments.map(\.name)
        let url = try packing.address(settings.remote)
        do {
            return try InstallTexts.kubernetes(
                namespace: namespace, image: image, repositoryURL: url, environments: try packing.environments(declared),
                luggage: try packing.luggage(settings, declared))
        } catch let failure as ServiceFailure where failure.message.hasPrefix("the address of the repository") {
            throw Failure("remote.\(plainLine(settings.remote, limit: 80)).url: \(failure.message)", hint: failure.hint)
        } catch let failure as ServiceFailure where failure.message.hasPrefix("the address that is pushed to") {
            throw Failure("remote.\(plainLine(settings.remote, limit: 80)).pushurl: \(failure.message)", hint: failure.hint)
        }
    }

    private func unit(_ session: Session, _ settings: [EnvironmentSettings]) throws -> String {
        if session.configuration.boolean("ops.sign") == true, session.configuration["gpg.format"] != "ssh" {
            throw Failure(
                "ops.sign signs with a key of gpg, whose agent can make no sockets in a home that the unit may only read",
                hint: "git config gpg.format ssh, and git config user.signingKey <file of a private key that has no passphrase>")
        }
        let user = user ?? localUser().name
        guard !user.contains(":") else { throw Failure("'\(plainLine(user, limit: 80))' is no user", exitCode: 129) }
        let account = try DirectoryTarget.Owner(user)
        var givesAway = false
        for settings in settings {
            guard let text = settings.values["owner"], try DirectoryTarget.Owner(text).user != account.user else { continue }
            guard account.user == 0 else {
                throw Failure(
                    "ops.\(settings.environment).owner is '\(plainLine(text, limit: 80))', and '\(plainLine(user, limit: 80))' can give files to nobody",
                    hint: "--user root, or --user \(plainLine(text.prefix { $0 != ":" }, limit: 80))")
            }
            givesAway = true
        }
        return try InstallTexts.systemd(
            program: Program.path(), repository: try folder(session.repository.commonDirectory), user: user, writable: try settings.map(directory),
            givesAway: givesAway)
    }

    /// What is not there when the unit starts cannot be made writable, and so could not be made either.
    private func directory(_ settings: EnvironmentSettings) throws -> String {
        let path = try settings.directory()
        do {
            return try folder(path)
        } catch let error as SystemError where error.number == ENOENT {
            throw Failure(
                "ops.\(settings.environment).directory is not there, and what the unit may write has to be: '\(plainLine(path, limit: 200))'",
                hint: "mkdir -p '\(plainLine(path, limit: 200))', with the rights of who deploys")
        }
    }

    private func folder(_ path: String) throws -> String {
        guard let resolved = realpath(path, nil) else { throw SystemError(errno, "cannot find '\(path)'") }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
