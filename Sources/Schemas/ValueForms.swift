/// The forms of text that the API server's decoder insists on.
enum ValueForm {
    /// Whether Go's `base64.StdEncoding` takes it, which skips line ends and does
    /// not look at the bits left over.
    static func isBase64(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var (digits, padding) = (0, 0)
        for byte in bytes {
            switch byte {
            case 0x41...0x5A, 0x61...0x7A, 0x30...0x39, 0x2B, 0x2F:
                guard padding == 0 else { return false }
                digits += 1
            case 0x3D: padding += 1
            case 0x0A, 0x0D: continue
            default: return false
            }
        }
        switch digits % 4 {
        case 0: return padding == 0
        case 2: return padding == 2
        case 3: return padding == 1
        default: return false
        }
    }

    /// Whether Go's `time.Parse` takes it as RFC 3339, which is a little laxer than
    /// the RFC: an hour of one digit, a comma before the fraction.
    ///
    /// - Parameter fraction: how many digits of a second must be there; nil for any number, or none.
    static func isTime(_ bytes: UnsafeBufferPointer<UInt8>, fraction: Int? = nil) -> Bool {
        var scan = Scan(bytes)
        guard let year = scan.digits(4), scan.take("-"), let month = scan.digits(2), scan.take("-"), let day = scan.digits(2),
            isDate(year: year, month: month, day: day), scan.take("T")
        else { return false }
        guard let hour = scan.upToTwoDigits(), hour < 24, scan.take(":"), let minute = scan.digits(2), minute < 60, scan.take(":"),
            let second = scan.digits(2), second < 60
        else { return false }
        if let fraction {
            guard scan.take(".") || scan.take(","), scan.digits(fraction) != nil else { return false }
        } else if scan.take(".") || scan.take(",") {
            guard scan.skipDigits() > 0 else { return false }
        }
        if scan.take("Z") { return scan.isAtEnd }
        guard scan.take("+") || scan.take("-"), let hours = scan.digits(2), hours <= 24, scan.take(":"), let minutes = scan.digits(2),
            minutes < 60
        else { return false }
        return scan.isAtEnd
    }

    /// Whether there is such a day.
    static func isDate(year: Int, month: Int, day: Int) -> Bool {
        guard (1...12).contains(month), day >= 1 else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return day <= days[month - 1]
    }

    /// Whether it is a word for an integer, with or without a sign.
    static func isInteger(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var scan = Scan(bytes)
        if !scan.take("-") { _ = scan.take("+") }
        return scan.skipDigits() > 0 && scan.isAtEnd
    }

    /// A place in bytes that moves on as they are recognised.
    struct Scan {
        let bytes: UnsafeBufferPointer<UInt8>
        var position = 0

        init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

        var isAtEnd: Bool { position == bytes.count }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
            position += 1
            return true
        }

        mutating func digit() -> Int? {
            guard position < bytes.count, (0x30...0x39).contains(bytes[position]) else { return nil }
            defer { position += 1 }
            return Int(bytes[position] - 0x30)
        }

        mutating func digits(_ count: Int) -> Int? {
            var number = 0
            for _ in 0..<count {
                guard let digit = digit() else { return nil }
                number = number * 10 + digit
            }
            return number
        }

        mutating func upToTwoDigits() -> Int? {
            guard let first = digit() else { return nil }
            return digit().map { first * 10 + $0 } ?? first
        }

        mutating func skipDigits() -> Int {
            let start = position
            while digit() != nil {}
            return position - start
        }
    }
}
