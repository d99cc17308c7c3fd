import Glibc
import Synchronization

/// Where the other side of the conversation with a target is.
public enum TargetHost: Sendable {
    /// In the program `git-ops-target-<name>`, which is looked for in the `PATH`.
    case program
    /// In this process. The closure is given each conversation, serves it elsewhere, and returns at once.
    case here(@Sendable (HostedConversation) -> Void)
}

/// A conversation as the side sees it that answers, where that is a part of this process.
///
/// The environment's lock is held until it is ended, whatever becomes of who asks.
public final class HostedConversation: Sendable {
    /// A stream socket: requests come from there, and answers go there. It is open until `end`.
    public let descriptor: Int32
    /// The variables that a program would have been given.
    public let environment: [String: String]

    private let state: Mutex<(notes: [String], lock: Int32?, isOver: Bool)>

    /// - Parameter lock: its own; closed at the end.
    init(_ descriptor: Int32, environment: [String: String], lock: Int32?) {
        self.descriptor = descriptor
        self.environment = environment
        state = Mutex(([], lock, false))
    }

    deinit {
        end()
    }

    /// Says something to people beside the protocol.
    public func note(_ text: String) {
        state.withLock { $0.notes.append(text) }
    }

    /// To be called when the descriptor is not used any more.
    public func end() {
        state.withLock { state in
            guard !state.isOver else { return }
            state.isOver = true
            // First, so that who sees the end finds the lock free.
            if let lock = state.lock { close(lock) }
            close(descriptor)
        }
    }

    func takeNotes() -> [String] {
        state.withLock { state in
            defer { state.notes = [] }
            return state.notes
        }
    }
}
