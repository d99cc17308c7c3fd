/// The name of a branch, by the rules of git-check-ref-format(1) with
/// `--branch`.
enum BranchName {
    /// What is wrong with a branch's name; nil if nothing is.
    static func fault(in name: String) -> NameFault? {
        let bytes = Array(name.utf8)
        if bytes.isEmpty { return NameFault("is empty", hint: "leave the key out for the default branch") }
        if name.hasPrefix("refs/heads/") {
            return NameFault("is a whole ref", hint: "write it without \"refs/heads/\"")
        }
        if name == "@" || name == "HEAD" {
            return NameFault("is no branch", hint: "leave the key out for the default branch")
        }
        if bytes.first == UInt8(ascii: "-") { return NameFault("starts with \"-\"") }
        if bytes.first == UInt8(ascii: "/") || bytes.last == UInt8(ascii: "/") {
            return NameFault("starts or ends with \"/\"")
        }
        if bytes.last == UInt8(ascii: ".") { return NameFault("ends with \".\"") }
        // git allows them; printed on a terminal they would do harm.
        if name.unicodeScalars.contains(where: { (0x80..<0xa0).contains($0.value) || $0.properties.isBidiControl }) {
            return NameFault("holds a control character")
        }
        if let byte = bytes.first(where: isForbidden) { return NameFault("holds \(describe(byte))") }
        for (first, second, shown) in pairs where contains(bytes, first, second) {
            return NameFault("holds \"\(shown)\"")
        }
        return faultInComponents(of: bytes)
    }

    private static let pairs = [
        (UInt8(ascii: "."), UInt8(ascii: "."), ".."),
        (UInt8(ascii: "/"), UInt8(ascii: "/"), "//"),
        (UInt8(ascii: "@"), UInt8(ascii: "{"), "@{"),
    ]

    private static func faultInComponents(of bytes: [UInt8]) -> NameFault? {
        let lock = Array(".lock".utf8)
        for component in bytes.split(separator: UInt8(ascii: "/")) {
            if component.first == UInt8(ascii: ".") { return NameFault("has a component that starts with \".\"") }
            if component.suffix(lock.count).elementsEqual(lock) {
                return NameFault("has a component that ends with \".lock\"")
            }
        }
        return nil
    }

    private static func isForbidden(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte == 0x7F || forbidden.contains(byte)
    }

    private static let forbidden = Array("~^:?*[\\".utf8)

    private static func describe(_ byte: UInt8) -> String {
        switch byte {
        case 0x20: "a space"
        case ..<0x20, 0x7F: "a control character"
        default: "\"\(Character(Unicode.Scalar(byte)))\""
        }
    }

    private static func contains(_ bytes: [UInt8], _ first: UInt8, _ second: UInt8) -> Bool {
        zip(bytes, bytes.dropFirst()).contains { $0 == first && $1 == second }
    }
}
