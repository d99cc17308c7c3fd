import Posix
import Synchronization

/// Serves conversations in this process, each as the program would, and none for the others to see.
public final class TargetService: Sendable {
    /// How many are under way.
    private let count = Mutex(0)
    private let clients = SharedClients()

    public init() {}

    /// Serves a conversation, and returns at once.
    /// - Parameters:
    ///   - descriptor: a stream socket; requests are read from it and answered there.
    ///   - environment: the variables that a program would have been given.
    ///   - note: given what is said to people beside the protocol.
    ///   - whenOver: called when the other side has ended the conversation, and all that was begun is ended. The
    ///     descriptor is not used any more then.
    public func serve(
        _ descriptor: Int32, environment: [String: String], note: @escaping @Sendable (String) -> Void,
        whenOver: @escaping @Sendable () -> Void
    ) {
        count.withLock { $0 += 1 }
        Task { [clients] in
            let output = LineOutput(socket: descriptor, note: note)
            let session = Session(input: LineInput(descriptor), output: output) { settings throws(TargetFailure) in
                try Connection.open(settings, environment: environment, clients)
            }
            _ = await session.run()
            await session.close()
            output.close { [self] in
                count.withLock { $0 -= 1 }
                whenOver()
            }
        }
    }

    /// Waits until no conversation is under way: whoever ended one may not have waited for what it had to end.
    /// - Parameter seconds: the most.
    /// - Returns: whether there is none.
    public func isIdle(within seconds: Double) async -> Bool {
        let end = monotonicSeconds() + seconds
        while count.withLock({ $0 }) > 0 {
            guard monotonicSeconds() < end else { return false }
            await pause(seconds: 0.05)
        }
        return true
    }
}
