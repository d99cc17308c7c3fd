import TestSupport

extension APIServer {
    struct Resource {
        let path: String
        let name: String
        let isNamespaced: Bool

        /// Where objects of the kind are made.
        func collection(in namespace: String) -> String {
            isNamespaced ? "\(path)/namespaces/\(namespace)/\(name)" : "\(path)/\(name)"
        }
    }

    /// What the server serves, by `<apiVersion> <kind>`.
    func resources() throws -> [String: Resource] {
        let core = try request("GET", "/api").body
        let groups = try request("GET", "/apis").body
        let versions =
            try jq(".versions[] | \"/api/\\(.)\"", core).split(separator: "\n")
            + jq(".groups[].versions[] | \"/apis/\\(.groupVersion)\"", groups).split(separator: "\n")
        let lists = try answers(to: versions.map { Request(path: String($0)) })
        var resources: [String: Resource] = [:]
        for (path, list) in zip(versions, lists) where list.status == 200 {
            let filter = ".groupVersion as $version | .resources[] | select(.name | contains(\"/\") | not)"
            let lines = try jq(filter + " | \"\\($version) \\(.kind) \\(.name) \\(.namespaced)\"", list.body)
            for line in lines.split(separator: "\n") {
                let words = line.split(separator: " ")
                resources["\(words[0]) \(words[1])"] = Resource(
                    path: String(path), name: String(words[2]), isNamespaced: words[3] == "true")
            }
        }
        return resources
    }

    /// Whether the server reports unknown and repeated fields when it is asked to (1.25 and later).
    func validatesFields() throws -> Bool {
        try request("GET", "/openapi/v2").body.contains("fieldValidation")
    }
}
