import Environments
import Testing

@Suite("An environment's name")
struct EnvironmentNameTests {
    @Test(
        "is valid", arguments: ["a", "0", "staging", "eu-west-1", "a--b", "default", String(repeating: "a", count: 63)])
    func valid(name: String) {
        #expect(EnvironmentName.isValid(name))
        #expect(EnvironmentName.isValid(Array(name.utf8)))
    }

    @Test(
        "is not valid",
        arguments: [
            "", "-", "-a", "a-", "A", "a_b", "_a", "a.b", "a/b", "a b", "a\0", "é", "a\n", "..",
            String(repeating: "a", count: 64), String(repeating: "a", count: 63) + "-",
        ])
    func invalid(name: String) {
        #expect(!EnvironmentName.isValid(name))
        #expect(!EnvironmentName.isValid(Array(name.utf8)))
    }
}
