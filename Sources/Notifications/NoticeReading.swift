import FoundationEssentials
import Notices
import Posix

extension Notice {
    /// Reads the form for programs; nil where it is none.
    static func read(_ bytes: [UInt8]) -> Notice? {
        guard let form = try? JSONDecoder().decode(Form.self, from: Data(bytes)), form.version == 1,
            let kind = Kind(rawValue: form.kind), let time = Moment(timestamp: form.time), form.id.hasSuffix("-" + form.kind),
            var notice = Notice(
                kind, of: form.environment ?? "none", cause: String(form.id.dropLast(form.kind.count + 1)), at: time, summary: form.summary)
        else { return nil }
        notice.reason = form.reason
        notice.commit = form.commit
        notice.subject = form.subject
        notice.branch = form.branch
        notice.actor = form.actor
        notice.deployment = form.deployment
        notice.number = form.number
        notice.reference = form.ref
        notice.previous = form.previous.flatMap { Kind(rawValue: $0) }
        notice.restore(through: form.through.flatMap { Kind(rawValue: $0) })
        notice.isWell = form.well ?? false
        notice.host = form.host
        notice.repository = form.repository
        notice.details = form.details ?? []
        return notice
    }

    private struct Form: Decodable {
        var version: Int
        var id: String
        var kind: String
        /// A trial has none.
        var environment: String?
        var time: String
        var summary: String
        var reason: String?
        var commit: String?
        var subject: String?
        var branch: String?
        var actor: String?
        var deployment: String?
        var number: Int?
        var ref: String?
        var previous: String?
        var through: String?
        var well: Bool?
        var host: String?
        var repository: String?
        var details: [String]?
    }
}
