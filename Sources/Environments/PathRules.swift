public import Git

/// Why a path may not be part of an environment, because laid into a target it could lie outside.
public enum PathProblem: Hashable, Sendable {
    /// A component that is empty, `.`, `..` or `.git`.
    case badComponent(String)
    /// `.git-ops` or `.git-ops-staging` at the top, which git-ops uses itself.
    case reserved(String)
    case submodule
    /// A link whose target is absolute.
    case absoluteLink(String)
    /// A link whose target leaves the environment, or could through another link.
    case escapingLink(String)
    /// A link with no target, or one too long to be one.
    case badLink
    /// A path longer than systems take.
    case tooLong

    /// A stable id, as diagnostics carry it.
    public var rule: String {
        switch self {
        case .badComponent: "path/component"
        case .reserved: "path/reserved"
        case .submodule: "path/submodule"
        case .absoluteLink: "path/absolute-link"
        case .escapingLink: "path/escaping-link"
        case .badLink: "path/bad-link"
        case .tooLong: "path/too-long"
        }
    }

    /// What and why, in one line.
    public var message: String {
        switch self {
        case .badComponent(let name): "a path may not have the component '\(name)'"
        case .reserved(let name): "'\(name)' is reserved for git-ops"
        case .submodule: "a submodule cannot be deployed: its files are in another repository"
        case .absoluteLink(let target): "the symbolic link points to the absolute path '\(target)'"
        case .escapingLink(let target): "the symbolic link points outside the environment: '\(target)'"
        case .badLink: "the symbolic link has no usable target"
        case .tooLong: "the path is longer than 4095 bytes, or a component than 255"
        }
    }

    /// What to do about it.
    public var hint: String? {
        switch self {
        case .submodule: "commit the files themselves, for example with git subtree"
        case .absoluteLink, .escapingLink:
            "use a relative target inside the environment: any '..' first, then plain components"
        case .reserved, .badComponent: "rename it"
        case .badLink, .tooLong: nil
        }
    }
}

/// The rules that keep every path of an environment inside its target.
public enum PathRules {
    /// The longest target of a link that is read, in bytes (PATH_MAX of Linux).
    public static let longestLink = 4095

    /// Judges the path and the kind of a file of an environment; not the target of a link.
    /// - Parameter path: relative to the environment.
    public static func problem(path: RepositoryPath, mode: FileMode) -> PathProblem? {
        let bytes = path.bytes
        if bytes.count > 4095 { return .tooLong }
        // Every file of every deployment comes by here, so nothing is allocated where nothing is wrong.
        var start = 0
        while start <= bytes.count {
            var end = start
            while end < bytes.count, bytes[end] != UInt8(ascii: "/") { end += 1 }
            let component = bytes[start..<end]
            if component.count > 255 { return .tooLong }
            if isBad(component) { return .badComponent(RepositoryPath.quoted(component)) }
            if start == 0, isReserved(component) { return .reserved(RepositoryPath.quoted(component)) }
            start = end + 1
        }
        return mode == .submodule ? .submodule : nil
    }

    /// Judges the target of a link.
    ///
    /// A target is some `..` and then plain components: as many `..` as the link is deep at the most.
    /// What comes after may pass through another link, which itself stays inside; a `..` after a plain
    /// component could climb out of where such a link led, so it is refused.
    /// - Parameter path: of the link, relative to the environment.
    public static func problem(link path: RepositoryPath, target: [UInt8]) -> PathProblem? {
        guard !target.isEmpty, target.count <= longestLink, !target.contains(0) else { return .badLink }
        let shown = RepositoryPath.quoted(target)
        if target.first == UInt8(ascii: "/") { return .absoluteLink(shown) }
        var climb = 0
        var isPlain = false
        for component in target.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: true) {
            if component.elementsEqual(".".utf8) { continue }
            if component.elementsEqual("..".utf8) {
                if isPlain { return .escapingLink(shown) }
                climb += 1
            } else {
                isPlain = true
            }
        }
        return climb > path.components.count - 1 ? .escapingLink(shown) : nil
    }

    private static func isBad(_ component: ArraySlice<UInt8>) -> Bool {
        guard let first = component.first else { return true }
        // All names that are bad begin with a dot.
        guard first == UInt8(ascii: "."), component.count <= 4 else { return false }
        return component.elementsEqual(".".utf8) || component.elementsEqual("..".utf8)
            || component.elementsEqual(".git".utf8, by: { $0 | 0x20 == $1 | 0x20 })
    }

    private static func isReserved(_ component: ArraySlice<UInt8>) -> Bool {
        component.first == UInt8(ascii: ".") && (component.elementsEqual(".git-ops".utf8) || component.elementsEqual(".git-ops-staging".utf8))
    }
}
