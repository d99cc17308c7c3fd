import Manifests

/// Rules for claims of devices (kubernetes pkg/apis/resource/validation/validation.go).
enum DeviceRules {
    static let all: [Rule] = [request, requestName, requestReference, selector]

    private static let claims = ["ResourceClaim.resource.k8s.io", "ResourceClaimTemplate.resource.k8s.io"]

    /// The devices that an object claims; the versions before v1beta2 had another form.
    private static func devices(of object: KubernetesObject) -> Value? {
        guard object.version == "v1" || object.version == "v1beta2" else { return nil }
        let spec = object.kind == "ResourceClaimTemplate" ? object.spec?.mapping("spec") : object.spec
        return spec?.mapping("devices")
    }

    private static func eachExact(of devices: Value, _ body: (Value) -> Void) {
        for request in devices.items("requests") where request.kind == .mapping {
            if let exact = request.mapping("exactly") { body(exact) }
            for part in request.items("firstAvailable") where part.kind == .mapping { body(part) }
        }
    }

    static let request = Rule(
        "k8s/device-request", kinds: claims,
        summary: "a request of a claim is exact or a choice, of a class, and counts if it doesn't want all",
        reason:
            "It has exactly one of exactly and firstAvailable; count goes with ExactCount and is above 0 (validateDeviceRequest, validateDeviceAllocationMode in pkg/apis/resource/validation).",
        bad: """
            apiVersion: resource.k8s.io/v1
            kind: ResourceClaim
            metadata: {name: gpu}
            spec:
              devices:
                requests: [{name: gpu, exactly: {deviceClassName: gpu.example.com, allocationMode: All, count: 2}}]
            """,
        good: """
            apiVersion: resource.k8s.io/v1
            kind: ResourceClaim
            metadata: {name: gpu}
            spec:
              devices:
                requests: [{name: gpu, exactly: {deviceClassName: gpu.example.com, count: 2}}]
            """,
        check: .object { object, findings in
            guard let devices = devices(of: object) else { return }
            let requests = devices.items("requests")
            if requests.count > 32 { findings.add(at: devices.spot("requests"), "requests has \(requests.count) items, at most 32 are allowed") }
            for request in requests where request.kind == .mapping {
                let choices = request.items("firstAvailable")
                let exact = request.given("exactly")
                if exact != nil, !choices.isEmpty {
                    findings.add(at: request.place(of: "firstAvailable"), "a request has either exactly or firstAvailable, not both")
                } else if exact == nil, choices.isEmpty {
                    findings.add(at: request, "a request needs exactly or firstAvailable")
                }
                if choices.count > 8 {
                    findings.add(at: request.spot("firstAvailable"), "firstAvailable has \(choices.count) items, at most 8 are allowed")
                }
            }
            eachExact(of: devices) { exact in
                if exact.hasNothing("deviceClassName") { findings.add(at: exact.spot("deviceClassName"), "deviceClassName is missing") }
                findings.check(exact.filled("deviceClassName"), Names.subdomainFault, as: "deviceClassName")
                guard let count = exact["count"], let number = count.integer else { return }
                if exact.has("allocationMode", "All") {
                    if number != 0 { findings.add(at: exact.place(of: "count"), "count is not allowed with the allocationMode All") }
                } else if number < 0 {
                    findings.add(at: count, "count is \(number), at least 1 is required")
                }
            }
        })

    static let requestName = Rule(
        "k8s/device-request-name", kinds: claims,
        summary: "the requests of a claim have names, DNS labels, each once",
        reason: "validateDeviceClaim, validateDeviceRequest in pkg/apis/resource/validation.",
        bad: """
            apiVersion: resource.k8s.io/v1
            kind: ResourceClaim
            metadata: {name: gpu}
            spec:
              devices:
                requests:
                - {name: gpu, exactly: {deviceClassName: gpu.example.com}}
                - {name: gpu, exactly: {deviceClassName: nic.example.com}}
            """,
        good: """
            apiVersion: resource.k8s.io/v1
            kind: ResourceClaim
            metadata: {name: gpu}
            spec:
              devices:
                requests:
                - {name: gpu, exactly: {deviceClassName: gpu.example.com}}
                - {name: nic, exactly: {deviceClassName: nic.example.com}}
            """,
        check: .object { object, findings in
            guard let devices = devices(of: object) else { return }
            func check(_ requests: Slice<Value.Items>) {
                for request in requests { findings.check(request.text("name"), Names.labelFault, as: "request") }
                Repetition.find(in: requests, by: { $0.filled("name") }) { _, again in findings.add(at: again, "request \(again.quoted) comes twice")
                }
            }
            check(devices.items("requests"))
            for request in devices.items("requests") { check(request.items("firstAvailable")) }
        })

    static let requestReference = Rule(
        "k8s/device-request-reference", kinds: claims,
        summary: "constraints and configurations of a claim name requests that it has",
        reason: "validateRequestNameRef, validateDeviceConstraint in pkg/apis/resource/validation.",
        bad: """
            apiVersion: resource.k8s.io/v1
            kind: ResourceClaim
            metadata: {name: gpu}
            spec:
              devices:
                requests: [{name: gpu, exactly: {deviceClassName: gpu.example.com}}]
                constraints: [{requests: [nic], matchAttribute: gpu.example.com/numa}]
            """,
        good: """
            apiVersion: resource.k8s.io/v1
            kind: ResourceClaim
            metadata: {name: gpu}
            spec:
              devices:
                requests: [{name: gpu, exactly: {deviceClassName: gpu.example.com}}]
                constraints: [{requests: [gpu], matchAttribute: gpu.example.com/numa}]
            """,
        check: .object { object, findings in
            guard let devices = devices(of: object) else { return }
            // At most 32 of each are allowed, another rule says so.
            let requests = devices.items("requests").prefix(32)
            func isKnown(_ name: Names.Bytes) -> Bool {
                let slash = name.firstIndex(of: Names.slash)
                let first = slash.map { Names.Bytes(rebasing: name[..<$0]) } ?? name
                guard let request = requests.last(where: { $0.text("name")?.equals(first) == true }) else { return false }
                guard let slash else { return true }
                let rest = Names.Bytes(rebasing: name[(slash + 1)...])
                return request.items("firstAvailable").prefix(8).contains { $0.text("name")?.equals(rest) == true }
            }
            for (list, key) in [(devices.items("constraints"), "constraints"), (devices.items("config"), "config")] {
                if list.count > 32, let first = list.dropFirst(32).first {
                    findings.add(at: first, "\(key) has \(list.count) items, at most 32 are allowed")
                }
                for item in list.prefix(32) {
                    let names = item.items("requests").prefix(32)
                    for name in names where name.kind == .string && !isKnown(name.bytes) {
                        findings.add(at: name, "\(name.quoted) is no request of the claim")
                    }
                    Repetition.find(in: names, by: { $0 }) { _, again in findings.add(at: again, "request \(again.quoted) comes twice") }
                }
            }
            for constraint in devices.items("constraints").prefix(32) where constraint.kind == .mapping {
                // The second came with Kubernetes 1.34.
                let attribute = constraint.given("matchAttribute") ?? constraint.given("distinctAttribute")
                guard let attribute else {
                    findings.add(at: constraint, "a constraint needs matchAttribute")
                    continue
                }
                findings.check(attribute, attributeFault, as: "attribute")
            }
        })

    /// `validateFullyQualifiedName`: a driver's name, "/" and a name in C.
    private static func attributeFault(_ text: Names.Bytes) -> String? {
        guard let slash = text.firstIndex(of: Names.slash) else { return "has no domain before it, as \"gpu.example.com/numa\"" }
        if let fault = StorageRules.driverFault(Names.Bytes(rebasing: text[..<slash])) { return fault }
        let name = Names.Bytes(rebasing: text[(slash + 1)...])
        return name.contains(Names.slash) ? nil : Names.identifierFault(name)
    }

    static let selector = Rule(
        "k8s/device-selector", kinds: claims + ["DeviceClass.resource.k8s.io"],
        summary: "a selector of devices is an expression, and a configuration names a driver",
        reason: "validateSelector, validateDeviceConfiguration in pkg/apis/resource/validation; whether the expression compiles is not checked here.",
        bad: """
            apiVersion: resource.k8s.io/v1
            kind: DeviceClass
            metadata: {name: gpu.example.com}
            spec: {selectors: [{}]}
            """,
        good: """
            apiVersion: resource.k8s.io/v1
            kind: DeviceClass
            metadata: {name: gpu.example.com}
            spec: {selectors: [{cel: {expression: 'device.driver == "gpu.example.com"'}}]}
            """,
        check: .object { object, findings in
            func check(selectors owner: Value) {
                for selector in owner.items("selectors") where selector.kind == .mapping && selector.given("cel") == nil {
                    findings.add(at: selector, "a selector needs cel")
                }
            }
            func check(configurations owner: Value) {
                for item in owner.items("config") where item.kind == .mapping {
                    guard let opaque = item.given("opaque") else {
                        findings.add(at: item, "a configuration needs opaque")
                        continue
                    }
                    findings.check(opaque.text("driver"), StorageRules.driverFault, as: "driver")
                }
            }
            if object.kind == "DeviceClass" {
                guard let spec = object.spec else { return }
                check(selectors: spec)
                check(configurations: spec)
            } else if let devices = devices(of: object) {
                eachExact(of: devices, check(selectors:))
                check(configurations: devices)
            }
        })
}
