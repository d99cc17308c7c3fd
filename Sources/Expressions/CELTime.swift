/// Durations and timestamps (Go's package time, as cel-go uses it).
enum CELTime {
    private static let second: Int64 = 1_000_000_000

    /// `time.ParseDuration`.
    static func duration(_ text: String) -> Int64? {
        var bytes = Array(text.utf8)[...]
        var isNegative = false
        if let sign = bytes.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            bytes.removeFirst()
        }
        if bytes.elementsEqual([0x30]) { return 0 }
        guard !bytes.isEmpty else { return nil }
        var total: UInt64 = 0
        let limit: UInt64 = 1 << 63
        while !bytes.isEmpty {
            var whole: UInt64 = 0
            var digits = 0
            while let byte = bytes.first, ASCII.isDigit(byte) {
                let (product, overflow) = whole.multipliedReportingOverflow(by: 10)
                whole = product &+ UInt64(byte - 0x30)
                if overflow || whole > limit { return nil }
                digits += 1
                bytes.removeFirst()
            }
            var fraction: UInt64 = 0
            var scale = 1.0
            if bytes.first == UInt8(ascii: ".") {
                bytes.removeFirst()
                var isFull = false
                while let byte = bytes.first, ASCII.isDigit(byte) {
                    digits += 1
                    bytes.removeFirst()
                    if isFull || fraction > (limit - 1) / 10 {
                        isFull = true
                        continue
                    }
                    fraction = fraction * 10 + UInt64(byte - 0x30)
                    scale *= 10
                }
            }
            guard digits > 0 else { return nil }
            let unit = bytes.prefix { !ASCII.isDigit($0) && $0 != UInt8(ascii: ".") }
            bytes = bytes.dropFirst(unit.count)
            let factor: UInt64
            switch String(decoding: unit, as: UTF8.self) {
            case "ns": factor = 1
            case "us", "\u{B5}s", "\u{3BC}s": factor = 1000
            case "ms": factor = 1_000_000
            case "s": factor = 1_000_000_000
            case "m": factor = 60_000_000_000
            case "h": factor = 3_600_000_000_000
            default: return nil
            }
            var (value, overflow) = whole.multipliedReportingOverflow(by: factor)
            if overflow || value > limit { return nil }
            if fraction > 0 { value += UInt64(Double(fraction) * (Double(factor) / scale)) }
            (total, overflow) = total.addingReportingOverflow(value)
            if overflow || total > limit { return nil }
        }
        if isNegative { return Int64(truncatingIfNeeded: 0 &- total) }
        return total < limit ? Int64(total) : nil
    }

    /// A duration as `string()` writes it.
    static func text(ofDuration value: Int64) -> String {
        GoNumber.decimal(seconds(value)) + "s"
    }

    static func seconds(_ value: Int64) -> Double { Double(value / second) + Double(value % second) / 1e9 }

    /// `time.Parse(time.RFC3339, …)`.
    static func timestamp(_ text: String) -> CELTimestamp? {
        let bytes = Array(text.utf8)
        func number(_ start: Int, _ count: Int) -> Int? {
            guard start + count <= bytes.count, bytes[start..<(start + count)].allSatisfy(ASCII.isDigit) else { return nil }
            return bytes[start..<(start + count)].reduce(0) { $0 * 10 + Int($1 - 0x30) }
        }
        guard bytes.count >= 20, bytes[4] == 0x2D, bytes[7] == 0x2D, bytes[10] == UInt8(ascii: "T"), bytes[13] == 0x3A,
            bytes[16] == 0x3A, let year = number(0, 4), let month = number(5, 2), let day = number(8, 2),
            let hour = number(11, 2), let minute = number(14, 2), let seconds = number(17, 2), (1...12).contains(month),
            day >= 1, day <= days(inMonth: month, of: year), hour < 24, minute < 60, seconds < 60
        else { return nil }
        var index = 19
        var nanoseconds: Int64 = 0
        if bytes[index] == UInt8(ascii: ".") || bytes[index] == UInt8(ascii: ",") {
            index += 1
            var digits = 0
            while index < bytes.count, ASCII.isDigit(bytes[index]) {
                if digits < 9 { nanoseconds = nanoseconds * 10 + Int64(bytes[index] - 0x30) }
                digits += 1
                index += 1
            }
            guard digits > 0 else { return nil }
            while digits < 9 {
                nanoseconds *= 10
                digits += 1
            }
        }
        var offset = 0
        if index + 1 == bytes.count, bytes[index] == UInt8(ascii: "Z") {
        } else {
            guard index + 6 == bytes.count, bytes[index] == 0x2B || bytes[index] == 0x2D, bytes[index + 3] == 0x3A,
                let hours = number(index + 1, 2), let minutes = number(index + 4, 2), hours <= 24, minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * 60 * (bytes[index] == 0x2D ? -1 : 1)
        }
        let day0 = daysFromEpoch(year, month, day)
        let total = Int64(day0) * 86400 + Int64(hour * 3600 + minute * 60 + seconds - offset)
        return CELTimestamp(seconds: total, nanoseconds: nanoseconds)
    }

    static func isDate(_ text: some StringProtocol) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 10, bytes[4] == 0x2D, bytes[7] == 0x2D,
            (Array(bytes[0..<4]) + Array(bytes[5..<7]) + Array(bytes[8..<10])).allSatisfy(ASCII.isDigit)
        else { return false }
        return timestamp(text + "T00:00:00Z") != nil
    }

    static func isInRange(_ moment: CELTimestamp) -> Bool {
        moment.seconds >= -62_135_596_800 && moment.seconds <= 253_402_300_799
    }

    static func add(_ moment: CELTimestamp, _ span: Int64) throws(CELStop) -> CELValue {
        var seconds = moment.seconds + span / second
        var nanoseconds = moment.nanoseconds + span % second
        if nanoseconds < 0 {
            nanoseconds += second
            seconds -= 1
        } else if nanoseconds >= second {
            nanoseconds -= second
            seconds += 1
        }
        let result = CELTimestamp(seconds: seconds, nanoseconds: nanoseconds)
        guard isInRange(result) else { throw .error("timestamp overflow") }
        return .timestamp(result)
    }

    /// `time.RFC3339Nano`, in UTC.
    static func text(of moment: CELTimestamp) -> String {
        let parts = Parts(moment, offset: 0)
        func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
        var year = String(parts.year)
        while year.utf8.count < 4 { year = "0" + year }
        var result = "\(year)-\(two(parts.month))-\(two(parts.day))T\(two(parts.hour)):\(two(parts.minute)):\(two(parts.second))"
        if moment.nanoseconds > 0 {
            var digits = String(moment.nanoseconds)
            while digits.utf8.count < 9 { digits = "0" + digits }
            while digits.hasSuffix("0") { digits.removeLast() }
            result += "." + digits
        }
        return result + "Z"
    }

    struct Parts {
        let year, month, day, hour, minute, second, dayOfYear, weekday: Int

        init(_ moment: CELTimestamp, offset: Int) {
            let total = Int(moment.seconds) + offset
            let days = Int((Double(total) / 86400).rounded(.down))
            let rest = total - days * 86400
            hour = rest / 3600
            minute = rest / 60 % 60
            second = rest % 60
            (year, month, day) = CELTime.date(days)
            dayOfYear = days - CELTime.daysFromEpoch(year, 1, 1)
            weekday = ((days + 4) % 7 + 7) % 7
        }
    }

    private static func days(inMonth month: Int, of year: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    /// Days since 1970-01-01 (http://howardhinnant.github.io/date_algorithms.html).
    static func daysFromEpoch(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468
    }

    private static func date(_ days: Int) -> (Int, Int, Int) {
        let shifted = days + 719468
        let era = (shifted >= 0 ? shifted : shifted - 146096) / 146097
        let dayOfEra = shifted - era * 146097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9)
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    /// A getter of a timestamp or a duration.
    static func part(_ name: String, of value: CELValue, zone: String?) throws(CELStop) -> Int64 {
        if case .duration(let span) = value, zone == nil {
            switch name {
            case "getHours": return span / (3600 * second)
            case "getMinutes": return span / (60 * second)
            case "getSeconds": return span / second
            case "getMilliseconds": return span / 1_000_000
            default: throw .noSuchOverload
            }
        }
        guard case .timestamp(let moment) = value else { throw .noSuchOverload }
        let parts = Parts(moment, offset: try offset(zone))
        switch name {
        case "getFullYear": return Int64(parts.year)
        case "getMonth": return Int64(parts.month - 1)
        case "getDayOfYear": return Int64(parts.dayOfYear)
        case "getDayOfMonth": return Int64(parts.day - 1)
        case "getDate": return Int64(parts.day)
        case "getDayOfWeek": return Int64(parts.weekday)
        case "getHours": return Int64(parts.hour)
        case "getMinutes": return Int64(parts.minute)
        case "getSeconds": return Int64(parts.second)
        default: return moment.nanoseconds / 1_000_000
        }
    }

    private static func offset(_ zone: String?) throws(CELStop) -> Int {
        guard let zone, zone != "", zone != "UTC" else { return 0 }
        let parts = zone.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        // Names of zones need the zone database of the machine that evaluates.
        guard parts.count == 2 else { throw .notImplemented("the time zone \(zone)") }
        guard let hours = Int(parts[0]), let minutes = Int(parts[1]), hours.magnitude < 1000, minutes.magnitude < 1000 else {
            throw .error("strconv.Atoi: parsing \(CELText.quoted(zone)): invalid syntax")
        }
        return (hours * 60 + (zone.hasPrefix("-") ? -minutes : minutes)) * 60
    }
}
