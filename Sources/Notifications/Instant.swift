import Glibc
import Posix

/// A moment that stays where it is when the wall clock is set: a machine without a battery begins in 1970.
struct Instant: Codable, Equatable, Sendable {
    /// Which start of the machine `uptime` counts from.
    var boot: String
    /// Seconds since then, with those asleep.
    var uptime: Double
    /// Milliseconds since 1970, as the wall clock had it.
    var wall: Int64

    var moment: Moment { Moment(milliseconds: wall) }

    static func now() -> Instant {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        let boot = (try? contents(ofFile: "/proc/sys/kernel/random/boot_id", limit: 256)).flatMap { $0 } ?? []
        return Instant(
            boot: oneLine(String(decoding: boot, as: UTF8.self)), uptime: Double(time.tv_sec) + Double(time.tv_nsec) / 1_000_000_000,
            wall: Moment.now().milliseconds)
    }

    /// Seconds since an earlier one; nil where the machine was started in between.
    func seconds(since earlier: Instant) -> Double? {
        boot == earlier.boot && uptime >= earlier.uptime ? uptime - earlier.uptime : nil
    }
}

/// How long something waits.
struct Wait: Codable, Equatable, Sendable {
    /// Where the machine was started in between, the wall clock is believed for so long.
    static let mostAcrossStarts = 6 * 3600.0

    private(set) var seconds = 0.0
    private(set) var last: Instant

    init(from now: Instant) {
        last = now
    }

    mutating func goOn(to now: Instant) {
        seconds += now.seconds(since: last) ?? min(max(0, Double(now.wall - last.wall) / 1000), Wait.mostAcrossStarts)
        last = now
    }
}
