import Manifests
import Testing

@testable import Validation

private func bytes<Result>(_ text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    Array(text.utf8).withUnsafeBufferPointer(body)
}

@Suite struct CronScheduleTests {
    @Test(arguments: [
        "* * * * *", "0 0 * * *", "*/5 * * * *", "0-59/2 1,2,3 1-31 jan-DEC sun-Sat", "@daily", "@every 1h30m", "@every 1.5s", "@every -5m",
        "? ? ? ? ?", "5/15 * * * *", ",, * * * *", "*-9 * * * *", "+5 * * * *", "  1\t2 3 4 5 ", "@yearly", "@annually", "@monthly", "@weekly",
        "@midnight", "@hourly", "59 23 31 12 6", "0 0 1 1 0", "1,,2 * * * *", "00 000 01 01 00", "@every 0", "@every 1us",
    ])
    func takes(_ schedule: String) { #expect(bytes(schedule, CronSchedule.fault) == nil) }

    @Test(arguments: [
        "", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 0 *", "* * * 13 *", "* * * * 7", "*/0 * * * *",
        "5-1 * * * *", "1-2-3 * * * *", "1/2/3 * * * *", "a * * * *", "* * * * L", "@Daily", "@reboot", "@every", "@every 5", "@every x",
        "-1 * * * *",
        "1- * * * *", "/5 * * * *", "*/ * * * *", "99999999999999999999 * * * *", "* * * foo *", "*/-1 * * * *",
    ])
    func refuses(_ schedule: String) { #expect(bytes(schedule, CronSchedule.fault) != nil) }
}

@Suite struct AddressTests {
    @Test(arguments: [
        "0.0.0.0", "255.255.255.255", "10.9.8.7", "::", "::1", "1::", "2001:db8::ffff", "fe80:0:0:0:0:0:0:abc", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::",
        "::2:3:4:5:6:7:8", "64:ff9b::1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "FE80::ABCD", "::1.2.3.4",
    ])
    func takes(_ address: String) { #expect(bytes(address, IPAddress.fault) == nil) }

    @Test(arguments: [
        "", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.04", "1..2.3", "1.2.3.", ".1.2.3.4", "1.2.3.4 ", "a.b.c.d", ":", ":::",
        "1::2::3",
        "12345::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:", ":1:2:3:4:5:6:7", "::ffff:1.2.3.4", "::ffff:102:304", "fe80::1%eth0",
        "g::",
        "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "1.2.3.4:80", "1::2:3:4:5:6:7:8", "::01.2.3.4", "0000000000000000000000.0.0.0",
    ])
    func refuses(_ address: String) { #expect(bytes(address, IPAddress.fault) != nil) }

    @Test(arguments: [
        ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("::", "::"), ("::1", "::1"), ("1:0:0:2::", "1:0:0:2::"),
        ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"),
        ("0:0:1:2:3:4:5:6", "::1:2:3:4:5:6"), ("fe80:0:0:0:0:0:0:abc", "fe80::abc"), ("10.0.0.1", "10.0.0.1"), ("::1.2.3.4", "::102:304"),
    ])
    func shortens(_ address: String, _ canonical: String) {
        #expect(bytes(address) { (try? IPAddress($0))?.canonical } == canonical)
    }

    @Test(arguments: [
        "127.0.0.1", "169.254.1.1", "224.0.0.5", "0.0.0.0", "::", "::1", "fe80::1", "ff02::1", "ff12::1",
    ])
    func knowsWhatIsReserved(_ address: String) throws {
        #expect(bytes(address) { (try? IPAddress($0))?.reservation } != nil)
    }

    @Test(arguments: ["10.0.0.0/8", "0.0.0.0/0", "::/0", "10.1.2.3/32", "2001:db8::/32", "2001:db8::1/128", "fe80::/10"])
    func takesBlocks(_ block: String) { #expect(bytes(block, AddressBlock.fault) == nil) }

    @Test(arguments: [
        "", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/", "/8", "10.0.0.1/8", "010.0.0.0/8", "::/129", "2001:db8::1/64",
        "10.0.0.0/8/8", "::ffff:10.0.0.0/104", "10.0.0.0/+8", "10.0.0/8", "10.0.0.0/0008",
    ])
    func refusesBlocks(_ block: String) { #expect(bytes(block, AddressBlock.fault) != nil) }

    @Test(arguments: [
        ("10.0.0.0/8", "10.1.0.0/16", true), ("10.0.0.0/8", "10.0.0.0/8", false), ("10.0.0.0/8", "11.0.0.0/16", false),
        ("0.0.0.0/0", "1.2.3.4/32", true),
        ("::/0", "10.0.0.0/8", false), ("::/0", "2001:db8::/32", true), ("2001:db8::/32", "2001:db9::/48", false),
        ("2001:db8::/64", "2001:db8::1/128", true),
        ("2001:db8::/64", "2001:db8:0:1::/80", false), ("2001:db8::/96", "2001:db8::1:0:0/112", false),
    ])
    func knowsWhatLiesWithin(_ whole: String, _ part: String, _ lies: Bool) throws {
        let result = bytes(whole) { whole in bytes(part) { part in (try? AddressBlock(whole))?.strictlyContains((try? AddressBlock(part))!) } }
        #expect(result == lies)
    }
}

@Suite struct JSONFormTests {
    @Test(arguments: ["{}", " {\"a\": [1, -2.5e+3, \"x\\u00e9\\n\", true, false, null, {}]} ", "null", "{\"a\":{\"b\":[]}, \"a\":1}"])
    func takes(_ text: String) { #expect(bytes(text, JSONForm.isObject)) }

    @Test(arguments: [
        "", "[]", "\"x\"", "1", "{", "{]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a: 1}", "{} {}", "{\"a\": 01}", "{\"a\": 1.}", "{\"a\": \"\\x\"}",
        "nul",
        "{\"a\": \"\n\"}", "{\"a\": [1 2]}", "{'a': 1}",
    ])
    func refuses(_ text: String) { #expect(!bytes(text, JSONForm.isObject)) }

    @Test func survivesDepth() {
        #expect(!bytes("{\"a\":" + String(repeating: "[", count: 1_000_000), JSONForm.isObject))
    }
}

@Suite struct SelectorTests {
    private func found(in text: String) -> [Diagnostic] {
        ManifestFile(Array(text.utf8), language: .yaml, file: "case.yaml").withDocuments { documents in
            KubernetesObject(documents[0].root).map { RuleRun.findings(in: $0, file: "case.yaml") } ?? []
        }
    }

    /// Whether a Deployment with a selector and labels is taken for a mismatch.
    private func misses(_ selector: String, _ labels: String) -> Bool {
        found(
            in: """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: web}
                spec:
                  selector: \(selector)
                  template:
                    metadata: {labels: \(labels)}
                    spec: {containers: [{name: web, image: "nginx:1.27"}]}
                """
        ).contains { $0.rule == "k8s/selector-mismatch" }
    }

    @Test(arguments: [
        ("{matchLabels: {a: x}}", "{a: x}", false), ("{matchLabels: {a: x}}", "{a: x, b: z}", false), ("{matchLabels: {a: x}}", "{a: z}", true),
        ("{matchLabels: {a: x}}", "{}", true), ("{matchLabels: {a: x, b: z}}", "{a: x}", true),
        ("{matchExpressions: [{key: a, operator: In, values: [x, z]}]}", "{a: z}", false),
        ("{matchExpressions: [{key: a, operator: In, values: [x, z]}]}", "{a: w}", true),
        ("{matchExpressions: [{key: a, operator: NotIn, values: [x]}]}", "{a: x}", true),
        ("{matchExpressions: [{key: a, operator: NotIn, values: [x]}]}", "{b: x}", false),
        ("{matchExpressions: [{key: a, operator: Exists}]}", "{b: x}", true), ("{matchExpressions: [{key: a, operator: Exists}]}", "{a: x}", false),
        ("{matchExpressions: [{key: a, operator: DoesNotExist}]}", "{a: x}", true),
        ("{matchExpressions: [{key: a, operator: DoesNotExist}]}", "{b: x}", false),
        // What is another rule's, or the schema's, is not this one's.
        ("{matchExpressions: [{key: a, operator: Is}]}", "{b: x}", false), ("{matchLabels: {a: 1}}", "{a: \"1\"}", false),
        ("{matchLabels: {a: \"-\"}}", "{a: x}", false),
    ])
    func compares(_ selector: String, _ labels: String, _ misses: Bool) {
        #expect(self.misses(selector, labels) == misses)
    }

    @Test func looksUpManyLabels() {
        let labels = (0..<5000).map { "l\($0): v" }.joined(separator: ", ")
        #expect(!misses("{matchLabels: {\(labels)}}", "{\(labels)}"))
    }
}
