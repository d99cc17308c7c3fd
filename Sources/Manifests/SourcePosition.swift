/// A place in a file, as editors show it.
///
/// Both numbers start at 1. Columns count Unicode scalars, not bytes, and a tab
/// is one; a byte order mark at the start of the file is not counted. In YAML
/// lines end where YAML 1.1 ends them: LF, CR, CR LF, NEL, LS and PS.
public struct SourcePosition: Sendable, Hashable, Comparable {
    /// The line, from 1.
    public var line: Int
    /// The column in Unicode scalars, from 1.
    public var column: Int

    /// A place by its line and column, both from 1.
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// The first character of a file.
    public static let start = SourcePosition(line: 1, column: 1)

    /// Whether one place comes before another in a file.
    public static func < (left: SourcePosition, right: SourcePosition) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// What lies between two places of a file; the end is not part of it.
public struct SourceRange: Sendable, Hashable {
    /// The first character.
    public var start: SourcePosition
    /// The character after the last.
    public var end: SourcePosition

    /// What lies from `start` up to `end`.
    public init(start: SourcePosition, end: SourcePosition) {
        self.start = start
        self.end = end
    }

    /// The empty range at one place.
    public init(at position: SourcePosition) {
        self.init(start: position, end: position)
    }
}
