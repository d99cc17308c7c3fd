import ArgumentParser
import Deployments
import Environments
import Git
import Glibc
import Manifests
import Operations
import Posix
import Rendering

struct DoctorVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Look for what is missing or wrong, and say how to mend it.",
        usage: "git ops doctor [-q]")

    @Flag(name: .shortAndLong, help: "Print only what is wrong.")
    var quiet = false

    func run() throws {
        let session = try Session()
        let findings = Diagnosis(session: session).findings()
        for finding in findings {
            switch finding {
            case .fine(let text):
                if !quiet { session.terminal.print("ok: \(text)") }
            case .advice(let text, let mend):
                session.terminal.print("warning: \(text)")
                session.terminal.print("  hint: \(mend)")
            case .wrong(let text, let mend):
                session.terminal.print("error: \(text)")
                session.terminal.print("  hint: \(mend)")
            }
        }
        if findings.contains(where: { if case .wrong = $0 { true } else { false } }) { throw ExitCode(1) }
    }
}

/// What `doctor` finds.
enum Finding {
    case fine(String)
    case advice(String, mend: String)
    case wrong(String, mend: String)
}

/// Looks at a repository as a person would who was called for help.
struct Diagnosis {
    /// Seconds after which a suspension has probably been forgotten.
    private static let longSuspension: Int64 = 86400

    let session: Session

    func findings() -> [Finding] {
        let setup = RepositorySetup(session: session)
        var findings: [Finding] = [.fine("repository '\(session.repository.gitDirectory)'")]
        let environments: [Environment]
        do {
            environments = try session.environments.environments()
            findings.append(.fine("environments: \(environments.map(\.name).joined(separator: ", "))"))
        } catch let error as RenderingError {
            environments = []
            for diagnostic in error.diagnostics {
                findings.append(.wrong(diagnostic.rendered, mend: "mend \(OpsFile.fileName) and push it"))
            }
            if error.diagnostics.isEmpty {
                // A repository that nobody has pushed to yet is not wrong.
                let hasBranches = (try? session.repository.references(matching: "refs/heads/*").isEmpty) == false
                let mend = error.hint ?? "push a branch"
                findings.append(hasBranches ? .wrong(error.message, mend: mend) : .advice(error.message, mend: mend))
            }
        } catch {
            environments = []
            findings.append(.wrong(Failure(error).message, mend: Failure(error).hint ?? "git fsck tells more"))
        }
        let isAgents = isAgents
        if !isAgents, setup.remote != nil, !setup.deploysHere {
            findings += clone(setup)
            findings += hooks(setup, ["pre-commit"])
            return findings
        }
        if isAgents { findings += agent() }
        // Nobody pushes to the clone of an agent, unless somebody has set it up for that.
        if !isAgents || hasHooks(setup) {
            findings += protection(setup)
            findings += hooks(setup, ["pre-receive", "post-receive"])
        }
        for environment in environments { findings += self.environment(environment) }
        findings += settings(environments)
        findings += places(environments)
        return findings
    }

    private func protection(_ setup: RepositorySetup) -> [Finding] {
        let missing = RepositorySetup.protection.filter { entry in
            entry.key == "receive.advertisePushOptions"
                ? session.configuration.boolean(entry.key) != true
                : !session.configuration.values(entry.key).contains(entry.value)
        }
        guard missing.isEmpty else { return missing.map { .wrong("\($0.key) is not \($0.value): \($0.why)", mend: "git ops init") } }
        let closed = Set(setup.closedRecords.map(\.environment)).sorted()
        if closed.isEmpty { return [.fine("records are protected and shown")] }
        return closed.map { .wrong("receive.hideRefs keeps those whom ops.\($0).recorder names from pushing its record", mend: "git ops init") }
    }

    private func clone(_ setup: RepositorySetup) -> [Finding] {
        guard let remote = setup.remote else { return [] }
        let missing = RepositorySetup.fetching(remote).filter { !session.configuration.values($0.key).contains($0.value) }
        if missing.isEmpty { return [.fine("records are fetched from '\(remote)'")] }
        return [.advice("records of '\(remote)' are not fetched", mend: "git ops init, then git fetch")]
    }

    private func hasHooks(_ setup: RepositorySetup) -> Bool {
        guard let folder = try? setup.gitHooksFolder(), let hook = HookScript.all.first(where: { $0.name == "pre-receive" }) else { return false }
        switch hook.present(at: HookScript.place(of: hook.name, in: folder), programFolder: setup.programFolder) {
        case .current, .outdated: return true
        case .nothing, .foreign: return false
        }
    }

    private func hooks(_ setup: RepositorySetup, _ names: [String]) -> [Finding] {
        guard let folder = try? setup.gitHooksFolder() else { return [] }
        return HookScript.all.filter { names.contains($0.name) }.map { hook in
            let path = HookScript.place(of: hook.name, in: folder)
            switch hook.present(at: path, programFolder: setup.programFolder) {
            case .current: return .fine("hook \(hook.name)")
            case .nothing: return .wrong("hook \(hook.name) is not installed", mend: "git ops init")
            case .outdated: return .advice("hook \(hook.name) is of another version of git-ops", mend: "git ops init")
            case .foreign:
                return .wrong(
                    "'\(path)' is not a hook of git-ops",
                    mend: "git ops init keeps it and runs it first; or call 'git-ops hook \(hook.name)' from it")
            }
        }
    }

    private func environment(_ environment: Environment) -> [Finding] {
        let name = environment.name
        guard environment.settings.target != nil else {
            return [.advice("environment '\(name)' has no target here", mend: "git config ops.\(name).directory /path/to/directory")]
        }
        var findings: [Finding] = []
        if (try? session.repository.target(of: environment.branch)).flatMap({ $0 }) == nil {
            findings.append(.wrong("branch '\(environment.shortBranch)' of '\(name)' does not exist", mend: isAgents ? "git ops agent --once, when the remote has it" : "push it"))
        }
        do {
            _ = try environment.settings.timeout()
            _ = try environment.settings.adopts()
            _ = (try environment.settings.driftPolicy(), try environment.settings.rewritePolicy(), try environment.settings.signaturePolicy())
            _ = try session.target(of: environment) { _ in }
            if environment.settings.target == "directory" { findings += directory(try environment.settings.directory(), name) }
        } catch {
            let failure = Failure(error)
            findings.append(.wrong("\(name): \(failure.message)", mend: failure.hint ?? "see git-ops-config(5)"))
        }
        let isRunning = FileLock.isHeld(session.environments.lockPath(name))
        if !isRunning, (try? session.repository.target(of: environment.pendingReference)).flatMap({ $0 }) != nil {
            findings.append(.wrong("a deployment to '\(name)' was interrupted", mend: "git ops apply \(name)"))
        }
        let waiting = names(inFolder: session.environments.statePath(name) + "/queue").count
        if !isRunning, waiting > 0 {
            findings.append(.wrong("\(waiting) pushed to '\(name)' wait and nobody deploys them", mend: "git ops apply \(name)"))
        }
        if let (_, defects) = try? session.environments.verify(name), !defects.isEmpty {
            findings.append(.wrong("the record of '\(name)' is not whole", mend: "git ops verify \(name) tells more"))
        }
        do {
            if let suspension = try session.environments.suspension(of: name), Moment.now().seconds - suspension.time.seconds > Diagnosis.longSuspension {
                findings.append(.advice("'\(name)' is still \(Narration.words(suspension))", mend: "git ops resume \(name)"))
            }
        } catch {
            findings.append(.wrong("\(Failure(error).message), so nothing is deployed", mend: Failure(error).hint ?? "git ops verify \(name) tells more"))
        }
        return findings.isEmpty ? [.fine("environment '\(name)'")] : findings
    }

    private func directory(_ path: String, _ name: String) -> [Finding] {
        var status = stat()
        if stat(path, &status) != 0 {
            let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "/"
            guard access(parent.isEmpty ? "/" : parent, W_OK) == 0 else {
                return [.wrong("'\(path)' of '\(name)' is not there and cannot be made", mend: "mkdir -p '\(path)', with the rights of who deploys")]
            }
            return []
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            return [.wrong("'\(path)' of '\(name)' is not a directory", mend: "git config ops.\(name).directory <another>")]
        }
        guard access(path, W_OK | X_OK) == 0 else {
            return [.wrong("'\(path)' of '\(name)' cannot be written by \(localUser().name)", mend: "chown \(localUser().name) '\(path)'")]
        }
        return []
    }

    /// Names that nobody reads are most often misspelt.
    private func settings(_ environments: [Environment]) -> [Finding] {
        var findings: [Finding] = []
        for name in session.configuration.subsections(of: "ops") {
            guard let environment = environments.first(where: { $0.name == name }) else {
                if !environments.isEmpty {
                    findings.append(
                        .advice(
                            "ops.\(plainLine(name, limit: 80)).* is set, but no such environment is declared",
                            mend: Suggestion.hint(for: name, among: environments.map(\.name)) ?? "declare it in \(OpsFile.fileName)"))
                }
                continue
            }
            let known: [String]
            switch environment.settings.target {
            case "directory": known = EnvironmentSettings.knownNames
            case "kubernetes": known = EnvironmentSettings.kubernetesNames
            default: continue
            }
            for key in environment.settings.values.keys.sorted() where !known.contains(where: { $0.lowercased() == key }) {
                findings.append(
                    .advice(
                        "ops.\(name).\(key) is no setting of git-ops",
                        mend: Suggestion.hint(for: key, among: known) ?? "see git-ops-config(5)"))
            }
        }
        return findings
    }

    private func places(_ environments: [Environment]) -> [Finding] {
        let places = environments.compactMap { environment in
            environment.settings.values["directory"].map { (environment.name, RepositoryPath($0.drop { $0 == "/" })) }
        }
        var findings: [Finding] = []
        for (index, (name, place)) in places.enumerated() {
            for (other, otherPlace) in places[..<index] where place.isWithin(otherPlace) || otherPlace.isWithin(place) {
                findings.append(
                    .wrong(
                        "environments '\(other)' and '\(name)' are laid into the same directory",
                        mend: "git config ops.\(name).directory <another>"))
            }
        }
        return findings
    }
}
