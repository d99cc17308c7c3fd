import Glibc

/// A moment on the wall clock.
public struct Moment: Hashable, Comparable, Sendable {
    /// Milliseconds since 1970, UTC.
    public var milliseconds: Int64

    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    public static func now() -> Moment {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Moment(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    public var seconds: Int64 { milliseconds / 1000 }

    private var parts: tm {
        var seconds = time_t(milliseconds / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        return parts
    }

    /// RFC 3339 in UTC with milliseconds: `2026-11-23T04:40:12.123Z`.
    public var timestamp: String {
        let text = dateAndTime
        return "\(text).\(padded(Int32(milliseconds % 1000), 3))Z"
    }

    /// `2026-11-23T04:40:12`, in UTC.
    private var dateAndTime: String {
        let p = parts
        return "\(padded(p.tm_year + 1900, 4))-\(padded(p.tm_mon + 1))-\(padded(p.tm_mday))"
            + "T\(padded(p.tm_hour)):\(padded(p.tm_min)):\(padded(p.tm_sec))"
    }

    /// For the name of a file: `20261123T044012Z`.
    public var compact: String {
        dateAndTime.filter { $0 != "-" && $0 != ":" } + "Z"
    }

    /// Reads what `timestamp` gives, with or without the fraction; nil for anything else.
    public init?(timestamp: some StringProtocol) {
        let bytes = Array(timestamp.utf8)
        guard bytes.count >= 20, bytes.last == UInt8(ascii: "Z") else { return nil }
        func number(_ range: Range<Int>) -> Int32? { Int32(String(decoding: bytes[range], as: UTF8.self)) }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19)
        else { return nil }
        var parts = tm()
        parts.tm_year = year - 1900
        parts.tm_mon = month - 1
        parts.tm_mday = day
        parts.tm_hour = hour
        parts.tm_min = minute
        parts.tm_sec = second
        let fraction = bytes.count == 24 ? number(20..<23).map(Int64.init) ?? 0 : 0
        milliseconds = Int64(timegm(&parts)) * 1000 + fraction
    }

    public static func < (a: Moment, b: Moment) -> Bool { a.milliseconds < b.milliseconds }
}

/// Seconds on a clock that never jumps, for measuring how long something took.
public func monotonicSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1_000_000_000
}

private func padded(_ number: Int32, _ width: Int = 2) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
