import Environments
import Manifests
import Testing

/// What is said about one value, written in double quotes.
private func fault(_ key: String, _ value: String) -> String? {
    var quoted = ""
    for scalar in value.unicodeScalars {
        switch scalar {
        case "\"", "\\": quoted += "\\\(scalar)"
        case _ where scalar.value < 0x20 || scalar.value == 0x7F:
            let digits = String(scalar.value, radix: 16)
            quoted += "\\x" + (digits.count == 1 ? "0" : "") + digits
        default: quoted.unicodeScalars.append(scalar)
        }
    }
    let (file, diagnostics) = OpsFile.parse(Array("environments: {a: {\(key): \"\(quoted)\"}}".utf8), file: "f")
    if diagnostics.isEmpty {
        let declared = file?["a"]
        #expect((key == "path" ? declared?.path : declared?.branch) == value)
    }
    return diagnostics.first?.message
}

@Suite("A path of an environment")
struct EnvironmentPathTests {
    @Test(
        "is accepted",
        arguments: [
            ".", "a", "a/b", "staging", ".hidden", "a/.b", "...", "a..b", "a b", "back\\slash", "é", ".gitignore",
            "x.git", "new\nline",
        ])
    func accepted(path: String) {
        #expect(fault("path", path) == nil)
    }

    @Test(
        "is refused",
        arguments: [
            ("", "path \"\" is empty"), ("/", "path \"/\" is absolute"), ("/etc", "path \"/etc\" is absolute"),
            ("..", "path \"..\" has a component \"..\""), ("a/../b", "path \"a/../b\" has a component \"..\""),
            ("a/..", "path \"a/..\" has a component \"..\""), ("./a", "path \"./a\" has a component \".\""),
            ("a/.", "path \"a/.\" has a component \".\""), ("a/", "path \"a/\" has an empty component"),
            ("a//b", "path \"a//b\" has an empty component"),
            (".git", "path \".git\" has a component \".git\", which git keeps for itself"),
            ("a/.GIT/b", "path \"a/.GIT/b\" has a component \".GIT\", which git keeps for itself"),
            (".git-ops", "path \".git-ops\" has a component \".git-ops\", which git-ops keeps for its record"),
            ("a\0b", "path \"a\\x00b\" holds a NUL character"),
        ])
    func refused(path: String, message: String) {
        #expect(fault("path", path) == message)
    }
}

@Suite("A branch of an environment")
struct BranchNameTests {
    @Test(
        "is accepted",
        arguments: ["main", "release/1.x", "a.b", "@x", "x@", "a-b", "é", "lock", "a.lockx", "{x}", "a/-b"])
    func accepted(branch: String) {
        #expect(fault("branch", branch) == nil)
    }

    @Test(
        "is refused",
        arguments: [
            ("", "is empty"), ("-x", "starts with \"-\""), ("/x", "starts or ends with \"/\""),
            ("x/", "starts or ends with \"/\""), ("x.", "ends with \".\""), ("a..b", "holds \"..\""),
            ("a//b", "holds \"//\""), ("a@{1}", "holds \"@{\""), ("@", "is no branch"), ("HEAD", "is no branch"),
            ("a b", "holds a space"), ("a\tb", "holds a control character"), ("a\u{7F}", "holds a control character"),
            ("a~1", "holds \"~\""), ("a^", "holds \"^\""), ("a:b", "holds \":\""), ("a?", "holds \"?\""),
            ("a*", "holds \"*\""), ("a[b", "holds \"[\""), ("a\\b", "holds \"\\\""),
            (".a", "has a component that starts with \".\""), ("a/.b", "has a component that starts with \".\""),
            ("a.lock", "has a component that ends with \".lock\""),
            ("a.lock/b", "has a component that ends with \".lock\""), ("refs/heads/main", "is a whole ref"),
        ])
    func refused(branch: String, message: String) {
        #expect(fault("branch", branch)?.hasSuffix(" " + message) == true)
    }
}
