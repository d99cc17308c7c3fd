import Posix

extension Notice {
    /// The form for programs, version 1 of git-ops-notify(1): an object without line breaks. What is not known
    /// is not there.
    public var json: String {
        var fields = [("version", "1"), ("id", quoted(id)), ("kind", quoted(kind.rawValue))]
        // A trial is of none.
        if kind != .test { fields.append(("environment", quoted(environment))) }
        fields += [("time", quoted(time.timestamp)), ("summary", quoted(summary))]
        func add(_ name: String, _ value: String?) {
            if let value { fields.append((name, quoted(value))) }
        }
        add("reason", reason)
        add("commit", commit)
        add("subject", subject)
        add("branch", branch)
        add("actor", actor)
        add("deployment", deployment)
        if let number { fields.append(("number", String(number))) }
        add("ref", reference)
        add("previous", previous?.rawValue)
        add("through", through?.rawValue)
        if isWell { fields.append(("well", "true")) }
        add("host", host)
        add("repository", repository)
        if !details.isEmpty { fields.append(("details", "[" + details.map(quoted).joined(separator: ",") + "]")) }
        return "{" + fields.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    }

    /// What happened where, in one line: `production: failed: reload ended with exit code 1`.
    public var headline: String {
        let what = kind == .test ? kind.rawValue : "\(environment): \(kind.rawValue)"
        return summary.isEmpty ? what : "\(what): \(summary)"
    }

    /// The form for people, in lines: the headline, the details, and what it is about.
    public var text: String {
        var lines = [headline]
        lines += details.map { "  " + $0 }
        if let commit { lines.append("commit \(commit)" + (subject.map { " (\($0))" } ?? "")) }
        if let branch { lines.append("branch \(branch)") }
        if let actor { lines.append("by \(actor)") }
        if let deployment {
            lines.append("deployment " + (number.map { "\($0), " } ?? "") + deployment + (reference.map { " in \($0)" } ?? ""))
        }
        if let previous { lines.append("before: \(previous.rawValue)") }
        if host != nil || repository != nil {
            lines.append([host.map { "on \($0)" }, repository.map { "in \($0)" }].compactMap { $0 }.joined(separator: " "))
        }
        lines.append("at \(time.timestamp)")
        return lines.joined(separator: "\n") + "\n"
    }
}

/// A string as JSON has it (RFC 8259, 7).
private func quoted(_ text: String) -> String {
    let digits = Array("0123456789abcdef")
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\t": result += "\\t"
        case _ where scalar.value < 0x20: result += "\\u00" + String(digits[Int(scalar.value >> 4)]) + String(digits[Int(scalar.value & 15)])
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}
