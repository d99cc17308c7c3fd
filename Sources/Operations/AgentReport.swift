import Git
import Posix

/// What the agent of a clone writes down for those who look at the clone: a file of text, with a line for each thing.
package struct AgentReport: Sendable, Equatable {
    /// When a fetch last went well.
    package var fetched: Moment?
    /// Why the last one did not.
    package var problem: String?
    /// Why environments are not what the repository says, each in a line.
    package var held: [String: String]

    package init(fetched: Moment? = nil, problem: String? = nil, held: [String: String] = [:]) {
        self.fetched = fetched
        self.problem = problem
        self.held = held
    }

    package static func path(_ repository: Repository) -> String { repository.commonDirectory + "ops/_agent/report" }

    /// Reads what was written; nil where there is nothing.
    package static func read(_ repository: Repository, at path: String? = nil) -> AgentReport? {
        guard let bytes = (try? contents(ofFile: path ?? AgentReport.path(repository), limit: 1 << 20)) ?? nil else { return nil }
        var report = AgentReport()
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 2).map(String.init)
            switch (parts.first, parts.count) {
            case ("fetched", 2): report.fetched = Moment(timestamp: parts[1])
            case ("problem", 2...): report.problem = parts.dropFirst().joined(separator: " ")
            case ("held", 3): report.held[parts[1]] = parts[2]
            default: break
            }
        }
        return report
    }

    package var text: String {
        var lines: [String] = []
        if let fetched { lines.append("fetched \(fetched.timestamp)") }
        if let problem { lines.append("problem \(problem)") }
        lines += held.sorted { $0.key < $1.key }.map { "held \($0.key) \($0.value)" }
        return lines.map { $0 + "\n" }.joined()
    }
}
