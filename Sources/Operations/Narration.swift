import Deployments
import Git
import Posix
import Rendering

/// Puts what the engine does into lines, the same for a push and a person.
package struct Narration {
    package let environment: String
    /// The most changes that are told one by one.
    package var mostChanges: Int

    package init(environment: String, mostChanges: Int = 40) {
        self.environment = environment
        self.mostChanges = mostChanges
    }

    /// The lines for what just happened; often none.
    package func lines(_ progress: Progress) -> [String] {
        switch progress {
        case .resuming(let deployment):
            ["\(environment): an earlier deployment of \(deployment.source.short) was interrupted; carrying on from what it left"]
        case .planned(let plan):
            planned(plan)
        case .changed:
            []
        case .output(let stage, let line):
            ["\(environment): \(stage.rawValue): \(line)"]
        case .waiting(let text):
            ["\(environment): \(text.hasPrefix("waiting") ? "" : "waiting: ")\(plainLine(text))"]
        case .untidy(let text):
            ["warning: \(environment): \(plainLine(text))"]
        case .rollingBack(let reason):
            ["\(environment): \(plainLine(reason)); putting back what was there before"]
        }
    }

    private func planned(_ plan: Plan) -> [String] {
        var lines = plan.changes.prefix(mostChanges).map { Narration.line($0) }
        if plan.changes.count > mostChanges { lines.append("and \(plan.changes.count - mostChanges) more") }
        lines += plan.conflicts.prefix(mostChanges).map { "! \($0.path): \($0.reason)" }
        return lines.map { "\(environment):   \($0)" }
    }

    /// `~ nginx/site.conf (was changed by hand)`.
    package static func line(_ change: Change) -> String {
        let sign =
            switch change.action {
            case .create: "+"
            case .change, .recreate: "~"
            case .prune, .keep: "-"
            }
        let remarks = [change.isDrift ? Narration.drift(change) : nil, change.remark].compactMap { $0 }
        return "\(sign) \(change.path)" + (remarks.isEmpty ? "" : " (\(remarks.joined(separator: "; ")))")
    }

    private static func drift(_ change: Change) -> String {
        change.live == nil ? "was removed by hand" : "was changed" + (change.culprit == nil ? " by hand" : change.agent)
    }

    /// The last lines: how it came out.
    package func lines(_ outcome: Outcome) -> [String] {
        switch outcome {
        case .unchanged(let recorded):
            return ["\(environment): nothing to do; it is as deployed from \(recorded.deployment.source.short)"]
        case .deployed(let recorded):
            let deployment = recorded.deployment
            return [
                "\(environment): deployed \(deployment.source.short) in \(durationText(deployment.duration))"
                    + " (\(deployment.summary))"
            ]
        case .superseded(let recorded):
            let deployment = recorded.deployment
            return ["\(environment): applied \(deployment.source.short) (\(deployment.summary)), \(deployment.reason ?? "superseded")"]
        case .failed(let recorded, let hint):
            let deployment = recorded.deployment
            var lines = ["error: \(environment): \(deployment.reason ?? "failed"); \(deployment.source.short) is not deployed"]
            if let hint { lines.append("hint: \(hint)") }
            return lines
        case .suspended(let suspension, let commit):
            return [Narration.warning(suspension, of: commit)]
        }
    }

    /// For the one who pushes, or waits for, a commit that is not deployed for that reason.
    package static func warning(_ suspension: Suspension, of commit: ObjectID) -> String {
        let environment = suspension.environment
        return "warning: \(environment): \(words(suspension)); \(commit.short) is not deployed until git ops resume \(environment)"
    }

    /// `suspended by alice since 2026-11-23T04:40:12.123Z (the database is being moved)`.
    package static func words(_ suspension: Suspension) -> String {
        "suspended by \(suspension.actor) since \(suspension.time.timestamp)" + (suspension.reason.map { " (\($0))" } ?? "")
    }
}
