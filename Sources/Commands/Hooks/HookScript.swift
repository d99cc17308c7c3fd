import Glibc
import Operations
import Posix

/// The few lines of sh that stand in a repository's hooks folder and call this program.
/// The same texts, for installing by hand, are in `Hooks/`.
struct HookScript {
    static let all = ["pre-receive", "post-receive", "pre-commit"].map(HookScript.init)

    let name: String

    /// The second line by which a hook of ours, of any version, is recognised.
    static let mark = "# git-ops hook "
    private static let version = 1

    /// - Parameter folder: where git-ops is, for a PATH that lacks it; servers often have a short one.
    func text(programFolder folder: String = "/usr/local/bin") -> String {
        let head = """
            #!/bin/sh
            \(HookScript.mark)\(name) \(HookScript.version)
            # Installed by "git ops init", which upgrades it. A hook that was here before
            # is kept beside it as \(name).local and runs first.
            PATH="$PATH:\(folder)"

            """
        if name == "pre-commit" {
            return head + """
                if [ -x "$0.local" ]; then
                \t"$0.local" "$@" || exit $?
                fi
                exec git-ops hook pre-commit

                """
        }
        // What is before the commit may refuse it; what is after can stop nothing any more.
        let onFailure = name == "pre-receive" ? "exit $?" : ":"
        return head + """
            if [ -x "$0.local" ]; then
            \tupdates=$(cat)
            \tprintf '%s\\n' "$updates" | "$0.local" "$@" || \(onFailure)
            \tprintf '%s\\n' "$updates" | git-ops hook \(name)
            \texit $?
            fi
            exec git-ops hook \(name)

            """
    }

    /// What stands at a place where a hook is to be.
    enum Present: Equatable {
        case nothing
        case current
        /// Ours, of another version or for another place of git-ops.
        case outdated
        case foreign
    }

    func present(at path: String, programFolder: String) -> Present {
        guard let content = try? contents(ofFile: path, limit: 1 << 20) else {
            var status = stat()
            return lstat(path, &status) == 0 ? .foreign : .nothing
        }
        let text = String(decoding: content, as: UTF8.self)
        if text == self.text(programFolder: programFolder) { return access(path, X_OK) == 0 ? .current : .outdated }
        let second = text.split(separator: "\n", omittingEmptySubsequences: false).dropFirst().first ?? ""
        return second.hasPrefix(HookScript.mark + name) ? .outdated : .foreign
    }

    /// Puts the hook into a folder.
    ///
    /// Where the host has a folder `<name>.d`, it goes in there. A hook of somebody else stays and runs
    /// first, under another name; with `force` it is replaced, and kept under yet another.
    /// - Returns: what was done, a line each; nothing where all was well already.
    func install(in folder: String, programFolder: String, force: Bool) throws -> [String] {
        let path = HookScript.place(of: name, in: folder)
        var done: [String] = []
        switch present(at: path, programFolder: programFolder) {
        case .current: return []
        case .nothing: done.append("installed hook \(name)")
        case .outdated: done.append("upgraded hook \(name)")
        case .foreign:
            let kept = path + (force ? ".replaced" : ".local")
            var status = stat()
            guard lstat(kept, &status) != 0 else {
                throw Failure(
                    "'\(path)' is not a hook of git-ops, and '\(kept)' exists already",
                    hint: "make one of the two go, then run git ops init again")
            }
            guard rename(path, kept) == 0 else { throw SystemError(errno, "cannot rename '\(path)'") }
            done.append(
                force
                    ? "replaced hook \(name); the one that was there is kept as '\(kept)' and no longer runs"
                    : "installed hook \(name); the one that was there is now '\(kept)' and runs first")
        }
        try write(Array(text(programFolder: programFolder).utf8), toFile: path, mode: 0o755)
        // A umask may have taken the right to run it from somebody.
        chmod(path, 0o755)
        return done
    }

    /// `<folder>/<name>.d/git-ops` where the host runs all hooks of such a folder, else `<folder>/<name>`.
    static func place(of name: String, in folder: String) -> String {
        var status = stat()
        let many = "\(folder)/\(name).d"
        if stat(many, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return many + "/git-ops" }
        return "\(folder)/\(name)"
    }
}
