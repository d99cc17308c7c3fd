import Posix

/// The file that the traces of an environment are kept in.
struct TraceFile: Sendable {
    /// The most bytes that are read: some 200,000 objects.
    private static let limit = 64 << 20

    /// nil where nothing is to be kept.
    let path: String?

    /// What is kept of a subject; none where nothing can be read, whatever the reason is.
    func traces(of subject: String) -> Traces {
        guard let path, let bytes = try? contents(ofFile: path, limit: TraceFile.limit), let text = String(validating: bytes, as: UTF8.self)
        else { return Traces(subject: subject) }
        return Traces(text: text, subject: subject) ?? Traces(subject: subject)
    }

    /// Keeps traces where that can be done; who may not write there has to read whole objects each time.
    func keep(_ traces: Traces) {
        guard let path else { return }
        let bytes = Array(traces.text.utf8)
        guard bytes.count <= TraceFile.limit else { return }
        try? write(bytes, toFile: path)
    }
}
