/// Why a text is no expression of CEL.
public struct CELError: Error, Sendable, Hashable {
    /// What is wrong.
    public let message: String
    /// Where, in bytes from the text's beginning.
    public let offset: Int

    /// An error at a place.
    public init(message: String, offset: Int) {
        self.message = message
        self.offset = offset
    }
}

/// A part of an expression. Trees are no higher than ``CELParser/maximumDepth``.
final class CELNode: Sendable {
    enum Kind: Sendable {
        case literal(CELValue)
        case identifier(String)
        case select(CELNode, field: String, optional: Bool)
        /// `has(a.b)`.
        case test(CELNode, field: String)
        case index(CELNode, CELNode, optional: Bool)
        case call(String, target: CELNode?, [CELNode])
        case and([CELNode])
        case or([CELNode])
        case not(CELNode)
        case negate(CELNode)
        case binary(CELOperator, CELNode, CELNode)
        case conditional(CELNode, CELNode, CELNode)
        case list([(CELNode, optional: Bool)])
        case map([(CELNode, CELNode, optional: Bool)])
        case message(String)
        case comprehension(CELComprehension)
        /// `cel.bind(name, value, body)`.
        case bind(String, CELNode, CELNode)
        /// `target.optMap(name, body)` and `optFlatMap`.
        case optionalMap(CELNode, String, CELNode, flat: Bool)
    }

    let kind: Kind
    let offset: Int
    let depth: Int

    init(_ kind: Kind, at offset: Int, depth: Int) {
        self.kind = kind
        self.offset = offset
        self.depth = depth
    }
}

enum CELOperator: String, Sendable {
    case less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">=", equal = "==", notEqual = "!="
    case isIn = "in", add = "+", subtract = "-", multiply = "*", divide = "/", modulo = "%"

    var precedence: Int {
        switch self {
        case .less, .lessOrEqual, .greater, .greaterOrEqual, .equal, .notEqual, .isIn: 1
        case .add, .subtract: 2
        case .multiply, .divide, .modulo: 3
        }
    }
}

/// A macro that goes through a list or map.
struct CELComprehension: Sendable {
    enum Kind: Sendable { case all, exists, existsOne, map, filter, transformList, transformMap, transformMapEntry, sortBy }

    let kind: Kind
    let range: CELNode
    let variables: [String]
    /// Which elements count, where the macro has a condition besides its body.
    let condition: CELNode?
    let body: CELNode
}
