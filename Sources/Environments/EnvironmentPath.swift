import Manifests

/// The folder of an environment within its repository. A path that is accepted
/// here can't lead out of a tree, and names a tree in one way only.
enum EnvironmentPath {
    /// What is wrong with a path; nil if nothing is.
    static func fault(in path: String) -> NameFault? {
        if path == "." { return nil }
        let bytes = path.utf8
        if bytes.isEmpty { return NameFault("is empty", hint: "write \".\" for the whole tree") }
        if bytes.contains(0) { return NameFault("holds a NUL character") }
        if bytes.first == slash {
            return NameFault("is absolute", hint: "write it relative to the root of the repository")
        }
        for component in bytes.split(separator: slash, omittingEmptySubsequences: false) {
            if let fault = fault(inComponent: Array(component), of: path) { return fault }
        }
        return nil
    }

    private static let slash = UInt8(ascii: "/")

    private static func fault(inComponent component: [UInt8], of path: String) -> NameFault? {
        let name = String(decoding: component, as: UTF8.self)
        switch name {
        case "": return NameFault("has an empty component", hint: withoutSuperfluousParts(path))
        case ".": return NameFault("has a component \".\"", hint: withoutSuperfluousParts(path))
        case "..": return NameFault("has a component \"..\"", hint: "an environment lies within its repository")
        // git refuses any case of it (core.protectHFS, verify_path in read-cache.c).
        case let name where name.lowercased() == ".git":
            return NameFault("has a component \"\(name)\", which git keeps for itself")
        case ".git-ops": return NameFault("has a component \".git-ops\", which git-ops keeps for its record")
        default: return nil
        }
    }

    private static func withoutSuperfluousParts(_ path: String) -> String {
        let parts = path.split(separator: "/").filter { $0 != "." }
        return "write \(TerminalText.quoted(parts.isEmpty ? "." : parts.joined(separator: "/")))"
    }
}
