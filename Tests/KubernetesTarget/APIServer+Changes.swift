import TestSupport

extension APIServer {
    /// Changes by HTTP what kubectl has no command for, such as `status`.
    func change(_ method: String, _ path: String, type: String = "application/json", _ body: String) throws {
        let answer = try request(method, path, type: type, body)
        guard (200..<300).contains(answer.status) else { throw TestFailure("\(method) \(path): \(answer.status) \(answer.body)") }
    }
}
