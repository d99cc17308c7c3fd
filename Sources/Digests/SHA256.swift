// Digests: SHA-256, and messages that are signed with it.
// It knows nothing of who signs what.

/// SHA-256 (FIPS 180-4) and the HMAC made of it (RFC 2104). They are written out because the library that has
/// them would bring a second copy of BoringSSL into the program, for one signature a message.
public enum SHA256 {
    /// The first 32 bits of the fractions of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2).
    private static let constants: [UInt32] = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
        0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
        0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
        0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
        0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
        0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
        0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
    ]

    /// The digest of a message, of 32 bytes.
    public static func digest(_ message: [UInt8]) -> [UInt8] {
        var digest = RunningDigest()
        message.withUnsafeBytes { digest.update($0) }
        return digest.finished()
    }

    /// The HMAC of a message, in lower-case hexadecimal.
    public static func hmac(_ message: [UInt8], key: [UInt8]) -> String {
        var code = MessageCode(key: key)
        message.withUnsafeBytes { code.update($0) }
        return code.finished()
    }

    /// The digest of a message that comes in parts.
    struct RunningDigest {
        private var state: [UInt32] = [
            0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
        ]
        /// Room for the 64 of a block, which is not made anew for each.
        private var words = [UInt32](repeating: 0, count: 64)
        /// The beginning of a block.
        private var pending: [UInt8] = []
        private var count: UInt64 = 0

        mutating func update(_ bytes: UnsafeRawBufferPointer) {
            count += UInt64(bytes.count)
            var rest = bytes[...]
            if !pending.isEmpty {
                let missing = rest.prefix(64 - pending.count)
                pending += missing
                rest = rest.dropFirst(missing.count)
                guard pending.count == 64 else { return }
                let block = pending
                pending = []
                block.withUnsafeBytes { compress($0) }
            }
            while rest.count >= 64 {
                compress(UnsafeRawBufferPointer(rebasing: rest.prefix(64)))
                rest = rest.dropFirst(64)
            }
            pending += rest
        }

        func finished() -> [UInt8] {
            var last = self
            var padding: [UInt8] = [0x80]
            while (pending.count + padding.count) % 64 != 56 { padding.append(0) }
            for shift in stride(from: UInt64(56), through: 0, by: -8) { padding.append(UInt8(truncatingIfNeeded: (count * 8) >> shift)) }
            padding.withUnsafeBytes { last.update($0) }
            return last.state.flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } }
        }

        private mutating func compress(_ block: UnsafeRawBufferPointer) {
            func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }
            for t in 0..<16 { words[t] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: 4 * t, as: UInt32.self)) }
            for t in 16..<64 {
                let x = words[t - 15]
                let y = words[t - 2]
                let small0 = rotated(x, 7) ^ rotated(x, 18) ^ x >> 3
                let small1 = rotated(y, 17) ^ rotated(y, 19) ^ y >> 10
                words[t] = words[t - 16] &+ small0 &+ words[t - 7] &+ small1
            }
            var (a, b, c, d) = (state[0], state[1], state[2], state[3])
            var (e, f, g, h) = (state[4], state[5], state[6], state[7])
            for t in 0..<64 {
                let large1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
                let choice = e & f ^ ~e & g
                let first = h &+ large1 &+ choice &+ constants[t] &+ words[t]
                let large0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
                let majority = a & b ^ a & c ^ b & c
                (h, g, f, e, d, c, b, a) = (g, f, e, d &+ first, c, b, a, first &+ large0 &+ majority)
            }
            for (index, word) in [a, b, c, d, e, f, g, h].enumerated() { state[index] &+= word }
        }
    }
}

/// The HMAC of a message that comes in parts, none of which is kept.
public struct MessageCode: Sendable {
    private var inner = SHA256.RunningDigest()
    private let outer: [UInt8]

    /// - Parameter key: what those who sign and those who check share.
    public init(key: [UInt8]) {
        var block = key.count > 64 ? SHA256.digest(key) : key
        block += [UInt8](repeating: 0, count: 64 - block.count)
        outer = block.map { $0 ^ 0x5c }
        block.map { $0 ^ 0x36 }.withUnsafeBytes { inner.update($0) }
    }

    /// Adds a part of the message.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) { inner.update(bytes) }

    /// The code of what was added, in lower-case hexadecimal.
    public func finished() -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: SHA256.digest(outer + inner.finished()).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

/// Whether two texts are the same, found in a time that says nothing of where they differ; only that their
/// lengths differ shows.
public func areEqualInConstantTime(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    guard one.count == other.count else { return false }
    var difference: UInt8 = 0
    for index in one.indices { difference |= one[index] ^ other[index] }
    return difference == 0
}
