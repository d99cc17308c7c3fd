/// A named format of strings (library/format.go of k8s.io/apiserver).
public struct CELFormat: Sendable {
    static let names: Set<String> = [
        "dns1123Label", "dns1123Subdomain", "dns1035Label", "qualifiedName", "dns1123LabelPrefix",
        "dns1123SubdomainPrefix", "dns1035LabelPrefix", "labelValue", "uri", "uuid", "byte", "date", "datetime",
    ]

    let name: String

    private static let label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
    private static let label1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
    private static let subdomain = label + "(\\." + label + ")*"
    private static let qualified = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"

    /// What is wrong with a text, in the words of k8s.io/apimachinery; empty
    /// where nothing is.
    func validate(_ text: String) -> [String] {
        var masked = text
        // maskTrailingDash of k8s.io/apimachinery/pkg/api/validation.
        if name.hasSuffix("Prefix"), text.utf8.count > 1, text.hasSuffix("-") {
            masked = String(decoding: text.utf8.dropLast(2), as: UTF8.self) + "a"
        }
        switch name {
        case "dns1123Label", "dns1123LabelPrefix":
            var errors = tooLong(masked, 63)
            if !matches(Self.label, masked) {
                errors.append(
                    matches(Self.subdomain, masked)
                        ? "must not contain dots"
                        : "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '\(Self.label)')")
            }
            return errors
        case "dns1123Subdomain", "dns1123SubdomainPrefix": return subdomainErrors(masked)
        case "dns1035Label", "dns1035LabelPrefix":
            var errors = tooLong(masked, 63)
            if !matches(Self.label1035, masked) {
                errors.append(
                    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '\(Self.label1035)')")
            }
            return errors
        case "qualifiedName": return qualifiedNameErrors(text)
        case "labelValue":
            var errors = tooLong(text, 63)
            if !text.isEmpty, !matches(Self.qualified, text) {
                errors.append(
                    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(\(Self.qualified))?')")
            }
            return errors
        case "uri": return CELURL.isRequestURI(text) ? [] : ["parse \(CELText.quoted(text)): invalid URI for request"]
        case "uuid":
            return matches("(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", text)
                ? [] : ["does not match the UUID format"]
        case "byte":
            return matches(
                "(?:[A-Za-z0-9+\\/]{4})*(?:[A-Za-z0-9+\\/]{2}==|[A-Za-z0-9+\\/]{3}=|[A-Za-z0-9+\\/]{4})", text)
                ? [] : ["invalid base64"]
        case "date": return CELTime.isDate(text) ? [] : ["invalid date"]
        default: return isDateTime(text) ? [] : ["invalid datetime"]
        }
    }

    private func matches(_ pattern: String, _ text: String) -> Bool {
        (try? RegularExpression("^(?:" + pattern + ")$"))?.matches(text) ?? false
    }

    private func tooLong(_ text: String, _ limit: Int) -> [String] {
        text.utf8.count > limit ? ["must be no more than \(limit) bytes"] : []
    }

    private func subdomainErrors(_ text: String) -> [String] {
        var errors = tooLong(text, 253)
        if !matches(Self.subdomain, text) {
            errors.append(
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '\(Self.subdomain)')")
        }
        return errors
    }

    private func qualifiedNameErrors(_ text: String) -> [String] {
        let rule =
            "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '\(Self.qualified)')"
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
        guard parts.count <= 2 else {
            return ["a valid label key \(rule) with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]
        }
        var errors: [String] = []
        if parts.count == 2 {
            errors = parts[0].isEmpty ? ["prefix part must be non-empty"] : subdomainErrors(parts[0]).map { "prefix part " + $0 }
        }
        let name = parts[parts.count - 1]
        if name.isEmpty { errors.append("name part must be non-empty") }
        errors += tooLong(name, 63).map { "name part " + $0 }
        if !matches(Self.qualified, name) { errors.append("name part " + rule) }
        return errors
    }

    /// IsDateTime of k8s.io/kube-openapi/pkg/validation/strfmt.
    private func isDateTime(_ text: String) -> Bool {
        guard text.utf8.count >= 4 else { return false }
        let parts = text.lowercased().split(separator: "t", omittingEmptySubsequences: false)
        guard parts.count >= 2, CELTime.isDate(parts[0]),
            matches("([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))", String(parts[1]))
        else { return false }
        let time = Array(parts[1].utf8)
        func two(_ index: Int) -> Int { Int(time[index] - 0x30) * 10 + Int(time[index + 1] - 0x30) }
        return two(0) <= 23 && two(3) <= 59 && two(6) <= 59
    }
}
