import CLibgit2

/// git configuration, as read once; later entries win.
public struct Configuration: Sendable {
    /// Key in canonical form (section and name in lower case, subsection as it is) and value; a key
    /// without a value is true (git-config(1)).
    public let entries: [(key: String, value: String?)]

    public init(entries: [(key: String, value: String?)]) {
        self.entries = entries
    }

    /// Reads the output of `git config -z --list`: key, newline, value, NUL.
    public init(listing: some Sequence<UInt8>) {
        entries = listing.split(separator: 0).map { entry in
            guard let newline = entry.firstIndex(of: UInt8(ascii: "\n")) else {
                return (String(decoding: entry, as: UTF8.self), nil)
            }
            return (
                String(decoding: entry[..<newline], as: UTF8.self),
                String(decoding: entry[entry.index(after: newline)...], as: UTF8.self)
            )
        }
    }

    /// All values of a key, in order.
    public func values(_ key: String) -> [String] {
        let canonical = Configuration.canonical(key)
        return entries.compactMap { $0.key == canonical ? $0.value ?? "true" : nil }
    }

    /// The value in force of a key.
    public subscript(_ key: String) -> String? {
        let canonical = Configuration.canonical(key)
        return entries.last { $0.key == canonical }.map { $0.value ?? "true" }
    }

    /// A value as git reads a boolean; nil where it is not set or is no boolean.
    public func boolean(_ key: String) -> Bool? {
        switch self[key]?.lowercased() {
        case "true", "yes", "on", "1": true
        case "false", "no", "off", "0", "": false
        default: nil
        }
    }

    /// The subsections of a section: `ops.production.target` has `production` in `ops`.
    public func subsections(of section: String) -> [String] {
        let prefix = section.lowercased() + "."
        var seen: Set<String> = []
        var names: [String] = []
        for (key, _) in entries where key.hasPrefix(prefix) {
            let rest = key.dropFirst(prefix.count)
            guard let dot = rest.lastIndex(of: ".") else { continue }
            if seen.insert(String(rest[..<dot])).inserted { names.append(String(rest[..<dot])) }
        }
        return names
    }

    private static func canonical(_ key: String) -> String {
        guard let first = key.firstIndex(of: "."), let last = key.lastIndex(of: ".") else { return key.lowercased() }
        return key[..<first].lowercased() + key[first..<last] + key[last...].lowercased()
    }
}

extension Repository {
    /// The configuration as libgit2 reads it: the repository's, the user's and the system's files.
    ///
    /// libgit2 1.5 does not see `git -c`, GIT_CONFIG_COUNT, GIT_CONFIG_GLOBAL or GIT_CONFIG_SYSTEM;
    /// where those are set, ask git and read its listing instead.
    public func configuration() throws(GitError) -> Configuration {
        var config: OpaquePointer?
        try check(git_repository_config_snapshot(&config, handle), "cannot read the configuration")
        defer { git_config_free(config) }
        var iterator: OpaquePointer?
        try check(git_config_iterator_new(&iterator, config), "cannot read the configuration")
        defer { git_config_iterator_free(iterator) }
        var entries: [(key: String, value: String?)] = []
        var entry: UnsafeMutablePointer<git_config_entry>?
        while true {
            let code = git_config_next(&entry, iterator)
            if code == GIT_ITEROVER.rawValue { break }
            try check(code, "cannot read the configuration")
            guard let entry else { break }
            entries.append((String(cString: entry.pointee.name), entry.pointee.value.map { String(cString: $0) }))
        }
        return Configuration(entries: entries)
    }

    /// The variables that make git's configuration differ from what `configuration()` reads.
    public static let configurationVariables = [
        "GIT_CONFIG", "GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM",
        "GIT_CONFIG_NOSYSTEM",
    ]
}
