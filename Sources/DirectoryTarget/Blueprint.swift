import Deployments
import Git
import Rendering

/// A plan with what carrying it out needs beside.
struct Blueprint {
    /// One change, and what the plan saw.
    struct Step {
        let change: Change
        /// What the file was when it was compared; nil where there was none, or a folder.
        let seen: Sighting?
        /// Where a file is moved that must be kept.
        let keptName: [UInt8]?
        /// The outermost folder on the way to it that is to be made; nil where all are there.
        let newFolder: RepositoryPath?

        init(
            _ change: Change, seen: Sighting? = nil, keptName: [UInt8]? = nil, newFolder: RepositoryPath? = nil
        ) {
            self.change = change
            self.seen = seen
            self.keptName = keptName
            self.newFolder = newFolder
        }
    }

    /// In the order of their paths, as the plan shows them.
    var steps: [Step] = []
    var unchanged = 0
    /// What was looked at, in the order of the paths.
    var seen: [Seen] = []
    var conflicts: [Plan.Conflict] = []
    /// The root as it was when the plan was made; nil where it is yet to be made.
    var root: Folder?
    /// Folders that were there before us and are needed.
    var found: [RepositoryPath] = []
    /// Folders that go, if nothing is left in them, because something of ours left them.
    var emptied: Set<RepositoryPath> = []
    /// Folders that must go, because a file takes their name.
    var replaced: Set<RepositoryPath> = []
    /// What is gone already: it need not be remembered.
    var gone: [RepositoryPath] = []

    var plan: Plan { Plan(changes: steps.map(\.change), unchanged: unchanged, conflicts: conflicts) }

    /// The step for a path; nil where there is none.
    func step(at path: RepositoryPath) -> Step? {
        let index = Candidates.index(in: steps, \.change.path, notBefore: path)
        return index < steps.count && steps[index].change.path == path ? steps[index] : nil
    }

    /// Whether this is what a plan shows.
    func isWhat(_ plan: Plan) -> Bool {
        plan.changes.count == steps.count
            && zip(plan.changes, steps).allSatisfy { $0.action == $1.change.action && $0.path == $1.change.path }
    }
}
