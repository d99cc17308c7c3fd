import Git
import Notices
import Posix

/// A channel over which notices are told, as `opsChannel.<name>.*` of git's configuration describes it.
struct Channel: Sendable {
    let name: String
    /// `slack`, as it is configured.
    let kind: String
    /// Where it leads, without what is secret: `https://hooks.slack.com/…`.
    let place: String
    let wanted: Selection
    /// What carries messages there; the trouble where the settings are wrong.
    let courier: Result<any Courier, Trouble>

    /// Whether it shows how something stands, and is no one who is told of what happens.
    var isState: Bool { ChannelKind(rawValue: kind)?.isState ?? false }

    /// Which notices it is given.
    struct Selection: Sendable, Equatable {
        var kinds: Set<Notice.Kind> = Set(Notice.Kind.allCases)
        /// Nil where all.
        var environments: Set<String>?

        func isOf(_ environment: String) -> Bool { environments?.contains(environment) ?? true }
    }

    /// All channels of a repository, in the order of the configuration.
    static func all(_ configuration: Configuration, _ patience: Patience = Patience()) -> [Channel] {
        configuration.subsections(of: "opsChannel").map { name in
            let settings = ChannelSettings(name: name, configuration: configuration)
            let kind = settings["kind"] ?? ""
            // What is wrong with one setting must not make a channel tell more than it may.
            do throws(Trouble) {
                let wanted = try settings.selection()
                let (courier, place) = try settings.courier(patience)
                return Channel(name: name, kind: kind, place: place, wanted: wanted, courier: .success(courier))
            } catch {
                return Channel(name: name, kind: kind, place: "", wanted: (try? settings.selection()) ?? Selection(), courier: .failure(error))
            }
        }
    }
}
