import Deployments
import Git
import Glibc
import Posix
import Synchronization

/// What a plan found under a path.
struct Seen {
    enum Look: Equatable {
        /// Nothing, nor perhaps the folder that it would be in.
        case nothing
        /// Something else is in the place of a folder on the way.
        case blocked
        case file(Sighting)
        case folder
        /// A fifo, a socket or a device.
        case special(mode_t)

        init(_ status: stat) {
            switch status.st_mode & S_IFMT {
            case S_IFREG, S_IFLNK: self = .file(Sighting(status))
            case S_IFDIR: self = .folder
            case let kind: self = .special(kind)
            }
        }
    }

    let path: RepositoryPath
    let look: Look
    /// What a file held.
    var blob: ObjectID?
}

/// Tells when what a plan has seen in a directory is no longer so.
///
/// What is compared is states, not events: those only say where to look. Each folder is watched before what is in it
/// is looked at, so that nothing is missed in between, also not what changed after the plan. What no event tells of is
/// found by a look at everything now and then: what another machine changes on a network file system, what is written
/// through a mapping, and what is written by another name of a file, since even that a hard link is made is not told.
final class DirectoryWatch {
    /// Seconds.
    private static let pace = (asking: 0.5, reassuring: 5.0, settling: 0.1, sweeping: 5.0...300.0)
    /// How much longer than a look at everything it is until the next one, where nobody else in this process looks.
    private static let rest = (seeing: 500.0, blind: 50.0)
    /// How many there are in this process: together they take no more time than one alone.
    private static let number = Atomic<Int>(0)
    /// A file that changes again within the tick of the clock that its time was taken from looks the same, in nanoseconds.
    private static let tick: Int64 = 50_000_000

    private let directory: String
    private let tell: (String) -> Void
    /// The most folders that are watched; for tests.
    var limit: Int
    private var watch: FolderWatch?
    private var isBlind = false
    /// For tests.
    var descriptor: Int32? { watch?.descriptor }

    private var seen: [Seen] = []
    /// When the plan was made, in nanoseconds since 1970 and by a clock that never jumps.
    private var planned: (from: Int64, to: Int64, at: Double) = (0, 0, 0)
    /// Which directory the path led to when everything was looked at; nil where it led to none.
    private var root: FileStamp?
    private var folders: [Int32: [RepositoryPath]] = [:]

    /// - Parameter tell: given a line where it cannot watch and looks instead.
    init(_ directory: String, limit: Int = .max, tell: @escaping (String) -> Void) {
        self.directory = directory
        self.limit = limit
        self.tell = tell
        DirectoryWatch.number.add(1, ordering: .relaxed)
    }

    deinit { DirectoryWatch.number.subtract(1, ordering: .relaxed) }

    /// From now on, what a plan has seen is what is to be compared with.
    /// - Parameter times: when the plan was begun and ended, in nanoseconds since 1970.
    func expect(_ seen: [Seen], from times: (begin: Int64, end: Int64)) {
        self.seen = seen
        planned = (times.begin, times.end, monotonicSeconds())
    }

    /// Waits until something is not as it was seen.
    /// - Returns: what; none where `isOver` has ended it.
    /// - Parameter waker: see `Target.awaitChange(unless:waking:)`.
    func awaitChange(unless isOver: () -> Bool, waking waker: Int32? = nil) throws(TargetError) -> [RepositoryPath] {
        var isSweepDue = true
        var nextSweep = 0.0
        let asking = waker == nil ? DirectoryWatch.pace.asking : DirectoryWatch.pace.reassuring
        var nextAsking = monotonicSeconds() + asking
        var places: Set<RepositoryPath> = []
        while true {
            var changed: [RepositoryPath] = []
            if isSweepDue {
                let begun = monotonicSeconds()
                changed = try look(at: seen, watching: true)
                places = []
                nextSweep = monotonicSeconds() + pause(afterSweep: monotonicSeconds() - begun)
            } else if !places.isEmpty {
                changed = try look(at: entries(at: places), watching: false)
                places = []
            }
            if !changed.isEmpty {
                // What changes without end is not planned without end.
                while monotonicSeconds() - planned.at < DirectoryWatch.pace.asking { _ = poll(nil, 0, 50) }
                // It may be us.
                return isOver() ? [] : changed
            }
            let now = monotonicSeconds()
            if now >= nextAsking {
                if isOver() { return [] }
                nextAsking = now + asking
            }
            if pause(until: min(nextAsking, nextSweep), waking: waker) { nextAsking = 0 }
            isSweepDue = try readEvents(&places) || identity() != root || monotonicSeconds() >= nextSweep
        }
    }

    /// Where there is much to look at, that must not take all the time there is.
    private func pause(afterSweep seconds: Double) -> Double {
        let range = DirectoryWatch.pace.sweeping
        let others = Double(DirectoryWatch.number.load(ordering: .relaxed))
        guard !isBlind else { return max(range.lowerBound, DirectoryWatch.rest.blind * seconds) }
        return min(max(range.lowerBound, DirectoryWatch.rest.seeing * seconds * others), range.upperBound) * Double.random(in: 0.8...1.2)
    }

    /// - Returns: whether it was woken.
    private func pause(until moment: Double, waking waker: Int32?) -> Bool {
        let patience = Int32(max(0, (moment - monotonicSeconds()) * 1000).rounded(.up))
        // Descriptors below zero are passed over.
        var polls = [watch?.descriptor ?? -1, waker ?? -1].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        guard poll(&polls, nfds_t(polls.count), patience) > 0 else { return false }
        // What changes together is looked at together.
        if polls[0].revents != 0 { _ = poll(nil, 0, Int32(DirectoryWatch.pace.settling * 1000)) }
        return polls[1].revents != 0
    }

    /// - Parameter places: the paths of the plan that something happened to.
    /// - Returns: whether everything is to be looked at.
    private func readEvents(_ places: inout Set<RepositoryPath>) throws(TargetError) -> Bool {
        guard let watch else { return false }
        let events: [FolderWatch.Event]
        do throws(SystemError) {
            events = try watch.events()
        } catch {
            throw TargetError(error.description)
        }
        var isAnything = false
        for event in events {
            if event.isOverflow { isAnything = true }
            guard let holding = folders[event.watch] else { continue }
            if event.isEnd { folders[event.watch] = nil }
            if event.isEnd || event.isDeparture { isAnything = true }
            guard !event.name.isEmpty else { continue }
            for folder in holding {
                let path = folder.appending(event.name)
                if isOnTheWay(path) { isAnything = true } else { places.insert(path) }
            }
        }
        return isAnything
    }

    /// Whether something that was planned lies below a path.
    private func isOnTheWay(_ path: RepositoryPath) -> Bool {
        let index = Candidates.index(in: seen, \.path, notBefore: RepositoryPath(bytes: path.bytes + [UInt8(ascii: "/")]))
        return index < seen.count && seen[index].path.isWithin(path)
    }

    /// Those of some paths that were planned, in order.
    private func entries(at places: Set<RepositoryPath>) -> [Seen] {
        places.sorted { Candidates.order($0, $1) < 0 }.compactMap { path in
            let index = Candidates.index(in: seen, \.path, notBefore: path)
            return index < seen.count && seen[index].path == path ? seen[index] : nil
        }
    }

    private func identity() -> FileStamp? {
        var status = stat()
        guard stat(directory, &status) == 0 else { return nil }
        return DirectoryWatch.identity(status)
    }

    /// What a directory is told by, whatever happens in it.
    private static func identity(_ status: stat) -> FileStamp {
        var stamp = FileStamp(status)
        (stamp.size, stamp.modified, stamp.changed) = (0, 0, 0)
        return stamp
    }

    // MARK: Looking

    /// Looks at what was planned.
    /// - Parameter watching: whether the folders on the way are watched from now on, and no others.
    /// - Returns: what is not as it was seen.
    private func look(at entries: [Seen], watching: Bool) throws(TargetError) -> [RepositoryPath] {
        var place = FolderWalk.Place.absent(FolderWalk.Absence(device: nil, outermost: nil))
        var now: [Int32: [RepositoryPath]] = [:]
        if watching { begin() }
        switch Folder.open(root: directory) {
        case .opened(let folder):
            if watching {
                var status = stat()
                root = fstat(folder.number, &status) == 0 ? DirectoryWatch.identity(status) : nil
                add(folder, .root, to: &now)
            }
            place = .open(folder)
        case .absent: if watching { root = nil }
        case .occupied: throw TargetError("'\(directory)' is not a directory")
        case .failed(let error): throw TargetError(error, "cannot open directory '\(directory)'")
        }
        var walk = FolderWalk(root: place)
        var changed: [RepositoryPath] = []
        for entry in entries {
            let place = try walk.place(holding: entry.path) { path, place throws(TargetError) in
                guard case .open(let folder) = place else { return place }
                switch folder.open(path.name) {
                case .opened(let inner):
                    if watching { add(inner, path, to: &now) }
                    return .open(inner)
                case .absent: return .absent(FolderWalk.Absence(device: nil, outermost: nil))
                case .occupied: return .blocked
                case .failed(let error): throw TargetError(error, "cannot open folder '\(path)'")
                }
            }
            if try !isAsSeen(entry, at: place) { changed.append(entry.path) }
        }
        if watching {
            for old in folders.keys where now[old] == nil { watch?.remove(old) }
            folders = now
            // What took all that there was may have ended.
            if isBlind, watch != nil {
                isBlind = false
                tell("'\(directory)' can be watched again")
            }
        }
        return changed
    }

    private func isAsSeen(_ entry: Seen, at place: FolderWalk.Place) throws(TargetError) -> Bool {
        let folder: Folder
        switch place {
        case .absent: return entry.look == .nothing
        case .blocked: return entry.look == .blocked
        case .open(let opened): folder = opened
        }
        var status = stat()
        switch folder.status(entry.path.name, &status) {
        case 0: break
        case ENOENT: return entry.look == .nothing
        case let error: throw TargetError(error, "cannot read '\(entry.path)'")
        }
        guard Seen.Look(status) == entry.look else { return false }
        guard case .file(let sighting) = entry.look, let blob = entry.blob,
            (planned.from - DirectoryWatch.tick...planned.to + DirectoryWatch.tick).contains(sighting.stamp.changed)
        else { return true }
        return (try? LiveFiles(cache: nil).blob(of: entry.path, in: folder, sighting)) == blob
    }

    // MARK: Watching

    private func begin() {
        guard watch == nil else { return }
        do throws(SystemError) {
            watch = try FolderWatch()
        } catch {
            goBlind(error)
        }
    }

    private func add(_ folder: Folder, _ path: RepositoryPath, to now: inout [Int32: [RepositoryPath]]) {
        guard let watch else { return }
        do throws(SystemError) {
            guard now.count < limit else { throw SystemError(ENOSPC, "cannot watch a folder") }
            // One that is mounted in two places has one watch.
            now[try watch.add(folder: folder.number), default: []].append(path)
        } catch {
            goBlind(error)
        }
    }

    /// Watching some of it would be taken for watching all.
    private func goBlind(_ error: SystemError) {
        watch = nil
        // It is tried again with each look at everything, and said once.
        guard !isBlind else { return }
        isBlind = true
        let why =
            switch error.number {
            case ENOSPC: "the limit fs.inotify.max_user_watches is reached"
            case EMFILE: "the limit fs.inotify.max_user_instances is reached"
            default: error.reason
            }
        tell("cannot watch '\(directory)', looking every few seconds: \(why)")
    }
}
