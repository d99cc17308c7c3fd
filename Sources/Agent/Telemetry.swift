import Deployments
import Metrics
import Posix

/// What the agent counts, by swift-metrics. Whoever shows it appends `_total` to counters, and `_seconds` to timers.
struct Telemetry: Sendable {
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
    ]
    static let prefix = "git_ops_agent_"

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

    func drifted(_ environment: String, _ resources: Int) {
        Counter(label: "git_ops_agent_drift", dimensions: [("environment", environment)]).increment(by: resources)
    }

    func repaired(_ environment: String) {
        Counter(label: "git_ops_agent_repairs", dimensions: [("environment", environment)]).increment()
    }

    /// What has to be asked for, right before somebody reads it.
    func publish(_ state: Board.State, waitingNotices: Int) {
        let now = monotonicSeconds()
        func gauge(_ name: String, _ value: Double, _ dimensions: [(String, String)] = []) {
            Gauge(label: "git_ops_agent_" + name, dimensions: dimensions).record(value)
        }
        if let time = state.pull.time { gauge("last_fetch_timestamp_seconds", Double(time.milliseconds) / 1000) }
        gauge("queue", Double(state.queued.count))
        gauge("running", Double(state.deploying))
        gauge("unpushed_records", Double(state.unpushed.count + state.diverged.count))
        gauge("waiting_notices", Double(waitingNotices))
        gauge("held_branches", Double(state.branches.values.count { $0.hold != nil }))
        for (name, place) in state.places {
            let environment = [("environment", name)]
            gauge("lag_seconds", place.lag(at: now), environment)
            gauge("drifted_resources", Double(place.drifted), environment)
            gauge("unhealthy", place.isIll ? 1 : 0, environment)
            gauge("suspended", place.isSuspended ? 1 : 0, environment)
            gauge("held", place.hold == nil ? 0 : 1, environment)
            if let time = place.time { gauge("last_success_timestamp_seconds", Double(time.milliseconds) / 1000, environment) }
        }
    }
}
