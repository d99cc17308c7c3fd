import KubernetesModel
import Testing

/// "é" as one scalar and as two: what Swift takes for equal, and a server does not.
@Suite struct ExactTextTests {
    private let composed = "Caf\u{E9}"
    private let decomposed = "Cafe\u{301}"

    private func object(_ data: String, _ managed: String = "") -> JSON {
        json(#"{"apiVersion":"example.com/v1","kind":"A","metadata":{"name":"a"\#(managed)},"data":\#(data)}"#)
    }

    /// What an apply of `data` by git-ops leaves.
    private func live(_ data: String) -> JSON {
        let fields = (json(data).object ?? [:]).keys.map { #""f:\#($0)":{}"# }.joined(separator: ",")
        return object(
            data,
            #","managedFields":[{"manager":"git-ops","operation":"Apply","apiVersion":"example.com/v1","fieldsType":"FieldsV1","fieldsV1":{"f:data":{".":{},\#(fields)}}}]"#)
    }

    @Test func formsOfUnicodeAreValuesOfTheirOwn() {
        #expect(JSON.string(composed) != .string(decomposed))
        #expect(JSON.array([.string(composed)]) != .array([.string(decomposed)]))
        #expect(JSON.object([composed: 1]) != .object([decomposed: 1]))
        #expect(JSON.object([composed: 1]) == .object([composed: 1]))
        #expect(PathElement.field(composed) != .field(decomposed))
        #expect(PathElement.key(["name": .string(composed)]) != .key(["name": .string(decomposed)]))
        #expect(Set([PathElement.field(composed), .field(decomposed)]).count == 2)
        let key = ObjectKey(group: "", kind: "A", namespace: nil, name: composed)
        #expect(key != ObjectKey(group: "", kind: "A", namespace: nil, name: decomposed))
    }

    @Test func aKeyIsFoundByItsBytes() {
        var value: JSON = .object([composed: 1])
        #expect(value[composed] == 1 && value[decomposed] == nil)
        value[decomposed] = nil
        #expect(value[composed] == 1)
        value[decomposed] = 2
        #expect(value == .object([decomposed: 2]))
    }

    @Test func aKeyInTwoFormsIsAnErrorOfReading() {
        #expect {
            try JSON(parsing: Array(#"{"a":[{"\#(composed)":1,"\#(decomposed)":2}]}"#.utf8))
        } throws: { error in
            let error = error as? JSONError
            return error?.message == "an object has the key '\(decomposed)' twice, in two forms of Unicode" && error?.twinKey != nil
        }
    }

    @Test func aChangeOfFormIsAChange() {
        for (before, after) in [(#"{"x":"\#(composed)"}"#, #"{"x":"\#(decomposed)"}"#), (#"{"\#(composed)":"1"}"#, #"{"\#(decomposed)":"1"}"#)] {
            #expect(NoOpProof.holds(desired: object(before), live: live(before), manager: "git-ops"))
            #expect(!NoOpProof.holds(desired: object(after), live: live(before), manager: "git-ops"))
            let changes = ObjectComparison.changes(live: live(before), result: live(after), desired: object(after), manager: "git-ops")
            #expect(!changes.isEmpty && changes.allSatisfy { $0.reason != .server }, "\(changes)")
            let shown = ObjectComparison.shown(live: live(before), result: live(after), desired: object(after), manager: "git-ops")
            #expect(shown == object(before))
        }
    }
}
