import Deployments
import Git
import Glibc

/// Leads along a sorted list of paths and keeps the folders on the way open, so that each folder is
/// opened once and each file costs no more than a call by its name.
struct FolderWalk {
    enum Place {
        case open(Folder)
        /// There is no such folder.
        case absent(Absence)
        /// Something that stays is in its place.
        case blocked
    }

    /// A folder that is not there.
    struct Absence {
        /// The file system where it would be made; nil where the root is not there either.
        let device: dev_t?
        /// The outermost folder that is missing with it; nil for the root.
        let outermost: RepositoryPath?
        /// Whether something is in its place that leaves.
        var isOccupied = false
    }

    /// The path of the innermost folder.
    private var path: [UInt8] = []
    /// The folders on the way to it; `end` is where the path of each ends.
    private var stack: [(end: Int, place: Place)]

    init(root: Place) {
        stack = [(0, root)]
    }

    /// The folder that holds a path.
    /// - Parameter enter: opens a folder, given its path and the place of the folder that holds it.
    mutating func place(
        holding target: RepositoryPath, _ enter: (RepositoryPath, Place) throws(TargetError) -> Place
    ) throws(TargetError) -> Place {
        let bytes = target.bytes
        let slash = UInt8(ascii: "/")
        let end = bytes.lastIndex(of: slash) ?? 0
        let shared = sharedPrefix(bytes, end)
        while let top = stack.last, top.end > 0, top.end > shared || (top.end < end && bytes[top.end] != slash) {
            stack.removeLast()
        }
        guard var (start, place) = stack.last else { return .blocked }
        while start < end {
            let nameStart = start == 0 ? 0 : start + 1
            let next = bytes[nameStart..<end].firstIndex(of: slash) ?? end
            let folder = RepositoryPath(bytes: Array(bytes[..<next]))
            // Entered only when it is known what is there: after an error the walk is as it was.
            place = try enter(folder, place)
            path = folder.bytes
            stack.append((next, place))
            start = next
        }
        if path.count != end { path.removeLast(path.count - end) }
        return place
    }

    /// The folder that holds a path, where all folders on the way must be there.
    mutating func folder(holding target: RepositoryPath) throws(TargetError) -> Folder {
        let hint = "somebody else writes there; try again"
        let place = try place(holding: target) { path, place throws(TargetError) in
            guard case .open(let parent) = place else { return place }
            switch parent.open(path.name) {
            case .opened(let folder): return .open(folder)
            case .absent: throw TargetError("'\(path)' changed meanwhile", hint: hint)
            case .occupied: throw TargetError("'\(path)' is no longer a folder", hint: hint)
            case .failed(let error): throw TargetError(error, "cannot open folder '\(path)'")
            }
        }
        guard case .open(let folder) = place else { throw TargetError("'\(target)' changed meanwhile", hint: hint) }
        return folder
    }

    /// How many bytes the path of the innermost folder has in common with the first `end` of `bytes`.
    private func sharedPrefix(_ bytes: [UInt8], _ end: Int) -> Int {
        let limit = min(path.count, end)
        if path.count == end, memcmp(path, bytes, end) == 0 { return end }
        var index = 0
        while index < limit, path[index] == bytes[index] { index += 1 }
        return index
    }
}
