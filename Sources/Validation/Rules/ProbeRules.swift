import Manifests

/// Rules for probes and lifecycle handlers
/// (pkg/apis/core/validation/validation.go: validateProbe, validateHandler, validateLifecycle).
enum ProbeRules {
    static let all: [Rule] = [handler, command, port, header, timing, successThreshold, gracePeriod, sleep]

    static let handler = Rule(
        "k8s/probe-handler",
        keys: ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle"],
        summary: "a probe or lifecycle handler does one thing: exec, httpGet, tcpSocket, grpc (probes) or sleep (handlers)",
        reason: "validateHandler.",
        bad: Example.pod("livenessProbe:\n  periodSeconds: 5"),
        good: Example.pod("livenessProbe:\n  tcpSocket:\n    port: 8080\n  periodSeconds: 5"),
        check: .pod { pod, findings in
            pod.eachHandler { handler in
                var first: Value?
                for field in handler.value.fields where field.value.kind == .mapping && handler.isAction(field.key) {
                    guard let earlier = first else {
                        first = field.key
                        continue
                    }
                    findings.add(at: field.key, "\(handler.phrase) has both \(earlier.text) and \(field.key.text)")
                }
                if first == nil {
                    findings.add(
                        at: handler.key, "\(handler.phrase) does nothing",
                        hint: handler.isProbe ? "one of exec, httpGet, tcpSocket, grpc" : "one of exec, httpGet, tcpSocket, sleep")
                }
            }
        })

    static let command = Rule(
        "k8s/exec-command",
        keys: ["exec"],
        summary: "exec has a command",
        reason: "validateExecAction.",
        bad: Example.pod("livenessProbe:\n  exec:\n    command: []"),
        good: Example.pod("livenessProbe:\n  exec:\n    command: [\"true\"]"),
        check: .pod { pod, findings in
            pod.eachHandler { handler in
                guard let exec = handler.value.mapping("exec"), exec.list("command").isEmpty,
                    exec["command"].map({ $0.isNull || $0.kind == .sequence }) ?? true
                else { return }
                findings.add(at: exec["command"] ?? handler.value.place("exec"), "exec of \(handler.phrase) has no command")
            }
        })

    static let port = Rule(
        "k8s/probe-port",
        keys: ["httpGet", "tcpSocket", "grpc"],
        summary: "the port of a probe or handler is a number between 1 and 65535, or the name of a port",
        reason: "ValidatePortNumOrName: a number in quotes is a name, and names have a letter.",
        bad: Example.pod("livenessProbe:\n  tcpSocket:\n    port: \"8080\""),
        good: Example.pod("livenessProbe:\n  tcpSocket:\n    port: 8080"),
        check: .pod { pod, findings in
            pod.eachHandler { handler in
                for field in handler.value.fields {
                    guard field.key.equals("httpGet") || field.key.equals("tcpSocket") || (handler.isProbe && field.key.equals("grpc")),
                        let port = field.value["port"]
                    else { continue }
                    if let number = port.integer {
                        guard !(1...65535).contains(number) else { continue }
                        findings.add(at: port, "port \(number) of \(handler.phrase) is not between 1 and 65535")
                    } else if port.kind == .string, !field.key.equals("grpc"), let fault = Names.portNameFault(port.bytes) {
                        let isNumber = !port.bytes.isEmpty && port.bytes.allSatisfy(Names.isDigit)
                        findings.add(
                            at: port, "port name \(port.quoted) of \(handler.phrase) \(fault)", hint: isNumber ? "write the number without quotes" : nil)
                    }
                }
            }
        })

    static let header = Rule(
        "k8s/probe-header",
        keys: ["httpHeaders"],
        summary: "the name of an HTTP header is of letters, digits and \"-\"",
        reason: "validateHTTPGetAction, IsHTTPHeaderName.",
        bad: Example.pod("livenessProbe:\n  httpGet:\n    port: 8080\n    httpHeaders:\n      - name: \"X_Probe:\"\n        value: \"1\""),
        good: Example.pod("livenessProbe:\n  httpGet:\n    port: 8080\n    httpHeaders:\n      - name: X-Probe\n        value: \"1\""),
        check: .pod { pod, findings in
            pod.eachHandler { handler in
                guard let get = handler.value.mapping("httpGet") else { return }
                for header in get.list("httpHeaders") {
                    guard let name = header.text("name"), let fault = Names.headerNameFault(name.bytes) else { continue }
                    findings.add(at: name, "header name \(name.quoted) of \(handler.phrase) \(fault)")
                }
            }
        })

    static let timing = Rule(
        "k8s/probe-timing",
        keys: ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "failureThreshold", "successThreshold"],
        summary: "the times and thresholds of a probe are not negative",
        reason: "validateProbe, ValidateNonnegativeField.",
        bad: Example.pod("readinessProbe:\n  tcpSocket:\n    port: 8080\n  initialDelaySeconds: -1"),
        good: Example.pod("readinessProbe:\n  tcpSocket:\n    port: 8080\n  initialDelaySeconds: 1"),
        check: .pod { pod, findings in
            pod.eachHandler { handler in
                guard handler.isProbe else { return }
                for field in handler.value.fields {
                    guard let value = field.value.integer, value < 0,
                        field.key.equals("initialDelaySeconds") || field.key.equals("timeoutSeconds") || field.key.equals("periodSeconds")
                            || field.key.equals("failureThreshold") || (field.key.equals("successThreshold") && handler.kind == .readiness)
                    else { continue }
                    findings.add(at: field.value, "\(field.key.text) of \(handler.phrase) is negative")
                }
            }
        })

    static let successThreshold = Rule(
        "k8s/probe-success-threshold",
        keys: ["successThreshold"],
        summary: "the successThreshold of a liveness or startup probe is 1",
        reason: "validateLivenessProbe, validateStartupProbe.",
        bad: Example.pod("livenessProbe:\n  tcpSocket:\n    port: 8080\n  successThreshold: 2"),
        good: Example.pod("livenessProbe:\n  tcpSocket:\n    port: 8080\n  successThreshold: 1"),
        check: .pod { pod, findings in
            pod.eachHandler { handler in
                guard handler.kind == .liveness || handler.kind == .startup, let threshold = handler.value["successThreshold"],
                    let value = threshold.integer, value != 0, value != 1
                else { return }
                findings.add(at: threshold, "successThreshold of \(handler.phrase) is \(value), and must be 1", hint: "leave it out")
            }
        })

    static let gracePeriod = Rule(
        "k8s/probe-grace-period",
        keys: ["terminationGracePeriodSeconds"],
        summary: "a probe's terminationGracePeriodSeconds is above 0, and a readiness probe has none",
        reason: "validateProbe, validateReadinessProbe: a readiness probe ends nothing.",
        bad: Example.pod("readinessProbe:\n  tcpSocket:\n    port: 8080\n  terminationGracePeriodSeconds: 10"),
        good: Example.pod("livenessProbe:\n  tcpSocket:\n    port: 8080\n  terminationGracePeriodSeconds: 10"),
        check: .pod { pod, findings in
            pod.eachHandler { handler in
                guard handler.isProbe, let period = handler.value.given("terminationGracePeriodSeconds") else { return }
                if handler.kind == .readiness {
                    findings.add(at: handler.value.place("terminationGracePeriodSeconds"), "\(handler.phrase) may not have terminationGracePeriodSeconds")
                } else if let value = period.integer, value <= 0 {
                    findings.add(at: period, "terminationGracePeriodSeconds of \(handler.phrase) is not above 0")
                }
            }
        })

    static let sleep = Rule(
        "k8s/lifecycle-sleep",
        keys: ["sleep"],
        summary: "a lifecycle handler sleeps for no longer than the pod's grace period",
        reason: "validateSleepAction; the grace period is 30 seconds where the pod names none.",
        bad: Example.pod("lifecycle:\n  preStop:\n    sleep:\n      seconds: 60"),
        good: Example.pod("lifecycle:\n  preStop:\n    sleep:\n      seconds: 60", spec: "terminationGracePeriodSeconds: 90"),
        check: .pod { pod, findings in
            pod.eachHandler { handler in
                guard !handler.isProbe, let sleep = handler.value.mapping("sleep"), let seconds = sleep["seconds"], let value = seconds.integer
                else { return }
                let period = pod.spec["terminationGracePeriodSeconds"]?.integer ?? 30
                if value < 0 {
                    findings.add(at: seconds, "sleep of \(handler.phrase) is negative")
                } else if value > period {
                    findings.add(
                        at: seconds, "sleep of \(handler.phrase) is \(value) seconds, and the pod ends after \(period)",
                        hint: "raise terminationGracePeriodSeconds")
                }
            }
        })
}

/// A probe or lifecycle handler of a container.
struct ContainerHandler {
    enum Kind {
        case liveness, readiness, startup, lifecycle
    }

    let kind: Kind
    let key: Value
    let value: Value
    let container: PodContainer

    var isProbe: Bool { kind != .lifecycle }
    /// `livenessProbe of container "web"`
    var phrase: String { "\(key.text) of \(container.phrase)" }

    /// Whether a key is that of something it can do.
    func isAction(_ key: Value) -> Bool {
        key.equals("exec") || key.equals("httpGet") || key.equals("tcpSocket") || (isProbe ? key.equals("grpc") : key.equals("sleep"))
    }
}

extension PodSpecification {
    /// Gives the probes and handlers of containers that may have some.
    @inline(__always)
    func eachHandler(_ body: (ContainerHandler) -> Void) {
        eachContainer { container in
            guard container.role == .regular || container.isSidecar else { return }
            for field in container.value.fields where field.value.kind == .mapping {
                let key = field.key
                // The keys have 9, 12, 13 and 14 letters.
                guard key.bytes.count >= 9, key.bytes.count <= 14 else { continue }
                if key.equals("livenessProbe") {
                    body(ContainerHandler(kind: .liveness, key: key, value: field.value, container: container))
                } else if key.equals("readinessProbe") {
                    body(ContainerHandler(kind: .readiness, key: key, value: field.value, container: container))
                } else if key.equals("startupProbe") {
                    body(ContainerHandler(kind: .startup, key: key, value: field.value, container: container))
                } else if key.equals("lifecycle") {
                    for handler in field.value.fields
                    where handler.value.kind == .mapping && (handler.key.equals("postStart") || handler.key.equals("preStop")) {
                        body(ContainerHandler(kind: .lifecycle, key: handler.key, value: handler.value, container: container))
                    }
                }
            }
        }
    }
}
