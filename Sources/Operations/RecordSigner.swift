import Deployments
import Git
import Glibc
import Posix

/// Has git itself write the commits of the record, signed as its configuration says (`gpg.*`, `user.signingKey`).
struct RecordSigner {
    /// Seconds in which a key that asks nobody has signed.
    private static let patience = 60.0

    /// The variables that git sees, with the repository.
    let variables: [String: String]

    func write(_ tree: ObjectID, _ parents: [ObjectID], _ author: Signature, _ committer: Signature, _ message: String) throws -> ObjectID {
        var variables = variables
        for (role, who) in [("AUTHOR", author), ("COMMITTER", committer)] {
            variables["GIT_\(role)_NAME"] = who.name
            variables["GIT_\(role)_EMAIL"] = who.email
            variables["GIT_\(role)_DATE"] = "@\(who.seconds) +0000"
        }
        // A record is on disk when it is named; git does that for packs alone by itself.
        let command = Command(
            "git",
            ["-c", "core.fsync=all", "-c", "i18n.commitEncoding=UTF-8", "commit-tree", "-S", "-F", "-"] + parents.flatMap { ["-p", $0.description] } + [tree.description],
            environment: variables)
        var output: [UInt8] = []
        // Who is at a terminal may be asked for a passphrase.
        let timeout = isatty(2) == 1 ? nil : RecordSigner.patience
        let end = try command.run(standardInput: Array(message.utf8), timeout: timeout) { output += $0 }
        let lines = GitProcess.lines(output)
        // gpg may have something to say beside it.
        guard end.succeeded, let id = lines.compactMap({ ObjectID(hex: $0) }).last else {
            let telling = lines.first { $0.hasPrefix("error: ") || $0.hasPrefix("fatal: ") } ?? lines.last
            let words = telling.map { $0.hasPrefix("error: ") || $0.hasPrefix("fatal: ") ? String($0.dropFirst(7)) : $0 } ?? "\(end)"
            throw Failure("the record cannot be signed: \(plainLine(words, limit: 300))", hint: "git config user.signingKey says with what, ops.sign that it is to be signed")
        }
        return id
    }
}
