/// Small whole manifests, for the examples of rules.
enum Example {
    /// A Pod with one container, `web`.
    ///
    /// - Parameters:
    ///   - container: more lines of the container.
    ///   - spec: more lines of the pod's specification.
    ///   - metadata: more lines of the pod's metadata.
    static func pod(_ container: String = "", spec: String = "", metadata: String = "") -> String {
        """
        apiVersion: v1
        kind: Pod
        metadata:
          name: web\(indented(metadata, 2))
        spec:
          containers:
            - name: web
              image: example.com/web:1\(indented(container, 6))\(indented(spec, 2))
        """
    }

    /// A Deployment with one container, `web`.
    static func deployment(_ container: String = "", spec: String = "", metadata: String = "") -> String {
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
        spec:
          selector:
            matchLabels:
              app: web
          template:
            metadata:
              labels:
                app: web\(indented(metadata, 6))
            spec:
              containers:
                - name: web
                  image: example.com/web:1\(indented(container, 10))\(indented(spec, 6))
        """
    }

    /// A Pod with a volume that its container mounts.
    static func volume(_ source: String) -> String {
        """
        apiVersion: v1
        kind: Pod
        metadata:
          name: web
        spec:
          containers:
            - name: web
              image: example.com/web:1
              volumeMounts:
                - name: data
                  mountPath: /data
          volumes:
            - name: data\(indented(source, 6))
        """
    }

    private static func indented(_ text: String, _ depth: Int) -> String {
        guard !text.isEmpty else { return "" }
        let margin = "\n" + String(repeating: " ", count: depth)
        return margin + text.split(separator: "\n").joined(separator: margin)
    }
}
