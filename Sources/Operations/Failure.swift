import Deployments
import Git
import Manifests
import Posix
import Rendering

/// Any error as a person is told of it.
package struct Failure: Error {
    package var message: String
    package var hint: String?
    package var diagnostics: [Diagnostic] = []
    /// 1 for a negative answer, 128 for what could not be done, 129 for wrong usage.
    package var exitCode: Int32 = 128

    package init(_ message: String, hint: String? = nil, exitCode: Int32 = 128) {
        self.message = message
        self.hint = hint
        self.exitCode = exitCode
    }

    package init(_ error: any Error) {
        switch error {
        case let error as Failure: self = error
        case let error as GitError: self.init(error.description, hint: error.hint)
        case let error as SystemError: self.init(error.description)
        case let error as TargetError: self.init(error.message, hint: error.hint)
        case let error as SettingsError: self.init(error.message, hint: error.hint)
        case let error as RecordError: self.init(error.message, hint: error.hint)
        case let error as RenderingError:
            self.init(error.message, hint: error.hint)
            diagnostics = error.diagnostics
        default: self.init("\(error)")
        }
    }
}
