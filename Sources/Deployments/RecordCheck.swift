public import Git
import Environments
import Posix

/// Judges what is pushed to the record.
///
/// It is written by git-ops alone; where an environment is deployed from elsewhere, by those whom
/// `ops.<environment>.recorder` names. They may add what this repository would have recorded itself had it deployed what
/// its branch says, and take nothing away. It changes nothing.
public struct RecordCheck {
    /// The most bytes of a note.
    private static let longestNote = 64 << 20
    private static let alone = "the record of deployments is written by git-ops alone"

    private let environments: EnvironmentRepository
    private let declared: [String: Environment]
    private let actor: () -> Actor

    private var repository: Repository { environments.repository }

    /// - Parameter actor: who pushes; asked for only where it matters.
    public init(_ environments: EnvironmentRepository, by actor: @escaping () -> Actor) {
        self.environments = environments
        self.actor = actor
        // Where nothing is declared that can be read, nobody may record anything.
        let all = (try? environments.environments()) ?? []
        declared = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }
    }

    /// Why a reference of the record may not be moved as a push asks for; nil where it may.
    /// - Throws: where something of ours cannot be read; what of theirs cannot is refused.
    public func refusal(of reference: String, from old: ObjectID?, to new: ObjectID?) throws -> String? {
        if reference == EnvironmentRepository.notesReference { return try refusal(ofNotes: new, after: old) }
        let parts = reference.split(separator: "/", omittingEmptySubsequences: false).dropFirst(2)
        guard let name = parts.last.map(String.init), let environment = declared[name], !environment.settings.recorders.isEmpty else {
            return RecordCheck.alone
        }
        let kind = parts.dropLast().joined(separator: "/")
        guard ["", "_suspended", "_drift"].contains(kind) else { return RecordCheck.alone }
        guard environment.settings.target == nil else { return "'\(name)' is deployed from here, and so is its record" }
        let actor = actor()
        guard environment.settings.recorders.contains(where: { actor.isNamed($0) }) else {
            return "\(actor) is not who records the deployments of '\(name)'"
        }
        do throws(GitError) {
            // What was changed by hand is a proposal: made anew, and forgotten.
            if kind == "_drift" {
                if let new { _ = try repository.readCommit(new) }
                return nil
            }
            guard let new else { return "the record of '\(name)' only grows" }
            if let old {
                guard try repository.commit(new, contains: old) else { return "the record of '\(name)' only grows: \(new.short) does not follow \(old.short)" }
            }
        } catch {
            return "cannot be read: \(error)"
        }
        guard let new else { return nil }
        do {
            guard kind.isEmpty else { return try environments.objection(toSuspensions: new, after: old, of: name) }
            return try environments.objection(toDeployments: new, after: old, of: name, on: try heads(of: environment))
        } catch let error as GitError {
            return "cannot be read: \(error)"
        }
    }

    /// The tips that deployed commits are on; nil where any will do. What the same push makes of them may be refused yet.
    private func heads(of environment: Environment) throws -> [ObjectID]? {
        guard try environment.settings.rewritePolicy() == .refuse else { return nil }
        // An environment may have followed the default branch before.
        return try [environment.branch, environments.defaultBranch()].compactMap { try repository.target(of: $0) }
    }

    // MARK: notes

    /// Notes may be added to, by lines about environments whose record the pusher writes.
    private func refusal(ofNotes new: ObjectID?, after old: ObjectID?) throws -> String? {
        let given = declared.values.filter { $0.settings.target == nil && !$0.settings.recorders.isEmpty }
        guard !given.isEmpty else { return RecordCheck.alone }
        let actor = actor()
        let own = Set(given.filter { $0.settings.recorders.contains { actor.isNamed($0) } }.map(\.name))
        guard !own.isEmpty else { return "\(actor) is not who records deployments" }
        guard let new else { return "the record only grows" }
        do throws(GitError) {
            if let old {
                guard try repository.commit(new, contains: old) else { return "the record only grows: \(new.short) does not follow \(old.short)" }
            }
            var before: [String: [ObjectID]] = [:]
            var after: [String: [ObjectID]] = [:]
            var stranger: RepositoryPath?
            var room = RecordCheck.longestNote
            let (oldTree, newTree) = (try old.map { old throws(GitError) in try repository.tree(ofCommit: old) }, try repository.tree(ofCommit: new))
            do throws(GitError) {
                try repository.forEachChange(from: oldTree, to: newTree) { change throws(GitError) in
                    // However deep the folders are, their names make up the object's.
                    let name = String(decoding: change.path.bytes.filter { $0 != UInt8(ascii: "/") }, as: UTF8.self)
                    if let old = change.old { before[name, default: []].append(old.id) }
                    guard let now = change.new else { return }
                    guard now.mode == .file, ObjectID(hex: name) != nil, after[name] == nil else {
                        stranger = change.path
                        throw GitError(.failed, "no note")
                    }
                    after[name] = [now.id]
                    room -= try repository.header(of: now.id).size
                    guard room >= 0 else { throw GitError(.unsupported, "what is new of the notes has more than \(RecordCheck.longestNote >> 20) MiB") }
                }
            } catch {
                guard let stranger else { throw error }
                return "'\(stranger)' is no note"
            }
            for name in Set(before.keys).union(after.keys).sorted() {
                if let reason = try refusal(ofNote: name, before[name] ?? [], after[name] ?? [], own) { return reason }
            }
        } catch {
            return "cannot be read: \(error)"
        }
        return nil
    }

    /// Whether notes that were fetched lack what is noted here.
    public static func losesNotes(_ repository: Repository, from own: ObjectID, to theirs: ObjectID) throws -> Bool {
        var before: [String: [ObjectID]] = [:]
        var after: [String: [ObjectID]] = [:]
        try repository.forEachChange(from: try repository.tree(ofCommit: own), to: try repository.tree(ofCommit: theirs)) { change throws(GitError) in
            let name = String(decoding: change.path.bytes.filter { $0 != UInt8(ascii: "/") }, as: UTF8.self)
            if let old = change.old { before[name, default: []].append(old.id) }
            if let new = change.new { after[name, default: []].append(new.id) }
        }
        for (name, old) in before where try !lines(old, repository).isSubset(of: lines(after[name] ?? [], repository)) { return true }
        return false
    }

    private func refusal(ofNote name: String, _ before: [ObjectID], _ after: [ObjectID], _ own: Set<String>) throws(GitError) -> String? {
        let (old, new) = (try RecordCheck.lines(before, repository), try RecordCheck.lines(after, repository))
        guard old.isSubset(of: new) else { return "the note of \(name.prefix(10)) loses a line" }
        for line in new.subtracting(old) {
            let text = String(decoding: line, as: UTF8.self)
            guard let event = Event(line: text), event.line == text, event.commit.description == name else {
                return "the note of \(name.prefix(10)) has a line that is no event of it"
            }
            guard own.contains(event.environment) else { return "the note of \(name.prefix(10)) tells of '\(plainLine(event.environment, limit: 80))'" }
        }
        return nil
    }

    private static func lines(_ notes: [ObjectID], _ repository: Repository) throws(GitError) -> Set<[UInt8]> {
        var lines: Set<[UInt8]> = []
        for note in notes {
            guard try repository.header(of: note).size <= RecordCheck.longestNote else { throw GitError(.unsupported, "a note has more than \(RecordCheck.longestNote >> 20) MiB") }
            for line in try repository.blob(note).split(separator: UInt8(ascii: "\n")) { lines.insert(Array(line)) }
        }
        return lines
    }
}

extension Actor {
    /// Whether a setting means this one: by all that is known, as `git ops log` shows it, or by the fingerprint of the key.
    func isNamed(_ word: String) -> Bool {
        !isAltered && (word == description || word.hasPrefix("SHA256:") && source == "ssh key \(word)")
    }
}
