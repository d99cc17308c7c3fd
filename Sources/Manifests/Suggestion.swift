/// The known word that a person who mistyped probably meant.
public enum Suggestion {
    /// The known word nearest to an unknown one.
    ///
    /// - Parameters:
    ///   - word: the word that is not known.
    ///   - known: the words that are, in order of preference.
    /// - Returns: the nearest, if it is near enough to be worth saying.
    public static func nearest(to word: String, among known: some Sequence<String>) -> String? {
        let letters = Array(word.utf8)
        // Long words come from hostile files, and the comparison is quadratic.
        guard !letters.isEmpty, letters.count <= 64 else { return nil }
        let tolerance = max(1, letters.count / 3)
        var best: (word: String, distance: Int)?
        for candidate in known where candidate != word {
            let distance = distance(lowercase(letters), lowercase(Array(candidate.utf8)))
            if distance <= tolerance && distance < best?.distance ?? .max {
                best = (candidate, distance)
            }
        }
        return best?.word
    }

    /// The hint `did you mean "ports"?`, if there is a near enough word.
    public static func hint(for word: String, among known: some Sequence<String>) -> String? {
        nearest(to: word, among: known).map { "did you mean \"\($0)\"?" }
    }

    private static func lowercase(_ letters: [UInt8]) -> [UInt8] {
        letters.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    }

    /// Insertions, deletions, substitutions and swaps of neighbours (optimal
    /// string alignment).
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var twoAbove = [Int](repeating: 0, count: right.count + 1)
        var above = Array(0...right.count)
        var row = above
        for i in left.indices {
            row[0] = i + 1
            for j in right.indices {
                let substitution = above[j] + (left[i] == right[j] ? 0 : 1)
                row[j + 1] = min(substitution, above[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    row[j + 1] = min(row[j + 1], twoAbove[j - 1] + 1)
                }
            }
            (twoAbove, above, row) = (above, row, twoAbove)
        }
        return above[right.count]
    }
}
