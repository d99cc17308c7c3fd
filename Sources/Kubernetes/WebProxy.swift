public import AsyncHTTPClient

/// The proxy that the variables of a process name for an address of HTTP; nil where it is spoken to directly.
/// - Parameters:
///   - url: what is asked for.
///   - variables: those of the process: `HTTPS_PROXY`, `NO_PROXY` and their like.
/// - Throws: where the proxy is of a kind that is not supported.
public func webProxy(for url: String, variables: [String: String]) throws(ClusterError) -> HTTPClient.Configuration.Proxy? {
    guard let server = Endpoint(url), let text = ProxyVariables(variables).proxy(for: server) else { return nil }
    return Transport.setting(try Transport.proxy(at: text))
}
