public import Git
public import Posix

/// One event of a source commit's life, as a line of its note in `refs/notes/ops`.
///
/// A line is self-contained, begins with its time and has a unique id, so that copies of the notes merge
/// with `git notes merge -s cat_sort_uniq`. The form is logfmt: `key=value`, quoted where needed.
public struct Event: Sendable, Hashable {
    public enum Kind: String, Sendable, CaseIterable {
        case deployed, failed, interrupted, superseded
        /// From here on nothing was deployed, until the environment was resumed.
        case suspended, resumed
        /// It is not deployed, for the reason given.
        case refused
    }

    public var time: Moment
    public var identifier: Identifier
    public var environment: String
    public var kind: Kind
    /// The commit that the event is about; a note copied to another commit by a rewrite is not believed.
    public var commit: ObjectID
    /// Further values in order: `deployment`, `actor`, `trigger`, counts, `duration`, `by`, `reason`, `suspension`.
    public var values: [Pair]

    /// A key and its value.
    public struct Pair: Sendable, Hashable {
        public var key: String
        public var value: String

        public init(_ key: String, _ value: String) {
            self.key = key
            self.value = value
        }
    }

    public init(
        time: Moment, identifier: Identifier, environment: String, kind: Kind, commit: ObjectID, values: [Pair] = []
    ) {
        self.time = time
        self.identifier = identifier
        self.environment = environment
        self.kind = kind
        self.commit = commit
        self.values = values
    }

    /// The value of a key.
    public subscript(_ key: String) -> String? {
        values.first { $0.key == key }?.value
    }

    /// The line, without a newline.
    public var line: String {
        let first = [
            Pair("id", identifier.description), Pair("env", environment), Pair("event", kind.rawValue),
            Pair("commit", commit.description),
        ]
        return ([time.timestamp] + (first + values).map { "\($0.key)=\(Event.quoted($0.value))" }).joined(separator: " ")
    }

    /// Works on scalars: a quote with a combining mark is one character, and a quote all the same.
    private static func quoted(_ value: String) -> String {
        let plain = plainLine(value)
        let special: Set<Unicode.Scalar> = [" ", "\"", "=", "\\"]
        guard plain.isEmpty || plain.unicodeScalars.contains(where: special.contains) else { return plain }
        var quoted = "\""
        for scalar in plain.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { quoted.unicodeScalars.append("\\") }
            quoted.unicodeScalars.append(scalar)
        }
        quoted.unicodeScalars.append("\"")
        return quoted
    }

    /// Reads a line; nil where it is none of ours.
    public init?(line: some StringProtocol) {
        guard let space = line.firstIndex(of: " "), let time = Moment(timestamp: line[..<space]) else { return nil }
        var pairs: [Pair] = []
        var rest = line[line.index(after: space)...].unicodeScalars[...]
        while !rest.isEmpty {
            guard let equals = rest.firstIndex(of: "=") else { return nil }
            let key = String(String.UnicodeScalarView(rest[..<equals]))
            rest = rest[rest.index(after: equals)...]
            var value = String.UnicodeScalarView()
            if rest.first == "\"" {
                rest = rest.dropFirst()
                while let scalar = rest.popFirst(), scalar != "\"" {
                    if scalar == "\\", let escaped = rest.popFirst() { value.append(escaped) } else { value.append(scalar) }
                }
            } else {
                while let scalar = rest.first, scalar != " " {
                    value.append(scalar)
                    rest = rest.dropFirst()
                }
            }
            pairs.append(Pair(key, String(value)))
            rest = rest.drop { $0 == " " }
        }
        func take(_ key: String) -> String? { pairs.first { $0.key == key }?.value }
        guard let identifier = take("id").flatMap({ Identifier($0) }), let environment = take("env"),
            let kind = take("event").flatMap({ Kind(rawValue: $0) }),
            let commit = take("commit").flatMap({ ObjectID(hex: $0) })
        else { return nil }
        self.init(
            time: time, identifier: identifier, environment: environment, kind: kind, commit: commit,
            values: pairs.filter { !["id", "env", "event", "commit"].contains($0.key) })
    }

    /// The event of a deployment that was recorded.
    /// - Parameter commit: the deployment's commit.
    public init?(of deployment: Deployment, recordedAs commit: ObjectID, at time: Moment) {
        guard let kind = Kind(rawValue: deployment.result.rawValue) else { return nil }
        var values = [
            Pair("deployment", commit.description), Pair("actor", deployment.actor.description),
            Pair("trigger", deployment.trigger.rawValue), Pair("created", String(deployment.created)),
            Pair("changed", String(deployment.changed)), Pair("pruned", String(deployment.pruned)),
            Pair("duration", durationText(deployment.duration)),
        ]
        if let newer = deployment.supersededBy { values.append(Pair("by", newer.description)) }
        if let reason = deployment.reason { values.append(Pair("reason", reason)) }
        self.init(
            time: time, identifier: deployment.identifier, environment: deployment.environment, kind: kind,
            commit: deployment.source, values: values)
    }
}

extension EnvironmentRepository {
    /// The events of a commit that name it, oldest first.
    /// - Parameter reference: which notes; those of another repository are fetched to `refs/notes/<remote>/ops`.
    public func events(of commit: ObjectID, reference: String = notesReference) throws -> [Event] {
        guard let note = try repository.note(of: commit, reference: reference) else { return [] }
        return note.split(separator: "\n").compactMap { Event(line: $0) }.filter { $0.commit == commit }
            .sorted { ($0.time, $0.identifier) < ($1.time, $1.identifier) }
    }

    /// Our own notes; in a repository that has none, those that were fetched from its remotes.
    public func noteReferences() throws -> [String] {
        if try repository.target(of: EnvironmentRepository.notesReference) != nil {
            return [EnvironmentRepository.notesReference]
        }
        return configuration.subsections(of: "remote").map { "refs/notes/\($0)/ops" }
    }

    /// Appends an event to the note of its commit.
    public func record(_ event: Event, at moment: Moment) throws {
        let path = repository.commonDirectory + "ops/notes.lock"
        try makeFolders(repository.commonDirectory + "ops", mode: 0o700)
        // Our own writers queue here instead of spinning on git's lock; others are met by compare and swap.
        try FileLock.holding(path) {
            _ = try repository.appendNote(
                event.line, to: event.commit, reference: EnvironmentRepository.notesReference, by: committer(moment),
                message: "\(event.environment): \(event.kind.rawValue) \(event.commit.short)")
        }
    }
}
