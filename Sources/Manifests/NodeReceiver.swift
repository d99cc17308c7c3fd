/// What becomes of the values that a parser recognises. The parsers are generic
/// over it, so that a check for well-formedness builds nothing.
protocol NodeReceiver {
    /// What stands for a finished value.
    associatedtype Value

    /// Whether texts and ranges are looked at; a parser need not work them out
    /// otherwise.
    static var keepsNodes: Bool { get }

    /// Takes a scalar.
    mutating func scalar(
        _ text: UnsafeBufferPointer<UInt8>, style: Node.Style, tag: String?, range: SourceRange
    ) -> Value
    /// Opens a collection within the one that is open.
    mutating func begin(isMapping: Bool, tag: String?, at start: SourcePosition)
    /// Puts a finished value into the collection that is open; keys and values
    /// of a mapping in turn.
    mutating func add(_ value: Value)
    /// Closes the collection that is open.
    mutating func end(at end: SourcePosition) -> Value
    /// Takes the value of a whole document.
    mutating func document(_ root: Value, at position: SourcePosition)
    /// Forgets what is unfinished, after an error.
    mutating func abandon()
}

/// Receives everything and keeps nothing.
struct NothingKept: NodeReceiver {
    static var keepsNodes: Bool { false }

    func scalar(_ text: UnsafeBufferPointer<UInt8>, style: Node.Style, tag: String?, range: SourceRange) {}
    func begin(isMapping: Bool, tag: String?, at start: SourcePosition) {}
    func add(_ value: Void) {}
    func end(at end: SourcePosition) {}
    func document(_ root: Void, at position: SourcePosition) {}
    func abandon() {}
}

/// Builds nodes from the leaves up.
struct NodeBuilder: NodeReceiver {
    private struct OpenCollection {
        let isMapping: Bool
        let tag: String?
        let start: SourcePosition
        var items: [Node] = []
        var pairs: [Node.Pair] = []
        var key: Node?
    }

    static var keepsNodes: Bool { true }

    private(set) var documents: [Document] = []
    private var open: [OpenCollection] = []

    func scalar(
        _ text: UnsafeBufferPointer<UInt8>, style: Node.Style, tag: String?, range: SourceRange
    ) -> Node {
        Node(.scalar(text: String(decoding: text, as: UTF8.self), style: style), tag: tag, range: range)
    }

    mutating func begin(isMapping: Bool, tag: String?, at start: SourcePosition) {
        open.append(OpenCollection(isMapping: isMapping, tag: tag, start: start))
    }

    mutating func add(_ value: Node) {
        let last = open.count - 1
        guard open[last].isMapping else {
            open[last].items.append(value)
            return
        }
        if let key = open[last].key {
            open[last].pairs.append(Node.Pair(key, value))
            open[last].key = nil
        } else {
            open[last].key = value
        }
    }

    mutating func end(at end: SourcePosition) -> Node {
        let collection = open.removeLast()
        return Node(
            collection.isMapping ? .mapping(collection.pairs) : .sequence(collection.items),
            tag: collection.tag, range: SourceRange(start: collection.start, end: end))
    }

    mutating func document(_ root: Node, at position: SourcePosition) {
        documents.append(Document(root: root, position: position))
    }

    mutating func abandon() {
        open.removeAll()
    }
}
