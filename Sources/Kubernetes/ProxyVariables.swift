import Glibc

/// Which proxy the variables of a process name for a server (`Config.ProxyFunc` of golang.org/x/net/http/httpproxy,
/// which `http.ProxyFromEnvironment` of Go and so kubectl goes by).
struct ProxyVariables {
    private let variables: [String: String]

    init(_ variables: [String: String]) {
        self.variables = variables
    }

    /// The proxy for a server, as it is written; nil where it is spoken to directly.
    func proxy(for server: Endpoint) -> String? {
        let names = server.scheme == "https" ? ["HTTPS_PROXY", "https_proxy"] : ["HTTP_PROXY", "http_proxy"]
        guard let proxy = first(names), goesThroughProxy(server) else { return nil }
        // A program that a web server runs has what a visitor sent as header `Proxy` in there.
        if server.scheme == "http", variables["REQUEST_METHOD"]?.isEmpty == false { return nil }
        return proxy.contains("://") ? proxy : "http://" + proxy
    }

    private func first(_ names: [String]) -> String? {
        names.lazy.compactMap { variables[$0] }.first { !$0.isEmpty }
    }

    /// As `useProxy` and `init` there.
    private func goesThroughProxy(_ server: Endpoint) -> Bool {
        let address = addressBytes(server.host)
        if server.host == "localhost" || address.map(isLoopback) == true { return false }
        for word in (first(["NO_PROXY", "no_proxy"]) ?? "").split(separator: ",") {
            let rule = word.trimmed.lowercased()
            if rule == "*" { return false }
            if !rule.isEmpty, matches(rule, server, address) { return false }
        }
        return true
    }

    private func matches(_ rule: String, _ server: Endpoint, _ address: [UInt8]?) -> Bool {
        if let slash = rule.firstIndex(of: "/"), let network = addressBytes(String(rule[..<slash])),
            let length = Int(rule[rule.index(after: slash)...]), 0...(network.count * 8) ~= length
        {
            guard let address, address.count == network.count else { return false }
            return (0..<length).allSatisfy { bit in (address[bit / 8] ^ network[bit / 8]) & (0x80 >> UInt8(bit % 8)) == 0 }
        }
        var host = rule[...]
        var port: Int?
        if rule.hasPrefix("["), let end = rule.firstIndex(of: "]") {
            host = rule[rule.index(after: rule.startIndex)..<end]
            port = Int(rule[rule.index(after: end)...].dropFirst())
        } else if rule.filter({ $0 == ":" }).count == 1, let colon = rule.firstIndex(of: ":") {
            host = rule[..<colon]
            port = Int(rule[rule.index(after: colon)...])
        }
        if let port, port != server.port { return false }
        if let other = addressBytes(String(host)) { return other == address }
        if host.isEmpty { return false }
        if host.hasPrefix("*.") { host = host.dropFirst() }
        // `.a.b` is what is below a.b, `a.b` that and itself.
        if host.hasPrefix(".") { return server.host.hasSuffix(host) }
        return server.host == host || server.host.hasSuffix("." + host)
    }

    private func isLoopback(_ address: [UInt8]) -> Bool {
        address.count == 4 ? address[0] == 127 : address == [UInt8](repeating: 0, count: 15) + [1]
    }
}

/// The 4 or 16 bytes of an address; nil where it is a name.
func addressBytes(_ host: String) -> [UInt8]? {
    var four = in_addr()
    if inet_pton(AF_INET, host, &four) == 1 { return withUnsafeBytes(of: four) { Array($0) } }
    var six = in6_addr()
    if inet_pton(AF_INET6, host, &six) == 1 { return withUnsafeBytes(of: six) { Array($0) } }
    return nil
}

extension StringProtocol {
    /// Without blanks at its ends.
    var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text = text.dropFirst() }
        while text.last?.isWhitespace == true { text = text.dropLast() }
        return String(text)
    }
}
