// The room Schemas: what fields, types and values the kinds of Kubernetes have,
// the built-in ones and those that a cluster or a CustomResourceDefinition adds,
// and the check of one value against that. It knows nothing of git, of files or
// of rules across objects, it uses no network and takes nothing from Foundation:
// every hook runs through it, so what it holds is read in place.

import Manifests

/// What a problem is, by the name that people allow it by and look it up by.
public enum SchemaRule: String, Sendable, Hashable, CaseIterable {
    /// A field that the kind does not have.
    case unknownField = "k8s/unknown-field"
    /// A value of another type than the field's.
    case type = "k8s/type"
    /// A field that must be there and is not.
    case required = "k8s/required"
    /// A text that is none of those allowed.
    case enumeration = "k8s/enum"
    /// A text or number of the right type in the wrong form.
    case format = "k8s/format"
    /// What should be an amount such as `500m` and is none.
    case quantity = "k8s/quantity"
    /// A value outside of its bounds: too long, too large, too many.
    case bounds = "k8s/bounds"
    /// A text that its schema's pattern does not match.
    case pattern = "k8s/pattern"
    /// A value that its schema refuses by a combination (`anyOf`, `oneOf`, `not`).
    case schema = "k8s/schema"
    /// An item of a list that must differ from the others and does not.
    case duplicateItem = "k8s/duplicate-item"
    /// A kind that no schema is known of.
    case unknownKind = "k8s/unknown-kind"
    /// A version of a kind that the cluster no longer serves.
    case removedAPI = "k8s/removed-api"
    /// A version of a kind that a later release will no longer serve.
    case deprecatedAPI = "k8s/deprecated-api"
}

/// One thing that is wrong with a value.
public struct SchemaProblem {
    /// What it is.
    public let rule: SchemaRule
    /// The value at fault; for an unknown field its key.
    public let value: Value
    /// The JSON pointer of the value at fault, or of the field.
    public let pointer: String
    /// What is wrong, on one line, lower case and without a full stop.
    public let message: String
    /// What to do about it, where that can be said.
    public let hint: String?
    /// The Kubernetes versions that refuse it; all those chosen if empty.
    public let versions: [String]

    /// Whether the server takes it and only warns.
    public var isWarning: Bool { rule == .deprecatedAPI }
}
