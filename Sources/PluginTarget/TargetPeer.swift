import Posix

/// The other side of a conversation: a program of its own, or a part of this process. Nothing here waits for more than
/// one of its channels.
protocol TargetPeer: AnyObject {
    /// How it ended, once it is known; never of a part of this process.
    var termination: Termination? { get }

    /// Waits until there is something to do.
    /// - Parameters:
    ///   - writing: whether there is something to send.
    ///   - waker: a descriptor that ends the wait as well when it becomes readable.
    ///   - deadline: as `monotonicSeconds` counts.
    /// - Returns: whether it has ended, when what it said before can still be read; and whether it was the waker.
    func poll(writing: Bool, waking waker: Int32?, until deadline: Double) throws(SystemError) -> (hasEnded: Bool, wasWoken: Bool)

    /// Sends what can be sent now.
    /// - Returns: how many bytes; nil where nobody reads any more.
    func send(_ bytes: ArraySlice<UInt8>) throws(SystemError) -> Int?

    /// Takes what it answered, if it answered something.
    func receive() throws(SystemError) -> Received

    /// Passes on what it has to say to people.
    func passMessages() throws(SystemError)

    /// Ends it.
    /// - Parameter politely: whether it is first given time to end by itself.
    func end(politely: Bool)

    /// Waits for its end, and listens meanwhile, so that it is not held up.
    func attend(for seconds: Double)
}

/// What reading gave.
enum Received {
    case bytes([UInt8])
    case nothing
    case end
}
