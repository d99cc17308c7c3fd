/// The health of a pod (`podConditions` of cli-utils, `pkg/kstatus/status/core.go`).
enum PodHealth {
    /// How long the scheduler has before a pod counts as unschedulable, in seconds (`ScheduleWindow`).
    private static let scheduleWindow: Int64 = 15

    static func health(_ pod: JSON, now: Int64) -> Health {
        switch pod.at("status", "phase")?.string ?? "" {
        case "Succeeded": return .current
        case "Failed": return .failed(trouble(pod, now: now)?.message ?? "the pod has failed")
        case "Running" where pod.condition("Ready")?.isTrue == true: return .current
        case "": return .inProgress("nobody has looked at it yet")
        case let phase:
            guard let trouble = trouble(pod, now: now) else {
                return .inProgress(phase == "Running" ? "the pod is not ready yet" : "the pod is " + phase.lowercased())
            }
            return trouble.isFinal ? .failed(trouble.message) : .inProgress(trouble.message)
        }
    }

    /// Why a pod is not ready.
    /// - Returns: the reason, and whether the pod counts as failed for it; nil where there is none.
    static func trouble(_ pod: JSON, now: Int64) -> (message: String, isFinal: Bool)? {
        let phase = pod.at("status", "phase")?.string
        let isReady = pod.condition("Ready")?.isTrue == true
        guard phase != "Succeeded", !(phase == "Running" && isReady) else { return nil }
        let containers = ["initContainerStatuses", "containerStatuses"].flatMap { pod.at("status", $0)?.array ?? [] }
        for container in containers {
            if let found = waiting(container) { return found }
        }
        if phase == "Failed" {
            let text = HealthText.joined(pod.at("status", "reason")?.string ?? "", pod.at("status", "message")?.string ?? "")
            return (text ?? containers.lazy.compactMap(exit).first ?? "the pod has failed", true)
        }
        if let condition = pod.condition("PodScheduled"), condition.isFalse, condition.reason == "Unschedulable" {
            // Without a time of creation it is not known to be new.
            let created = pod.at("metadata", "creationTimestamp")?.string.flatMap(Timestamp.seconds).map { Int64($0.rounded(.down)) }
            return now - (created ?? .min / 2) > scheduleWindow ? (condition.text, true) : nil
        }
        if let message = containers.lazy.compactMap(exit).first { return (message, false) }
        if phase == "Running", let condition = pod.condition("Ready"), condition.isFalse { return (condition.text, false) }
        return nil
    }

    private static func waiting(_ container: JSON) -> (message: String, isFinal: Bool)? {
        guard let state = container.at("state", "waiting"), let reason = state["reason"]?.string else { return nil }
        let message = state["message"]?.string ?? ""
        switch reason {
        case "PodInitializing", "ContainerCreating": return nil
        case "CrashLoopBackOff":
            let name = container["name"]?.string ?? ""
            guard let last = container.at("lastState", "terminated") else { return (HealthText.joined(reason, message) ?? reason, true) }
            return (reason + ": " + exited(name, last), true)
        case "ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull":
            return (HealthText.joined(reason, message) ?? reason, true)
        // Such as a ConfigMap that is not there yet.
        default: return (HealthText.joined(reason, message) ?? reason, false)
        }
    }

    /// That a container has ended badly.
    private static func exit(_ container: JSON) -> String? {
        guard let state = container.at("state", "terminated"), let code = state["exitCode"]?.int, code != 0 else { return nil }
        return exited(container["name"]?.string ?? "", state)
    }

    private static func exited(_ name: String, _ state: JSON) -> String {
        let reason = state["reason"]?.string ?? ""
        return "container \(name) exited with code \(state["exitCode"]?.int ?? 0)" + (["", "Error"].contains(reason) ? "" : " (\(reason))")
    }
}
