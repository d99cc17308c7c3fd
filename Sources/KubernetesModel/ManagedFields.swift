/// Who set which fields of an object (`ManagedFieldsEntry` of `meta/v1`).
public struct ManagedFieldsEntry: Hashable, Sendable {
    public var manager: String
    /// `Apply` or `Update`.
    public var operation: String
    /// The version whose field names `fields` has.
    public var apiVersion: String
    /// When, as RFC 3339.
    public var time: String?
    /// `status`, `scale`; empty for the object itself.
    public var subresource: String
    public var fields: FieldSet

    public init(
        manager: String, operation: String, apiVersion: String, time: String? = nil, subresource: String = "", fields: FieldSet
    ) {
        self.manager = manager
        self.operation = operation
        self.apiVersion = apiVersion
        self.time = time
        self.subresource = subresource
        self.fields = fields
    }

    /// Reads an entry of the API; nil where it has no fields of a form that is known.
    public init?(_ json: JSON) {
        guard json["fieldsType"]?.string ?? "FieldsV1" == "FieldsV1", let fields = json["fieldsV1"] else { return nil }
        self.init(
            manager: json["manager"]?.string ?? "", operation: json["operation"]?.string ?? "",
            apiVersion: json["apiVersion"]?.string ?? "", time: json["time"]?.string, subresource: json["subresource"]?.string ?? "",
            fields: FieldSet(fieldsV1: fields))
    }

    /// Whether it is what a manager has by server-side apply of the object itself.
    public func isApply(by manager: String) -> Bool { self.manager == manager && operation == "Apply" && subresource.isEmpty }

    /// The same of an entry that was not read.
    static func isApply(_ json: JSON, by manager: String) -> Bool {
        json["manager"]?.string == manager && json["operation"]?.string == "Apply" && json["subresource"]?.string ?? "" == ""
    }

    /// The form of the API.
    public var json: JSON {
        var json: JSON = [
            "manager": .string(manager), "operation": .string(operation), "apiVersion": .string(apiVersion), "fieldsType": "FieldsV1",
            "fieldsV1": fields.fieldsV1,
        ]
        if let time { json["time"] = .string(time) }
        if !subresource.isEmpty { json["subresource"] = .string(subresource) }
        return json
    }
}

extension JSON {
    /// Who set which fields, as the server tells it in `metadata.managedFields`.
    public var managedFields: [ManagedFieldsEntry] {
        at("metadata", "managedFields")?.array?.compactMap(ManagedFieldsEntry.init) ?? []
    }

    /// What a manager owns by server-side apply of the object itself; nil where it never applied it.
    public func applied(by manager: String) -> ManagedFieldsEntry? {
        // Only the entry that is asked for is read: the others may be long.
        at("metadata", "managedFields")?.array?.first { ManagedFieldsEntry.isApply($0, by: manager) }.flatMap(ManagedFieldsEntry.init)
    }
}
