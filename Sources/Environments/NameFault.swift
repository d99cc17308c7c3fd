/// Why a name in `ops.yaml` is refused: what follows the name in a message, and
/// the way out.
struct NameFault: Equatable {
    let message: String
    let hint: String?

    init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }
}
