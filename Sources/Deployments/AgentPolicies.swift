/// What is done with what somebody has changed.
public enum DriftPolicy: String, Sendable, CaseIterable {
    /// It is put back.
    case `repair`
    /// It is told.
    case warn
    /// It is told, and kept as a commit that can be merged.
    case record
}

/// What is done where a branch of the remote does not follow from what was accepted of it.
public enum RewritePolicy: String, Sendable, CaseIterable {
    case refuse, follow
}

/// What of a commit has to be signed by somebody who is trusted.
public enum SignaturePolicy: String, Sendable, CaseIterable {
    case none
    /// The commit itself.
    case head
    /// A tag that points to it.
    case tag
}

extension EnvironmentSettings {
    /// `ops.<environment>.drift`; `repair` where it is not set.
    /// - Throws: `SettingsError` where it is none of the words.
    public func driftPolicy() throws -> DriftPolicy { try word("drift") ?? .repair }
    /// `ops.<environment>.nonFastForward`; `refuse` where it is not set.
    /// - Throws: `SettingsError` where it is none of the words.
    public func rewritePolicy() throws -> RewritePolicy { try word("nonfastforward", "nonFastForward") ?? .refuse }
    /// `ops.<environment>.verify`; `none` where it is not set.
    /// - Throws: `SettingsError` where it is none of the words.
    public func signaturePolicy() throws -> SignaturePolicy { try word("verify") ?? .none }

    private func word<Word: RawRepresentable & CaseIterable>(_ name: String, _ shown: String? = nil) throws -> Word? where Word.RawValue == String {
        guard let text = values[name] else { return nil }
        guard let word = Word(rawValue: text) else {
            throw SettingsError(
                "ops.\(environment).\(shown ?? name) is '\(plainLine(text, limit: 40))'",
                hint: "it is one of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return word
    }
}
