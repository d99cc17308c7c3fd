extension InstallTexts {
    /// A setting of git's configuration.
    public struct Setting: Sendable, Equatable {
        public let key: String
        public let value: String

        /// - Parameters:
        ///   - key: the last part of it.
        ///   - value: whatever it is.
        public init(_ key: String, _ value: String) {
            self.key = key
            self.value = value
        }
    }

    /// Settings of one section of git's configuration.
    public struct Section: Sendable, Equatable {
        public let name: String
        public let subsection: String?
        public let settings: [Setting]

        /// - Parameters:
        ///   - name: of letters and digits.
        ///   - subsection: whatever it is; nil for none.
        ///   - settings: in their order.
        public init(_ name: String, _ subsection: String? = nil, settings: [Setting]) {
            self.name = name
            self.subsection = subsection
            self.settings = settings
        }

        /// As git reads it (git-config(1), syntax).
        func text() throws(ServiceFailure) -> String {
            var text = "[\(name)"
            if let subsection {
                guard isPlain(subsection) else { throw ServiceFailure("'\(oneLine(subsection))' cannot be written in git's configuration") }
                text += " \"" + subsection.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
            }
            text += "]\n"
            for setting in settings { text += "    \(setting.key) = \(try Section.word(setting))\n" }
            return text
        }

        private static func word(_ setting: Setting) throws(ServiceFailure) -> String {
            let text = setting.value
            let isWord = !text.isEmpty && !text.hasPrefix(" ") && !text.hasSuffix(" ")
                && text.utf8.allSatisfy { $0 > 0x1f && $0 != 0x7f && !"\"\\;#".utf8.contains($0) }
            if isWord { return text }
            let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n").replacing("\t", with: "\\t")
            guard isPlain(escaped) else { throw ServiceFailure("the value of \(setting.key) has what no line can have") }
            return "\"\(escaped)\""
        }
    }

    /// An environment of the repository, and where it goes.
    public struct Environment: Sendable, Equatable {
        public var name: String
        /// The namespace that it is deployed to, in which the agent gets rights.
        public var namespace: String
        /// `ops.<name>.*`, but for `target` and `namespace`.
        public var settings: [Setting]

        /// - Parameters:
        ///   - name: as in `ops.yaml`.
        ///   - namespace: one that is there, or is made before.
        ///   - settings: what else holds for it.
        public init(name: String, namespace: String, settings: [Setting] = []) {
            self.name = name
            self.namespace = namespace
            self.settings = settings
        }
    }

    /// What an agent in a cluster is given of the clone that it is installed from, besides its environments.
    public struct Luggage: Sendable, Equatable {
        /// A file of the Secret.
        public struct Secret: Sendable, Equatable {
            public let key: String
            /// The file that it is made of.
            public let from: String
            /// What it is, for people.
            public let meaning: String

            public init(key: String, from: String, meaning: String = "") {
                self.key = key
                self.from = from
                self.meaning = meaning
            }
        }

        /// A file of the ConfigMap.
        public struct File: Sendable, Equatable {
            public let name: String
            public let text: String

            public init(name: String, text: String) {
                self.name = name
                self.text = text
            }
        }

        public struct Lease: Sendable, Equatable {
            public let namespace: String
            public let name: String

            public init(namespace: String, name: String) {
                self.namespace = namespace
                self.name = name
            }
        }

        /// Settings that belong to no environment.
        public var sections: [Section] = []
        public var files: [File] = []
        public var secrets: [Secret] = []
        /// The names of settings that are secrets, and so stand in a file of the Secret.
        public var secretSettings: [String] = []
        /// By which agents agree on one; nil for one of their own.
        public var lease: Lease?
        /// Why the clone has to stay, and so one agent has it, in lines for people; nil where the remote has all that is needed.
        public var keepsRepository: [String]?
        /// What is to be said besides, each in its lines.
        public var remarks: [[String]] = []

        public init() {}

        /// The key of the Secret for settings that are secrets.
        public static let secretSettingsKey = "settings"

        /// Where a file of the Secret is in the pod.
        public static func secretPath(_ key: String) -> String { "/etc/git-ops/secrets/\(key)" }
        /// Where a file of the ConfigMap is in the pod.
        public static func path(_ name: String) -> String { "/etc/git-ops/settings/\(name)" }
    }
}
