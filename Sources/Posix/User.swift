import Glibc

/// A user of this machine.
public struct User: Hashable, Sendable {
    public let name: String
    public let home: String
}

/// The user that this process runs as.
public func localUser() -> User {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16384)
    let code = getpwuid_r(geteuid(), &entry, &buffer, buffer.count, &found)
    guard code == 0, found != nil, let name = entry.pw_name, let home = entry.pw_dir else {
        return User(name: "uid \(geteuid())", home: "/")
    }
    return User(name: String(cString: name), home: String(cString: home))
}
