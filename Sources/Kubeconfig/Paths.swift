import Glibc

/// Paths of files as client-go resolves them (`tools/clientcmd/loader.go`, ResolveLocalPaths).
enum Paths {
    /// The absolute folder that a file is in.
    static func folder(of file: String) -> String {
        let folder = file.lastIndex(of: "/").map { $0 == file.startIndex ? "/" : String(file[..<$0]) } ?? "."
        if folder.hasPrefix("/") { return folder }
        guard let buffer = getcwd(nil, 0) else { return folder }
        defer { free(buffer) }
        let working = String(cString: buffer)
        return folder == "." ? working : join(working, folder)
    }

    /// A path that is absolute, or relative to a folder.
    static func join(_ folder: String, _ path: String) -> String {
        path.hasPrefix("/") ? path : (folder.hasSuffix("/") ? folder : folder + "/") + path
    }

    /// The hint for who expected a shell here.
    static func hint(for path: String) -> String? {
        path.hasPrefix("~") ? "\"~\" means nothing in a kubeconfig: write the whole path" : nil
    }
}
