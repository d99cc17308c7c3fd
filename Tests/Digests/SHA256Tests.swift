import Digests
import TestSupport
import Testing

@Suite struct SHA256Tests {
    private func hexadecimal(_ bytes: [UInt8]) -> String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }

    /// FIPS 180-2, appendix B.
    @Test func standardDigests() {
        #expect(hexadecimal(SHA256.digest(Array("abc".utf8))) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            hexadecimal(SHA256.digest(Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8)))
                == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        #expect(
            hexadecimal(SHA256.digest([UInt8](repeating: UInt8(ascii: "a"), count: 1_000)))
                == "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3")
    }

    /// RFC 4231, 4.3 and 4.7.
    @Test func standardCodes() {
        #expect(
            SHA256.hmac(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(
            SHA256.hmac(
                Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8), key: [UInt8](repeating: 0xaa, count: 131))
                == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    }

    @Test(.enabled(if: find("openssl", testVariables()["PATH"] ?? "") != nil), arguments: [0, 1, 55, 56, 63, 64, 65, 119, 120, 4096])
    func opensslSaysTheSame(_ count: Int) throws {
        let message = String(repeating: "x", count: count)
        let finished = try run("openssl", ["dgst", "-sha256", "-hmac", "key of some length"], input: message)
        #expect(finished.output.hasSuffix(SHA256.hmac(Array(message.utf8), key: Array("key of some length".utf8)) + "\n"))
    }

    @Test func aMessageMayComeInParts() {
        let message = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        let whole = SHA256.hmac(message, key: Array("key".utf8))
        for size in [1, 3, 63, 64, 65, 128, 999] {
            var code = MessageCode(key: Array("key".utf8))
            for start in stride(from: 0, to: message.count, by: size) {
                message[start..<min(start + size, message.count)].withUnsafeBytes { code.update($0) }
            }
            #expect(code.finished() == whole)
        }
    }

    @Test func textsAreComparedAsAWhole() {
        let secret = Array("hunter2".utf8)
        #expect(areEqualInConstantTime(secret, Array("hunter2".utf8)))
        #expect(areEqualInConstantTime([], []))
        for other in ["hunter3", "Hunter2", "hunter", "hunter22", ""] {
            #expect(!areEqualInConstantTime(secret, Array(other.utf8)))
        }
    }
}
