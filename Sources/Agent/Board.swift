import Deployments
import Git
import Posix
import Synchronization

/// What the agent knows at the moment, for those who ask and for its own parts: which are threads.
final class Board: Sendable {
    struct Pull: Sendable {
        /// When a fetch last went well; monotonic seconds and the wall clock's.
        var succeeded: Double?
        var time: Moment?
        /// Since when fetches have failed; monotonic.
        var failing: Double?
        /// When its thread last went round.
        var beat: Double
        /// Why the last one failed.
        var problem: String?
        var isFirstRoundOver = false
    }

    struct Branch: Sendable {
        var accepted: ObjectID?
        /// Why what the remote has is not followed, the commit that it has, and since when; monotonic.
        var hold: String?
        var refused: ObjectID?
        var heldSince: Double?
    }

    struct Place: Sendable {
        /// The branch that it follows, as a full name.
        var branch = ""
        /// The commit that is to be deployed, and when that was first seen.
        var wanted: ObjectID?
        var wantedSince = 0.0
        /// The commit of which it is known that live is as it says.
        var settled: ObjectID?
        var time: Moment?
        /// The commit for which it was seen to last.
        var attempted: ObjectID?
        /// Why what is wanted is not deployed, and the commit that may not be.
        var hold: String?
        var refused: ObjectID?
        /// Whether a deployment has told why.
        var isHoldRecorded = false
        var drifted = 0
        /// Whether what is kept of drift, or that nothing is, is by what was seen since the agent began.
        var knowsDrift = false
        /// Why nobody can tell how what runs is.
        var unseen: String?
        var isIll = false
        var isSuspended = false
        /// When a deployment that failed is tried again; monotonic.
        var retryAt: Double?
        var failures = 0
    }

    struct State: Sendable {
        var pull: Pull
        var branches: [String: Branch] = [:]
        var places: [String: Place] = [:]
        /// Environments that wait for a thread to see to them.
        var queued: [String] = []
        var running: Set<String> = []
        /// Deployments and repairs under way.
        var deploying = 0
        /// References that the remote has not taken, and why.
        var unpushed: [String: String] = [:]
        /// Records of the remote that go another way than ours.
        var diverged: [String: String] = [:]
        var isStopping = false

        /// What keeps environments from being what the repository says and was told by no deployment, by their names.
        var obstacles: [String: Obstacle] {
            places.compactMapValues { place in
                if let branch = branches[place.branch], let hold = branch.hold { return Obstacle(reason: hold, commit: branch.refused) }
                guard let hold = place.hold, !place.isHoldRecorded, !place.isSuspended else { return nil }
                return Obstacle(reason: hold, commit: place.refused)
            }
        }

        /// Whether an environment follows its branch, and what runs there is healthy.
        func isWell(_ name: String) -> Bool {
            guard let place = places[name] else { return false }
            return !place.isIll && place.hold == nil && branches[place.branch]?.hold == nil
        }

        /// Seconds for which an environment has been behind its branch at the remote.
        func lag(of place: Place, at now: Double) -> Double {
            let since = [place.wanted == place.settled ? nil : place.wantedSince, branches[place.branch]?.heldSince].compactMap { $0 }.min()
            return since.map { max(0, now - $0) } ?? 0
        }

        /// Whether an environment is known to be what its branch at the remote says.
        func isInSync(_ place: Place) -> Bool {
            place.settled != nil && place.settled == branches[place.branch]?.accepted && place.hold == nil && place.unseen == nil && place.drifted == 0
                && branches[place.branch]?.hold == nil
        }
    }

    private let state: Mutex<State>

    init() {
        state = Mutex(State(pull: Pull(beat: monotonicSeconds())))
    }

    var now: State { state.withLock { $0 } }

    var isStopping: Bool { state.withLock { $0.isStopping } }

    @discardableResult func change<Result>(_ body: (inout sending State) -> sending Result) -> sending Result {
        state.withLock { body(&$0) }
    }

    /// Changes what is known of an environment; one that is no longer kept stays forgotten.
    func change(_ environment: String, _ body: (inout Place) -> Void) {
        state.withLock { state in
            guard var place = state.places[environment] else { return }
            body(&place)
            state.places[environment] = place
        }
    }

    func place(_ environment: String) -> Place {
        state.withLock { $0.places[environment] ?? Place() }
    }
}
