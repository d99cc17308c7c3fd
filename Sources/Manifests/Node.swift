/// A value of a YAML or JSON document and where it stood.
///
/// An alias is the very node that its anchor names, so that a file which
/// multiplies aliases costs no more than its own size. Who walks the nodes must
/// look at ``expandedCount`` first, or remember which nodes it has seen.
public final class Node: Sendable {
    /// How a scalar was written.
    public enum Style: Sendable, Hashable {
        /// Without quotes: what it stands for is for the reader to resolve.
        case plain
        /// In single or double quotes (in JSON: every string).
        case singleQuoted, doubleQuoted
        /// A block after `|` or `>`.
        case literal, folded

        /// Whether it is text, whatever it looks like.
        public var isText: Bool { self != .plain }
    }

    /// A key of a mapping and its value.
    public struct Pair: Sendable {
        /// The key; in YAML any node may be one.
        public let key: Node
        /// The value.
        public let value: Node
    }

    /// What the node is.
    public enum Content: Sendable {
        /// A single value, as text; an absent value is a plain empty one.
        case scalar(text: String, style: Style)
        /// Nodes in order.
        case sequence([Node])
        /// Pairs in the order of the file; keys may repeat.
        case mapping([Pair])
    }

    /// What the node is.
    public let content: Content
    /// The tag as libyaml resolved it (`tag:yaml.org,2002:str`, `!Ref`), if one
    /// was written.
    public let tag: String?
    /// Where the node stood; for an alias, where its anchor stood.
    public let range: SourceRange
    /// The collections that stand within one another here, this one counted:
    /// a scalar has 0, `[]` has 1. Never above ``ReadingLimits/depth``.
    public let height: Int
    /// The nodes there would be if every alias were a copy; stops at `Int.max`.
    public let expandedCount: Int

    init(_ content: Content, tag: String?, range: SourceRange) {
        var height = 0
        var count = 1
        func contain(_ child: Node) {
            height = max(height, child.height + 1)
            let (sum, overflow) = count.addingReportingOverflow(child.expandedCount)
            count = overflow ? .max : sum
        }
        switch content {
        case .scalar: break
        case .sequence(let items):
            height = 1
            for item in items { contain(item) }
        case .mapping(let pairs):
            height = 1
            for pair in pairs {
                contain(pair.key)
                contain(pair.value)
            }
        }
        self.content = content
        self.tag = tag
        self.range = range
        self.height = height
        expandedCount = count
    }

    /// Where the node begins.
    public var position: SourcePosition { range.start }

    /// The text of a scalar.
    public var text: String? {
        if case .scalar(let text, _) = content { text } else { nil }
    }

    /// The nodes of a sequence.
    public var items: [Node]? {
        if case .sequence(let items) = content { items } else { nil }
    }

    /// The pairs of a mapping.
    public var pairs: [Pair]? {
        if case .mapping(let pairs) = content { pairs } else { nil }
    }

    /// Whether nothing was written: the value of `key:`, of `~` or of `null`.
    public var isNull: Bool {
        switch content {
        case .scalar(let text, .plain) where tag == nil:
            // https://yaml.org/type/null.html
            text.isEmpty || text == "~" || text == "null" || text == "Null" || text == "NULL"
        default: tag == "tag:yaml.org,2002:null"
        }
    }
}

/// One document of a stream.
public struct Document: Sendable {
    /// The value; of an empty document a plain empty scalar.
    public let root: Node
    /// Where the document began: its `---`, or its first token.
    public let position: SourcePosition
}

extension Node.Pair {
    init(_ key: Node, _ value: Node) {
        self.init(key: key, value: value)
    }
}
