import Digests
import FoundationEssentials
import Glibc
import Notices
import Posix

/// What waits for one channel, in a folder of its own below the outbox.
struct Spool: Sendable {
    /// How often a message was tried, and when it may be again.
    struct Try: Codable, Equatable {
        var count: Int
        /// Milliseconds since 1970.
        var next: Int64
        var trouble: String
    }

    let path: String

    init(_ outbox: Outbox, channel: String) {
        // The name of a channel may hold anything.
        path = outbox.path + "/to/" + Spool.folder(channel)
    }

    /// A name that a folder can have, different for each channel.
    static func folder(_ channel: String) -> String {
        let digits = Array("0123456789abcdef")
        var name = ""
        for byte in channel.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, 45: name.unicodeScalars.append(Unicode.Scalar(byte))
            default: name += "%" + String(digits[Int(byte >> 4)]) + String(digits[Int(byte & 15)])
            }
        }
        // A name in the file system holds 255 bytes.
        return name.utf8.count <= 200 ? name : "%" + SHA256.hmac(Array(channel.utf8), key: [])
    }

    private var waitingFolder: String { path + "/waiting" }

    /// Held by who sends.
    var lock: String { path + "/lock" }
    /// Held by who waits for that, and has not yet looked at what there is.
    var queue: String { path + "/queue" }

    func put(_ notice: Notice) throws(SystemError) {
        try makeFolders(waitingFolder, mode: 0o700)
        try write(Array((notice.json + "\n").utf8), toFile: "\(waitingFolder)/\(notice.id)")
    }

    /// In the order of time.
    func waiting() -> [Notice] {
        names(inFolder: waitingFolder).filter { !$0.hasSuffix(".tmp") }.compactMap { name in
            guard let notice = (try? contents(ofFile: "\(waitingFolder)/\(name)", limit: 1 << 20)).flatMap({ $0 }).flatMap({ Notice.read($0) }),
                notice.id == name
            else {
                unlink("\(waitingFolder)/\(name)")
                return nil
            }
            return notice
        }.sorted { ($0.time, $0.id) < ($1.time, $1.id) }
    }

    func remove(_ notice: Notice) {
        unlink("\(waitingFolder)/\(notice.id)")
    }

    /// The tries of what waits, by the name of the notice.
    func tries() -> [String: Try] { stored("\(path)/tries") ?? [:] }

    func setTries(_ tries: [String: Try]) throws(SystemError) {
        try store(tries, "\(path)/tries")
    }
}

/// Reads what `store` wrote; what cannot be read is as if it were not there.
func stored<T: Decodable>(_ file: String) -> T? {
    guard let bytes = (try? contents(ofFile: file, limit: 16 << 20)).flatMap({ $0 }) else { return nil }
    return try? JSONDecoder().decode(T.self, from: Data(bytes))
}

func store(_ value: some Encodable, _ file: String) throws(SystemError) {
    guard let bytes = try? JSONEncoder().encode(value) else { throw SystemError(EINVAL, "cannot write '\(file)'") }
    try write(Array(bytes), toFile: file)
}
