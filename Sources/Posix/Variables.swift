import CPosix

/// The environment variables of this process, by name.
public func processVariables() -> [String: String] {
    var variables: [String: String] = [:]
    guard var entry = ops_environment() else { return variables }
    while let text = entry.pointee {
        let line = String(cString: text)
        if let equals = line.firstIndex(of: "=") {
            variables[String(line[..<equals])] = String(line[line.index(after: equals)...])
        }
        entry += 1
    }
    return variables
}
