import Deployments
import Git
import Posix
import Rendering

/// A JSON value that is written out by hand, so that no Foundation is needed for it.
indirect enum JSONText {
    case text(String)
    case number(Int)
    case fraction(Double)
    case truth(Bool)
    case null
    case list([JSONText])
    /// Keys in the order given.
    case object([(String, JSONText)])

    init(_ text: String?) {
        self = text.map(JSONText.text) ?? .null
    }

    /// The value in RFC 8259's form, indented.
    func rendered(_ indent: String = "") -> String {
        let inner = indent + "  "
        switch self {
        case .text(let text): return JSONText.quoted(text)
        case .number(let number): return String(number)
        case .fraction(let number): return String(number)
        case .truth(let truth): return truth ? "true" : "false"
        case .null: return "null"
        case .list(let values):
            guard !values.isEmpty else { return "[]" }
            return "[\n" + values.map { inner + $0.rendered(inner) }.joined(separator: ",\n") + "\n\(indent)]"
        case .object(let pairs):
            guard !pairs.isEmpty else { return "{}" }
            return "{\n" + pairs.map { inner + JSONText.quoted($0.0) + ": " + $0.1.rendered(inner) }
                .joined(separator: ",\n") + "\n\(indent)}"
        }
    }

    /// The value on one line, for who reads line by line.
    var line: String {
        switch self {
        case .list(let values): "[" + values.map(\.line).joined(separator: ",") + "]"
        case .object(let pairs): "{" + pairs.map { JSONText.quoted($0.0) + ":" + $0.1.line }.joined(separator: ",") + "}"
        default: rendered()
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case "\r": quoted += "\\r"
            default:
                // C1 controls too, which are escapes to a terminal.
                if scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value) {
                    let digits = String(scalar.value, radix: 16)
                    quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                } else {
                    quoted.unicodeScalars.append(scalar)
                }
            }
        }
        return quoted + "\""
    }
}

/// A deployment for machines.
struct DeploymentDocument {
    private let recorded: RecordedDeployment
    private let schema: Int?

    /// - Parameter schema: the version of the form, where this is the whole document.
    init(_ recorded: RecordedDeployment, schema: Int? = nil) {
        self.recorded = recorded
        self.schema = schema
    }

    var value: JSONText {
        let deployment = recorded.deployment
        return .object(
            (schema.map { [("version", .number($0))] } ?? []) + [
                ("deployment", .text(recorded.id.description)), ("id", .text(deployment.identifier.description)),
                ("number", .number(deployment.number)), ("environment", .text(deployment.environment)),
                ("commit", .text(deployment.source.description)), ("subject", .text(deployment.sourceSubject)),
                ("ref", JSONText(deployment.sourceReference)), ("result", .text(deployment.result.rawValue)),
                ("trigger", .text(deployment.trigger.rawValue)), ("actor", .text(deployment.actor.description)),
                ("started", .text(deployment.started.timestamp)), ("duration", .fraction(deployment.duration)),
                ("created", .number(deployment.created)), ("changed", .number(deployment.changed)),
                ("pruned", .number(deployment.pruned)), ("reason", JSONText(deployment.reason)),
                ("supersededBy", JSONText(deployment.supersededBy?.description)), ("message", JSONText(deployment.note)),
            ])
    }

    var json: String { value.rendered() }
}

/// A plan for machines.
struct PlanDocument {
    /// - Parameter objects: where manifests are, where resources are objects.
    static func changes(_ plan: Plan, _ objects: RenderedObjects? = nil) -> JSONText {
        .list(
            plan.changes.map { change in
                let origin = objects?.origins[change.path]
                let place = origin.map { [("file", JSONText.text($0.file.description)), ("line", .number($0.line))] } ?? []
                return .object([
                    ("action", .text(change.action.rawValue)), ("path", .text(change.path.description)),
                    ("drift", .truth(change.isDrift)), ("liveMode", JSONText(change.live?.mode.octal)),
                    ("live", JSONText(change.live?.blob.description)), ("mode", JSONText(change.desired?.mode.octal)),
                    ("desired", JSONText(change.desired?.blob.description)), ("remark", JSONText(change.remark)),
                    ("by", JSONText(change.culprit?.name)), ("time", JSONText(change.culprit?.time)),
                ] + place)
            })
    }

    static func conflicts(_ plan: Plan) -> JSONText {
        .list(
            plan.conflicts.map {
                .object([("path", .text($0.path.description)), ("reason", .text($0.reason)), ("hint", JSONText($0.hint))])
            })
    }
}
