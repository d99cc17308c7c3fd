import Deployments
import Git
import Glibc
import Rendering

/// Every path that is desired or ours, in order, each once: the two lists and the paths that an
/// interrupted deployment may have touched, merged.
struct Candidates {
    let desired: [Resource]
    let owned: [Resource]
    /// The paths of `Inventory.mayHold`.
    let pending: [RepositoryPath]
    private let mayHold: [RepositoryPath: [Resource]]
    private var next = (desired: 0, owned: 0, pending: 0)

    struct Candidate {
        let path: RepositoryPath
        let desired: Resource?
        let owned: Resource?
        /// What an interrupted deployment may have left there; nil where it had nothing to do with it.
        let mayHold: [Resource]?
    }

    /// - Throws: where two desired resources have one path, or one lies below another.
    init(_ desired: DesiredState, _ inventory: Inventory) throws(TargetError) {
        self.desired = Candidates.sorted(desired.resources, \.path)
        owned = Candidates.sorted(inventory.owned, \.path)
        pending = Candidates.sorted(Array(inventory.mayHold.keys), \.self)
        mayHold = inventory.mayHold
        for index in self.desired.indices.dropFirst()
        where Candidates.order(self.desired[index - 1].path, self.desired[index].path) == 0 {
            throw TargetError("refusing to write '\(self.desired[index].path)': it is desired twice")
        }
    }

    mutating func advance() -> Candidate? {
        let a = next.desired < desired.count ? desired[next.desired] : nil
        let b = next.owned < owned.count ? owned[next.owned] : nil
        let c = next.pending < pending.count ? pending[next.pending] : nil
        guard var path = a?.path ?? b?.path ?? c else { return nil }
        if let b, Candidates.order(b.path, path) < 0 { path = b.path }
        if let c, Candidates.order(c, path) < 0 { path = c }
        let isDesired = a.map { Candidates.order($0.path, path) == 0 } ?? false
        let isOwned = b.map { Candidates.order($0.path, path) == 0 } ?? false
        let isPending = c.map { Candidates.order($0, path) == 0 } ?? false
        if isDesired { next.desired += 1 }
        if isOwned { next.owned += 1 }
        if isPending { next.pending += 1 }
        return Candidate(
            path: path, desired: isDesired ? a : nil, owned: isOwned ? b : nil,
            mayHold: isPending ? mayHold[path] : nil)
    }

    /// Whether something desired lies below a folder.
    func isDesired(below folder: RepositoryPath) -> Bool {
        Candidates.isAny(of: desired, \.path, below: folder)
    }

    /// Whether something of ours lies, or may lie, below a folder.
    func isOurs(below folder: RepositoryPath) -> Bool {
        Candidates.isAny(of: owned, \.path, below: folder) || Candidates.isAny(of: pending, \.self, below: folder)
    }

    /// Whether a path itself is desired.
    func isDesired(_ path: RepositoryPath) -> Bool {
        Candidates.contains(desired, \.path, path)
    }

    /// Byte by byte, as git orders an index: negative, 0 or positive.
    static func order(_ a: RepositoryPath, _ b: RepositoryPath) -> Int {
        let left = a.bytes
        let right = b.bytes
        let answer = memcmp(left, right, min(left.count, right.count))
        return answer != 0 ? Int(answer) : left.count - right.count
    }

    /// The lists come sorted; that is checked, since all that follows relies on it.
    private static func sorted<Element>(_ list: [Element], _ path: (Element) -> RepositoryPath) -> [Element] {
        let isSorted = list.indices.dropFirst().allSatisfy { order(path(list[$0 - 1]), path(list[$0])) <= 0 }
        return isSorted ? list : list.sorted { order(path($0), path($1)) < 0 }
    }

    /// The first index whose path is not before the given one.
    static func index<Element>(
        in list: [Element], _ path: (Element) -> RepositoryPath, notBefore target: RepositoryPath
    ) -> Int {
        var low = 0
        var high = list.count
        while low < high {
            let middle = (low + high) / 2
            if order(path(list[middle]), target) < 0 { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private static func contains<Element>(
        _ list: [Element], _ path: (Element) -> RepositoryPath, _ target: RepositoryPath
    ) -> Bool {
        let index = index(in: list, path, notBefore: target)
        return index < list.count && order(path(list[index]), target) == 0
    }

    private static func isAny<Element>(
        of list: [Element], _ path: (Element) -> RepositoryPath, below folder: RepositoryPath
    ) -> Bool {
        let first = RepositoryPath(bytes: folder.bytes + [UInt8(ascii: "/")])
        let index = index(in: list, path, notBefore: first)
        return index < list.count && path(list[index]).isWithin(folder)
    }
}
