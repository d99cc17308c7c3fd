import KubernetesModel

/// What git-ops asks to be compared.
struct PlanRequest: Sendable {
    /// One resource that should be there.
    struct Desired: Sendable {
        let path: ResourcePath
        /// The id of the git blob, as git-ops has it.
        let id: String
        let content: [UInt8]
        /// Where the repository has it: `apps/web.yaml:12`.
        let place: String?
    }

    let environment: String
    /// The value of the label of what is ours.
    let owner: String
    /// Where the last deployment went; nil where nothing is known of that.
    let place: Place?
    /// The path of a file that what was learned may be kept in.
    let cache: String?
    let adopting: Bool
    let settings: Settings
    /// Seconds after which a server that has never answered is given up.
    let patience: Double?
    /// What the last deployment left, by the ids of its content.
    private(set) var owned: [ResourcePath: String] = [:]
    /// What may be there instead.
    private(set) var mayHold: Set<ResourcePath> = []
    private(set) var desired: [Desired] = []
    private var paths: Set<ResourcePath> = []

    init(_ head: Message) throws(TargetFailure) {
        environment = try head.required("environment")
        guard let owner = try head.text("owner"), !owner.isEmpty else {
            throw TargetFailure("this git-ops does not tell what marks its objects", hint: "install git-ops and git-ops-target-kubernetes of one version")
        }
        self.owner = owner
        cache = try head.text("cache")
        place = try head.text("place").map(Place.init(text:))
        settings = try Settings(head.fields["configuration"], environment: environment)
        patience = try head.int("patience").map { Double(max($0, 1)) }
        adopting = try head.bool("adopting") ?? false || settings.adopts
    }

    mutating func take(_ line: Message) throws(TargetFailure) {
        switch line.type {
        case "found": break
        case "owned": owned[try line.path()] = try line.required("id")
        case "may-hold": mayHold.insert(try line.path())
        case "desired":
            let path = try line.path()
            guard paths.insert(path).inserted else { throw TargetFailure("'\(path)' was sent twice") }
            let number = try line.int("line")
            let place = try line.text("file").map { $0 + (number.map { ":\($0)" } ?? "") }
            desired.append(Desired(path: path, id: try line.required("id"), content: try line.content(), place: place))
        default: throw TargetFailure("a message of type '\(line.type)' was sent within a plan")
        }
    }

    /// What may be there of us.
    var left: Set<ResourcePath> { Set(owned.keys).union(mayHold) }

    /// What is ours and no longer desired.
    var toRemove: [ResourcePath] { left.subtracting(paths).sorted() }
}
