import CLibgit2

/// Who did something, and when, as commits hold it.
public struct Signature: Hashable, Sendable {
    public var name: String
    public var email: String
    /// Seconds since 1970, UTC.
    public var seconds: Int64
    /// Minutes east of UTC.
    public var offset: Int

    public init(name: String, email: String, seconds: Int64, offset: Int = 0) {
        self.name = name
        self.email = email
        self.seconds = seconds
        self.offset = offset
    }

    /// Reads `Name <email> seconds +hhmm`, as commits and `git var GIT_COMMITTER_IDENT` give it.
    public init?(line: some StringProtocol) {
        guard let open = line.lastIndex(of: "<"), let close = line.lastIndex(of: ">"), open < close else { return nil }
        let rest = line[line.index(after: close)...].split(separator: " ")
        guard rest.count == 2, let seconds = Int64(rest[0]), let zone = Int(rest[1]) else { return nil }
        let name = line[..<open]
        self.name = String(name.hasSuffix(" ") ? name.dropLast() : name)
        email = String(line[line.index(after: open)..<close])
        self.seconds = seconds
        offset = zone / 100 * 60 + zone % 100
    }

    /// As a commit that holds it is read.
    public var clean: Signature { Signature(line: line) ?? self }

    /// The line that a commit holds. Characters that would break it are left out, as git does
    /// (upstream `ident.c`, `strbuf_addstr_without_crud`).
    var line: String {
        func clean(_ text: String) -> String {
            let scalars = text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7f && $0 != "<" && $0 != ">" }
            return String(String.UnicodeScalarView(scalars)).trimmingSpaces
        }
        let zone = (offset < 0 ? "-" : "+") + padded(abs(offset) / 60) + padded(abs(offset) % 60)
        let cleanName = clean(name)
        return "\(cleanName.isEmpty ? "unknown" : cleanName) <\(clean(email))> \(seconds) \(zone)"
    }

    private func padded(_ number: Int) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        let kept = drop { $0 == " " }
        guard let last = kept.lastIndex(where: { $0 != " " }) else { return "" }
        return String(kept[...last])
    }
}

/// A commit, read whole.
public struct Commit: Sendable {
    public let id: ObjectID
    public let tree: ObjectID
    public let parents: [ObjectID]
    public let author: Signature
    public let committer: Signature
    /// The message; bytes that are not UTF-8 are replaced.
    public let message: String

    public init(
        id: ObjectID, tree: ObjectID, parents: [ObjectID], author: Signature, committer: Signature, message: String
    ) {
        self.id = id
        self.tree = tree
        self.parents = parents
        self.author = author
        self.committer = committer
        self.message = message
    }

    /// The first line of the message.
    public var subject: String {
        String(message.prefix { !$0.isNewline })
    }

    /// The trailers in the last paragraph of the message (git-interpret-trailers(1)), in order.
    public var trailers: [(key: String, value: String)] {
        let lines = message.split(omittingEmptySubsequences: false) { $0.isNewline }
        var paragraph: [Substring] = []
        for line in lines.reversed() {
            if line.allSatisfy(\.isWhitespace) {
                if paragraph.isEmpty { continue }
                break
            }
            paragraph.append(line)
        }
        return paragraph.reversed().compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let key = line[..<colon]
            guard !key.isEmpty, key.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" }) else { return nil }
            return (String(key), String(line[line.index(after: colon)...].drop { $0 == " " }))
        }
    }
}

extension Repository {
    /// Reads a commit.
    public func readCommit(_ id: ObjectID) throws(GitError) -> Commit {
        try withContent(of: id, as: .commit) { bytes throws(GitError) in
            let damaged = GitError(.damaged, "commit \(id) is damaged")
            // gitformat-commit: header lines, an empty line, the message.
            var tree: ObjectID?
            var parents: [ObjectID] = []
            var author: Signature?
            var committer: Signature?
            var offset = 0
            while offset < bytes.count, bytes[offset] != UInt8(ascii: "\n") {
                var end = offset
                while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
                let line = bytes[offset..<end]
                if line.starts(with: "tree ".utf8) {
                    tree = ObjectID(hexBytes: line.dropFirst(5))
                } else if line.starts(with: "parent ".utf8) {
                    guard let parent = ObjectID(hexBytes: line.dropFirst(7)) else { throw damaged }
                    parents.append(parent)
                } else if line.starts(with: "author ".utf8) {
                    author = Signature(line: String(decoding: line.dropFirst(7), as: UTF8.self))
                } else if line.starts(with: "committer ".utf8) {
                    committer = Signature(line: String(decoding: line.dropFirst(10), as: UTF8.self))
                }
                offset = end + 1
            }
            guard let tree else { throw damaged }
            let nobody = Signature(name: "unknown", email: "", seconds: 0)
            let message = offset + 1 <= bytes.count ? String(decoding: bytes[(offset + 1)...], as: UTF8.self) : ""
            return Commit(
                id: id, tree: tree, parents: parents, author: author ?? nobody, committer: committer ?? nobody,
                message: message)
        }
    }

    /// Writes a commit; no reference names it yet.
    public func writeCommit(
        tree: ObjectID, parents: [ObjectID], author: Signature, committer: Signature, message: String
    ) throws(GitError) -> ObjectID {
        var text = "tree \(tree)\n"
        for parent in parents { text += "parent \(parent)\n" }
        text += "author \(author.line)\ncommitter \(committer.line)\n\n\(message)"
        return try write(Array(text.utf8), as: .commit)
    }
}
