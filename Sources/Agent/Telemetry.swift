import Deployments
import Metrics
import Posix

/// What the agent counts, by swift-metrics; names as Prometheus likes them.
struct Telemetry: Sendable {
    private let fetchSeconds = Metrics.Timer(label: "git_ops_agent_fetch_duration_seconds")
    private let fetched = Counter(label: "git_ops_agent_fetches_total", dimensions: [("result", "success")])
    private let unfetched = Counter(label: "git_ops_agent_fetches_total", dimensions: [("result", "failure")])

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
        Counter(label: "git_ops_agent_deployments_total", dimensions: [("environment", environment), ("result", result)]).increment()
        Metrics.Timer(label: "git_ops_agent_deployment_duration_seconds", dimensions: [("environment", environment)]).recordSeconds(seconds)
    }

    func drifted(_ environment: String, _ resources: Int) {
        Counter(label: "git_ops_agent_drifted_resources_total", dimensions: [("environment", environment)]).increment(by: resources)
    }

    func repaired(_ environment: String) {
        Counter(label: "git_ops_agent_repairs_total", dimensions: [("environment", environment)]).increment()
    }

    /// What has to be asked for, right before somebody reads it.
    func publish(_ state: Board.State, waitingNotices: Int) {
        let now = monotonicSeconds()
        func gauge(_ name: String, _ value: Double, _ dimensions: [(String, String)] = []) {
            Gauge(label: "git_ops_agent_" + name, dimensions: dimensions).record(value)
        }
        if let time = state.pull.time { gauge("last_fetch_timestamp_seconds", Double(time.milliseconds) / 1000) }
        gauge("queue", Double(state.queued.count))
        gauge("running", Double(state.running.count))
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
