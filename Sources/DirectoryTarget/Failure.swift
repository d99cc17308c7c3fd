import Deployments
import Git
import Posix

extension TargetError {
    /// An error number of the system, with what was being done.
    init(_ number: Int32, _ operation: String, hint: String? = nil) {
        self.init(SystemError(number, operation).description, hint: hint)
    }

    /// What the repository answered.
    init(_ error: GitError) {
        self.init(error.description, hint: error.hint)
    }

    /// The same, with more to say.
    func adding(hint: String? = nil, isPartial: Bool = false, _ text: String = "") -> TargetError {
        TargetError(message + text, hint: hint ?? self.hint, isPartial: isPartial || self.isPartial)
    }
}
