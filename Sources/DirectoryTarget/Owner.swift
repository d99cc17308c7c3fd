public import Deployments
import Glibc

extension DirectoryTarget {
    /// The user and the group that files belong to.
    public struct Owner: Hashable, Sendable {
        public let user: UInt32
        public let group: UInt32

        public init(user: UInt32, group: UInt32) {
            self.user = user
            self.group = group
        }

        /// Reads `user[:group]`, each a name or a number. Without a group it is the user's login group.
        /// - Throws: where there is no such user or group on this machine.
        public init(_ text: String) throws(TargetError) {
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let name = parts.first, !name.isEmpty, parts.allSatisfy({ !$0.utf8.contains(0) }) else {
                throw TargetError("bad owner '\(text)'", hint: "an owner is user[:group], names or numbers")
            }
            let number = Owner.number(name)
            let account = try Owner.account(name, number)
            guard let user = number ?? account?.user else { throw TargetError("no user '\(name)' on this machine") }
            self.user = user
            if parts.count == 2, !parts[1].isEmpty {
                group = try Owner.group(parts[1])
            } else if let account {
                group = account.group
            } else {
                throw TargetError(
                    "user '\(name)' has no login group on this machine", hint: "say the group: \(name):<group>")
            }
        }

        private static func number(_ text: String) -> UInt32? {
            guard text.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains), let number = UInt32(text),
                // chown(2) takes it for "leave it as it is".
                number != UInt32.max
            else { return nil }
            return number
        }

        private static func account(
            _ name: String, _ number: UInt32?
        ) throws(TargetError) -> (user: UInt32, group: UInt32)? {
            var entry = passwd()
            let found = try lookUp("user '\(name)'") { buffer, size in
                var result: UnsafeMutablePointer<passwd>?
                let code =
                    number.map { getpwuid_r($0, &entry, buffer, size, &result) }
                    ?? getpwnam_r(name, &entry, buffer, size, &result)
                return (code, result != nil)
            }
            return found ? (entry.pw_uid, entry.pw_gid) : nil
        }

        private static func group(_ name: String) throws(TargetError) -> UInt32 {
            if let number = number(name) { return number }
            var entry = Glibc.group()
            let found = try lookUp("group '\(name)'") { buffer, size in
                var result: UnsafeMutablePointer<Glibc.group>?
                let code = getgrnam_r(name, &entry, buffer, size, &result)
                return (code, result != nil)
            }
            guard found else { throw TargetError("no group '\(name)' on this machine") }
            return entry.gr_gid
        }

        /// Calls one of the `get…_r` functions with room enough for its strings.
        private static func lookUp(
            _ what: String, _ body: (UnsafeMutablePointer<CChar>, Int) -> (code: Int32, found: Bool)
        ) throws(TargetError) -> Bool {
            var room = 1024
            while true {
                let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: room)
                defer { buffer.deallocate() }
                let (code, found) = body(buffer, room)
                switch code {
                case 0: return found
                // Both are answered for "none such" by some name services (getpwnam(3)).
                case ENOENT, ESRCH: return false
                case EINTR: continue
                case ERANGE where room < 1 << 20: room *= 4
                default: throw TargetError(code, "cannot look up \(what)")
                }
            }
        }

        /// For people: `www-data:www-data`, with numbers where there are no names.
        var names: String {
            var entry = passwd()
            var groupEntry = Glibc.group()
            return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16384) { buffer in
                guard let room = buffer.baseAddress else { return "\(user):\(group)" }
                var account: UnsafeMutablePointer<passwd>?
                getpwuid_r(user, &entry, room, buffer.count, &account)
                let userName = (account?.pointee.pw_name).map { String(cString: $0) } ?? "\(user)"
                var named: UnsafeMutablePointer<Glibc.group>?
                getgrgid_r(group, &groupEntry, room, buffer.count, &named)
                return userName + ":" + ((named?.pointee.gr_name).map { String(cString: $0) } ?? "\(group)")
            }
        }
    }
}
