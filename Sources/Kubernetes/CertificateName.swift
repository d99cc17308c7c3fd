import Glibc
import NIOSSL

/// For whom a certificate is, checked as Go does and so kubectl (`VerifyHostname` of crypto/x509/verify.go).
///
/// NIOSSL checks too, where it can; but it takes any name where the certificate is for the address that is connected
/// to, and compares addresses with that of the proxy where there is one between.
struct CertificateName: Sendable {
    private let address: [UInt8]?
    private let labels: [Substring]
    private let text: String

    /// - Parameter expected: a name, or an address.
    init(_ expected: String) {
        address = addressBytes(expected)
        var name = expected.lowercased()
        if name.hasSuffix(".") { name.removeLast() }
        text = name
        labels = CertificateName.labels(name)
    }

    var isAddress: Bool { address != nil }

    /// Whether a certificate names it; one with a common name alone names nobody.
    func isOf(_ certificate: NIOSSLCertificate) -> Bool {
        certificate._subjectAlternativeNames().contains { name in
            let bytes = name.contents.withUnsafeBufferPointer { Array($0) }
            switch name.nameType {
            case .dnsName: return matches(String(decoding: bytes, as: UTF8.self))
            case .ipAddress: return bytes == address
            default: return false
            }
        }
    }

    /// Whether a name of a certificate covers it; a `*` stands for one whole label, the first (`matchHostnames`).
    func matches(_ pattern: String) -> Bool {
        guard address == nil, !text.isEmpty else { return false }
        let others = CertificateName.labels(pattern.lowercased())
        guard others.count == labels.count, others.allSatisfy({ !$0.isEmpty }) else { return false }
        return zip(others, labels).enumerated().allSatisfy { index, pair in
            (index == 0 && pair.0 == "*" && labels.count > 1 && !pair.1.isEmpty) || (pair.0 == pair.1 && pair.0 != "*")
        }
    }

    /// For whom a certificate is, for people.
    static func all(_ certificate: NIOSSLCertificate) -> [String] {
        certificate._subjectAlternativeNames().compactMap { name in
            let bytes = name.contents.withUnsafeBufferPointer { Array($0) }
            switch name.nameType {
            case .dnsName: return String(decoding: bytes, as: UTF8.self)
            case .ipAddress:
                guard bytes.count == 4 || bytes.count == 16 else { return nil }
                var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
                guard inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count)) != nil else { return nil }
                return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            default: return nil
            }
        }
    }

    private static func labels(_ name: String) -> [Substring] { name.split(separator: ".", omittingEmptySubsequences: false) }
}
