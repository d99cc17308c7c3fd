import Deployments
import Git
import Logging
import Notices
import Operations
import Posix
import Synchronization

/// Tells what keeps environments from being what the repository says, as long as no deployment does: a tip that is not
/// followed, a remote that cannot be fetched. It is told once, noted on the commit, and written down for `git ops status`.
final class Obstacles: Sendable {
    /// Seconds for which fetches may fail before that is told.
    private static let patience = 300.0

    /// What was told, by environment.
    private let told = Mutex<[String: String]?>(nil)

    /// Looks at the board; tells what is new.
    /// - Parameter acts: whether this agent is the one that does.
    func see(_ board: Board, _ session: Session, acts: Bool, log: Logger) {
        let state = board.now
        let path = AgentReport.path(session.repository)
        // As long as nothing could be fetched, what was known before holds.
        let old = state.pull.succeeded == nil ? AgentReport.read(session.repository) : nil
        var obstacles = state.pull.succeeded == nil ? [:] : state.obstacles
        for (name, reason) in old?.held ?? [:] where state.places.isEmpty || state.places[name] != nil { obstacles[name] = Obstacle(reason: reason) }
        // Which words git has for it differs each time, and is shown beside it.
        if state.pull.problem != nil, monotonicSeconds() - (state.pull.failing ?? monotonicSeconds()) >= Obstacles.patience {
            for name in state.places.keys where obstacles[name] == nil { obstacles[name] = Obstacle(reason: "nothing can be pulled from the remote") }
        }
        let report = AgentReport(
            fetched: state.pull.time ?? old?.fetched, problem: state.pull.problem.map { plainLine($0) }, held: obstacles.mapValues { plainLine($0.reason) })
        // Who looks at an agent that does nothing wants to know that it does.
        do { try write(Array(report.text.utf8), toFile: path) } catch { log.warning("\(plainLine(Failure(error).message))") }
        guard acts else { return told.withLock { $0 = report.held } }
        let before = told.withLock { $0 } ?? AgentReport.read(session.repository, at: path + ".told")?.held ?? [:]
        var now = report.held
        // What is just being tried may be held again in a moment.
        for name in state.queued + state.running where now[name] == nil { now[name] = before[name] }
        for (name, obstacle) in obstacles where before[name] != now[name] {
            if let commit = obstacle.commit { note(commit, name, plainLine(obstacle.reason), session, log) }
            let subject = obstacle.commit.flatMap { try? session.repository.readCommit($0) }.map { String($0.message.prefix { $0 != "\n" }) }
            Announcement(session: session).announce(
                held: name, branch: shown(state.places[name]), commit: obstacle.commit, subject: subject, because: obstacle.reason,
                running: try? session.environments.lastSuccess(name))
        }
        for name in before.keys where now[name] == nil {
            // Whatever else is wrong tells its own end.
            guard let place = state.places[name], state.isWell(name), place.drifted == 0 else { continue }
            Announcement(session: session).announce(
                followedAgain: name, branch: shown(place), commit: state.branches[place.branch]?.accepted, running: try? session.environments.lastSuccess(name))
        }
        told.withLock { $0 = now }
        guard before != now else { return }
        try? write(Array(AgentReport(held: now).text.utf8), toFile: path + ".told")
    }

    private func shown(_ place: Board.Place?) -> String { plainLine((place?.branch ?? "").dropFirst("refs/heads/".count), limit: 200) }

    /// Notes on a commit that it is not deployed, so that who waits for it elsewhere hears of it.
    private func note(_ commit: ObjectID, _ environment: String, _ reason: String, _ session: Session, _ log: Logger) {
        do {
            let session = try Session(variables: session.variables, deploys: true)
            let known = try session.environments.events(of: commit).last { $0.environment == environment }
            guard known?.kind != .refused || known?["reason"] != reason else { return }
            let now = Moment.now()
            let event = Event(
                time: now, identifier: Identifier(at: now), environment: environment, kind: .refused, commit: commit, values: [Event.Pair("reason", reason)])
            try session.environments.record(event, at: now)
        } catch {
            log.warning("cannot note on \(commit.short) that it is not deployed: \(plainLine(Failure(error).message))")
        }
    }
}

/// Why an environment is not what the repository says.
struct Obstacle: Sendable, Hashable {
    let reason: String
    /// The commit that is not followed.
    var commit: ObjectID?
}
