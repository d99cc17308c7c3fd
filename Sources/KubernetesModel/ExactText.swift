extension StringProtocol {
    /// Whether two texts have the same bytes, as servers compare them. Swift's `==` takes "é" for "e" with an accent.
    public func isExactly(_ other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }
}

extension Dictionary where Key == String {
    /// The value of the key that has the same bytes. A dictionary holds one of two keys that only the form of Unicode
    /// tells apart; setting the one removes the other.
    public subscript(exactly name: String) -> Value? {
        get {
            guard let index = index(forKey: name), self[index].key.isExactly(name) else { return nil }
            return self[index].value
        }
        set {
            if let index = index(forKey: name), !self[index].key.isExactly(name) {
                if newValue == nil { return }
                remove(at: index)
            }
            self[name] = newValue
        }
    }

    /// The keys of both, each once.
    func names(with other: [String: Value]) -> [String] { keys + other.keys.filter { self[exactly: $0] == nil } }
}
