import Posix

/// Credentials of which a part is in files, which may change.
struct CredentialFiles: Sendable {
    /// A file that a field names.
    struct File: Sendable {
        /// Absolute.
        var path: String
        /// Of the field; nil in a pod.
        var place: Place?
        var hint: String?

        init(path: String, place: Place? = nil) {
            self.path = path
            self.place = place
        }

        /// - Parameter folder: what a relative path is in.
        init(_ given: Located<String>, folder: String) {
            path = Paths.join(folder, given.value)
            place = given.place
            hint = Paths.hint(for: given.value)
        }

        func fault(_ message: String, hint: String? = nil) -> KubeconfigError {
            place?.fault(message, hint: hint) ?? .plain(message, hint: hint)
        }

        /// - Parameters:
        ///   - name: of the field.
        ///   - limit: the most that is read, in bytes.
        func contents(_ name: String, limit: Int) throws(KubeconfigError) -> [UInt8] {
            let reason: String
            do throws(SystemError) {
                if let bytes = try Posix.contents(ofFile: path, limit: limit) { return bytes }
                reason = "there is no such file"
            } catch {
                reason = error.reason
            }
            throw fault("\"\(name)\": cannot read '\(path)': \(reason)", hint: hint)
        }
    }

    /// No token is longer; a header of HTTP could not hold it.
    private static let longestToken = 1 << 20

    var tokenFile: File?
    var certificate: File?
    var key: File?
    /// What is in no file. A token here is what serves while the file of one was never readable
    /// (client-go, transport.NewBearerAuthWithRefreshRoundTripper).
    var fixed = Credentials()

    /// Whether there are files at all.
    var isNeeded: Bool { tokenFile != nil || certificate != nil || key != nil }

    /// Reads all files.
    /// - Parameter isFirst: whether none was read before.
    func read(isFirst: Bool) throws(KubeconfigError) -> Credentials {
        var result = fixed
        if let certificate { result.certificate = try Material.certificate.read(certificate, "client-certificate") }
        if let key { result.key = try Material.key.read(key, "client-key") }
        if let tokenFile {
            do throws(KubeconfigError) {
                result.authorization = "Bearer " + (try token(tokenFile))
            } catch {
                guard isFirst, fixed.authorization != nil else { throw error }
            }
        }
        return result
    }

    /// The token in a file, without space around it (client-go, transport.fileTokenSource).
    private func token(_ file: File) throws(KubeconfigError) -> String {
        let bytes = try file.contents("tokenFile", limit: CredentialFiles.longestToken)
        let text = String(decoding: trimmed(bytes), as: UTF8.self)
        guard !text.isEmpty else { throw file.fault("\"tokenFile\": '\(file.path)' is empty") }
        guard HeaderText.isFit(text) else { throw file.fault("\"tokenFile\": '\(file.path)' holds more than one line") }
        return text
    }
}

/// Bytes without space at either end.
func trimmed(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
    let start = bytes.drop(while: isSpace)
    return start.prefix((start.lastIndex { !isSpace($0) } ?? start.startIndex - 1) - start.startIndex + 1)
}
