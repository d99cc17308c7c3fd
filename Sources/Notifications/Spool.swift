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
        /// Since the first time.
        var wait: Wait
        /// How long it is left alone after the last time, in seconds.
        var pause: Double
        var trouble: String
        /// Those who did not get it yet; nil where that is all.
        var recipients: [String]?

        /// What the wall clock is going to show then.
        var next: Moment { Moment(milliseconds: wait.last.wall + Int64(pause * 1000)) }

        func isDue(_ now: Instant) -> Bool {
            now.seconds(since: wait.last).map { $0 >= pause } ?? true
        }
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

    /// - Parameter number: its place in the order of arrival.
    func put(_ notice: Notice, number: Int) throws(SystemError) {
        try makeFolders(waitingFolder, mode: 0o700)
        guard !names(inFolder: waitingFolder).contains(where: { QueueName($0)?.id == notice.id }) else { return }
        try write(Array((notice.json + "\n").utf8), toFile: "\(waitingFolder)/\(QueueName(number: number, id: notice.id).text)")
    }

    /// The place of the last that waits.
    var lastNumber: Int { names(inFolder: waitingFolder).compactMap { QueueName($0)?.number }.max() ?? 0 }

    /// In the order in which they came.
    func waiting() -> [Waiting] {
        names(inFolder: waitingFolder).compactMap { QueueName($0) }.sorted().compactMap { name in
            let file = "\(waitingFolder)/\(name.text)"
            guard let notice = (try? contents(ofFile: file, limit: 1 << 20)).flatMap({ $0 }).flatMap({ Notice.read($0) }), notice.id == name.id
            else {
                unlink(file)
                return nil
            }
            return Waiting(notice: notice, file: file)
        }
    }

    struct Waiting: Sendable {
        let notice: Notice
        fileprivate let file: String

        /// It waits no more.
        func remove() {
            unlink(file)
        }
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
