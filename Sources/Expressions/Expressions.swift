// The room Expressions: the two languages in which a schema states what a value
// must be, beyond its type: RE2 regular expressions and the Common Expression
// Language (CEL), both as the API server of Kubernetes understands them. It
// takes text and values and gives verdicts. It knows nothing of git, of YAML
// files or of the kinds of Kubernetes, and reads no file.
//
// What it does not implement it says: an expression is never taken for passed
// that was not evaluated.
