import Deployments
import Git
import Metrics
import Operations
import Posix
import Synchronization

/// What the agent counts, by swift-metrics. Whoever shows it appends `_total` to counters, and `_seconds` to timers.
final class Telemetry: Sendable {
    /// What each means.
    static let meanings = [
        "fetch_duration": "How long fetches took.", "fetches": "Fetches.", "hooks": "Webhooks by what became of them.",
        "deployments": "Deployments by how they ended; unchanged are those that found all as desired.",
        "deployment_duration": "How long deployments took, waiting for health included.",
        "drift": "Resources that were found to differ from what was deployed.", "repairs": "Deployments that put back what somebody had changed.",
        "last_fetch_timestamp_seconds": "When a fetch last went well.", "queue": "Environments that wait to be deployed.",
        "running": "Deployments under way.", "unpushed_records": "References of the record that the remote does not have.",
        "waiting_notices": "Notices that nobody has looked at yet.", "held_branches": "Branches whose new tip is not accepted.",
        "lag_seconds": "For how long what runs has been behind the branch; 0 where it is not.",
        "drifted_resources": "Resources that differ from what was deployed.", "unhealthy": "1 where something that runs is not healthy.",
        "suspended": "1 where nothing is deployed because somebody said so.", "held": "1 where what the branch says is not deployed for a reason.",
        "last_success_timestamp_seconds": "When it was last known to be as the repository says.",
        "deployed": "1, with the commit that is known to be deployed.",
        "start_time_seconds": "When the agent was started.", "info": "1, with the agent's version.",
    ]
    static let prefix = "git_ops_agent_"

    /// The commit that is shown of each environment.
    private let shown = Mutex<[String: (commit: ObjectID, gauge: Gauge)]>([:])
    private let start = Moment.now()
    private let begun = Gauge(label: "git_ops_agent_start_time_seconds")
    private let fetchSeconds = Metrics.Timer(label: "git_ops_agent_fetch_duration")
    private let fetched = Counter(label: "git_ops_agent_fetches", dimensions: [("result", "success")])
    private let unfetched = Counter(label: "git_ops_agent_fetches", dimensions: [("result", "failure")])

    func fetched(_ succeeded: Bool, seconds: Double) {
        (succeeded ? fetched : unfetched).increment()
        fetchSeconds.recordSeconds(seconds)
    }

    func deployed(_ environment: String, _ outcome: Outcome, seconds: Double) {
        let result: String
        switch outcome {
        case .unchanged: result = "unchanged"
        case .deployed: result = "deployed"
        case .superseded: result = "superseded"
        case .failed: result = "failed"
        case .suspended: return
        }
        Counter(label: "git_ops_agent_deployments", dimensions: [("environment", environment), ("result", result)]).increment()
        Metrics.Timer(label: "git_ops_agent_deployment_duration", dimensions: [("environment", environment)]).recordSeconds(seconds)
    }

    /// Has counters begin with nothing, so that the first of its kind is seen to be one.
    func begin(_ environment: String) {
        for result in ["unchanged", "deployed", "superseded", "failed"] {
            Counter(label: "git_ops_agent_deployments", dimensions: [("environment", environment), ("result", result)]).increment(by: 0)
        }
        for name in ["drift", "repairs"] { Counter(label: "git_ops_agent_" + name, dimensions: [("environment", environment)]).increment(by: 0) }
    }

    func drifted(_ environment: String, _ resources: Int) {
        Counter(label: "git_ops_agent_drift", dimensions: [("environment", environment)]).increment(by: resources)
    }

    func repaired(_ environment: String) {
        Counter(label: "git_ops_agent_repairs", dimensions: [("environment", environment)]).increment()
    }

    private func show(_ places: [String: Board.Place]) {
        shown.withLock { shown in
            for (name, old) in shown where places[name]?.settled != old.commit {
                old.gauge.destroy()
                shown[name] = nil
            }
            for (name, place) in places where shown[name] == nil {
                guard let commit = place.settled else { continue }
                let gauge = Gauge(label: "git_ops_agent_deployed", dimensions: [("commit", commit.description), ("environment", name)])
                gauge.record(1)
                shown[name] = (commit, gauge)
            }
        }
    }

    /// What has to be asked for, right before somebody reads it.
    func publish(_ state: Board.State, waitingNotices: Int) {
        let now = monotonicSeconds()
        begun.record(Double(start.milliseconds) / 1000)
        func gauge(_ name: String, _ value: Double, _ dimensions: [(String, String)] = []) {
            Gauge(label: "git_ops_agent_" + name, dimensions: dimensions).record(value)
        }
        if let time = state.pull.time { gauge("last_fetch_timestamp_seconds", Double(time.milliseconds) / 1000) }
        gauge("info", 1, [("version", Program.version)])
        gauge("queue", Double(state.queued.count))
        gauge("running", Double(state.deploying))
        gauge("unpushed_records", Double(state.unpushed.count + state.diverged.count))
        gauge("waiting_notices", Double(waitingNotices))
        gauge("held_branches", Double(state.branches.values.count { $0.hold != nil }))
        show(state.places)
        for (name, place) in state.places {
            let environment = [("environment", name)]
            gauge("lag_seconds", state.lag(of: place, at: now), environment)
            gauge("drifted_resources", Double(place.drifted), environment)
            gauge("unhealthy", place.isIll ? 1 : 0, environment)
            gauge("suspended", place.isSuspended ? 1 : 0, environment)
            gauge("held", place.hold == nil && state.branches[place.branch]?.hold == nil ? 0 : 1, environment)
            if let time = place.time { gauge("last_success_timestamp_seconds", Double(time.milliseconds) / 1000, environment) }
        }
    }
}
