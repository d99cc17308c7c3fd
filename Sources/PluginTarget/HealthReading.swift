import Deployments
import Git

/// Reads what a program says of the health of all that is desired: what it leaves open is a fault, never healthy.
struct HealthReading {
    private(set) var unhealthy: [HealthReport.Unhealthy] = []
    private var told: Set<RepositoryPath> = []
    private let desired: Set<RepositoryPath>

    /// - Parameter desired: the paths of all resources that were desired in the last plan.
    init(desired: Set<RepositoryPath>) {
        self.desired = desired
    }

    var report: HealthReport { HealthReport(healthy: desired.count - unhealthy.count, unhealthy: unhealthy) }

    /// - Returns: whether all is told.
    mutating func take(_ answer: Answer) throws(ProtocolFault) -> Bool {
        switch answer.type {
        case "unhealthy":
            let path = try answer.pathBytes()
            guard desired.contains(path) else { throw ProtocolFault("it told of '\(path)', which it was not asked about") }
            guard told.insert(path).inserted else { throw ProtocolFault("it told of '\(path)' twice") }
            guard let reason = answer.reason, !reason.isEmpty else {
                throw ProtocolFault("it named no reason for which '\(path)' is not healthy")
            }
            // A word that is not known is no reason to call it well.
            let state = answer.state.flatMap { HealthReport.State(rawValue: $0) } ?? .unknown
            unhealthy.append(HealthReport.Unhealthy(path, state, plainLine(reason)))
            return false
        case "done":
            guard let count = answer.healthy else { throw ProtocolFault("it did not say how many resources are healthy") }
            guard count == desired.count - unhealthy.count else {
                throw ProtocolFault(
                    "it told of \(unhealthy.count) resources that are not healthy and \(count) that are, where \(desired.count) are desired")
            }
            return true
        default:
            throw answer.unexpected
        }
    }
}
