import Manifests
import Schemas

/// Rules for volumes, claims and classes (kubernetes pkg/apis/core/validation/validation.go,
/// pkg/apis/storage/validation/validation.go).
enum StorageRules {
    static let all: [Rule] = [
        accessModesRequired, accessModeExclusive, claimStorage, claimDataSource, storageClassName, volumeCapacity, volumeSource,
        volumeSourceFields, volumeAffinity, volumeRecycle, provisioner, storageClassPolicy, classParameters, topologies, csiDriver,
        csiNode, attachment,
    ]

    /// Gives each specification of a claim to a function: that of a claim itself, and
    /// those that a StatefulSet makes claims from.
    private static func eachClaim(of object: KubernetesObject, _ body: (_ spec: Value, _ place: Value) -> Void) {
        guard let spec = object.spec else { return }
        if object.kind == "PersistentVolumeClaim" {
            body(spec, object.specPlace)
        } else {
            for claim in spec.items("volumeClaimTemplates") {
                if let spec = claim.mapping("spec") { body(spec, claim.place(of: "spec")) }
            }
        }
    }

    private static let claims = ["PersistentVolumeClaim", "StatefulSet.apps"]

    static let accessModesRequired = Rule(
        "k8s/access-modes-required", kinds: claims + ["PersistentVolume"],
        summary: "a volume and a claim name an access mode",
        reason: "ValidatePersistentVolumeClaimSpec, ValidatePersistentVolumeSpec in pkg/apis/core/validation.",
        bad: """
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: data}
            spec:
              resources: {requests: {storage: 1Gi}}
            """,
        good: """
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: data}
            spec:
              accessModes: [ReadWriteOnce]
              resources: {requests: {storage: 1Gi}}
            """,
        check: .object { object, findings in
            func check(_ spec: Value, _ place: Value) {
                if spec.hasNothing("accessModes") {
                    findings.add(at: spec.given("accessModes") ?? place, "accessModes is missing or empty", hint: "most need [ReadWriteOnce]")
                }
            }
            if object.kind == "PersistentVolume" {
                if let spec = object.spec { check(spec, object.specPlace) }
            } else {
                eachClaim(of: object, check)
            }
        })

    static let accessModeExclusive = Rule(
        "k8s/access-mode-exclusive", kinds: claims + ["PersistentVolume"],
        summary: "ReadWriteOncePod stands alone among the access modes",
        reason: "ValidatePersistentVolumeClaimSpec, ValidatePersistentVolumeSpec in pkg/apis/core/validation.",
        bad: """
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: data}
            spec:
              accessModes: [ReadWriteOnce, ReadWriteOncePod]
              resources: {requests: {storage: 1Gi}}
            """,
        good: """
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: data}
            spec:
              accessModes: [ReadWriteOncePod]
              resources: {requests: {storage: 1Gi}}
            """,
        check: .object { object, findings in
            func check(_ spec: Value, _ place: Value) {
                let modes = spec.items("accessModes")
                guard modes.count > 1, let alone = modes.first(where: { $0.equals("ReadWriteOncePod") }) else { return }
                if modes.contains(where: { $0.isOne(of: ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany"]) }) {
                    findings.add(at: alone, "ReadWriteOncePod is not allowed beside other access modes")
                }
            }
            if object.kind == "PersistentVolume" {
                if let spec = object.spec { check(spec, object.specPlace) }
            } else {
                eachClaim(of: object, check)
            }
        })

    static let claimStorage = Rule(
        "k8s/claim-storage", kinds: claims,
        summary: "a claim requests storage, more than 0",
        reason: "ValidatePersistentVolumeClaimSpec in pkg/apis/core/validation.",
        bad: """
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: data}
            spec:
              accessModes: [ReadWriteOnce]
            """,
        good: """
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: data}
            spec:
              accessModes: [ReadWriteOnce]
              resources: {requests: {storage: 1Gi}}
            """,
        check: .object { object, findings in
            eachClaim(of: object) { spec, place in
                guard let storage = spec.at("resources", "requests", "storage"), !storage.isNull else {
                    let resources = spec.given("resources")
                    findings.add(
                        at: resources?.field("requests")?.key ?? spec.field("resources")?.key ?? place, "resources.requests.storage is missing",
                        hint: "say how much: \"resources: {requests: {storage: 1Gi}}\"")
                    return
                }
                guard let amount = Quantity(storage), amount.isZero || amount.isNegative else { return }
                findings.add(at: storage, "storage is \(storage.text), it must be above 0")
            }
        })

    static let claimDataSource = Rule(
        "k8s/claim-data-source", kinds: claims,
        summary: "the data source of a claim is whole, and dataSource and dataSourceRef agree",
        reason:
            "Without an apiGroup only a PersistentVolumeClaim can be meant (validateDataSource, validateDataSourceRef, ValidatePersistentVolumeClaimSpec in pkg/apis/core/validation).",
        bad: """
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: data}
            spec:
              accessModes: [ReadWriteOnce]
              resources: {requests: {storage: 1Gi}}
              dataSourceRef: {kind: VolumeSnapshot, name: yesterday}
            """,
        good: """
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: data}
            spec:
              accessModes: [ReadWriteOnce]
              resources: {requests: {storage: 1Gi}}
              dataSourceRef: {apiGroup: snapshot.storage.k8s.io, kind: VolumeSnapshot, name: yesterday}
            """,
        check: .object { object, findings in
            let isClaim = object.kind == "PersistentVolumeClaim"
            eachClaim(of: object) { spec, _ in
                var source = spec.mapping("dataSource")
                var reference = spec.mapping("dataSourceRef")
                if isClaim {
                    // What the server drops without a word: a reference into another namespace, a feature
                    // that is off, and a dataSource that is neither claim nor snapshot.
                    if let value = reference, !value.hasNothing("namespace") { reference = nil }
                    if spec.given("dataSourceRef") == nil || reference == nil, let value = source, !isClaimOrSnapshot(value) { source = nil }
                }
                for value in [source, reference] {
                    guard let value else { continue }
                    for key: StaticString in ["kind", "name"] where value.has(key, "") { findings.add(at: value.spot(key), "\(key) is empty") }
                    if let group = value.filled("apiGroup") {
                        findings.check(group, Names.subdomainFault, as: "apiGroup")
                    } else if let kind = value.filled("kind"), !kind.equals("PersistentVolumeClaim") {
                        findings.add(at: kind, "\(kind.quoted) needs an apiGroup; without one only PersistentVolumeClaim is possible")
                    }
                }
                guard let reference, let source else { return }
                findings.check(reference.filled("namespace"), Names.labelFault, as: "namespace")
                if !reference.hasNothing("namespace") {
                    findings.add(at: spec.place(of: "dataSource"), "dataSource is not allowed beside a dataSourceRef with a namespace")
                    return
                }
                for key: StaticString in ["apiGroup", "kind", "name"] {
                    guard (source[key]?.kind ?? .string) == .string, (reference[key]?.kind ?? .string) == .string else { continue }
                    let one = source.text(key)
                    let isSame = one == nil ? reference.text(key) == nil : reference.text(key)?.equals(one ?? source) == true
                    if isSame { continue }
                    findings.add(at: reference.spot(key), "dataSource and dataSourceRef differ in \(key)", hint: "remove dataSource")
                    return
                }
            }
        })

    /// `dataSourceIsPvcOrSnapshot` in kubernetes pkg/api/persistentvolumeclaim/util.go.
    private static func isClaimOrSnapshot(_ source: Value) -> Bool {
        source.has("kind", "PersistentVolumeClaim") && source.hasNothing("apiGroup")
            || source.has("kind", "VolumeSnapshot") && source.has("apiGroup", "snapshot.storage.k8s.io")
    }

    static let storageClassName = Rule(
        "k8s/storage-class-name", kinds: claims + ["PersistentVolume", "CSIStorageCapacity.storage.k8s.io"],
        summary: "storageClassName and volumeAttributesClassName are names of classes",
        reason: "DNS names of lower-case letters (ValidateClassName, called by ValidatePersistentVolumeClaimSpec and ValidatePersistentVolumeSpec).",
        bad: """
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: data}
            spec:
              storageClassName: Fast_SSD
              accessModes: [ReadWriteOnce]
              resources: {requests: {storage: 1Gi}}
            """,
        good: """
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: data}
            spec:
              storageClassName: fast-ssd
              accessModes: [ReadWriteOnce]
              resources: {requests: {storage: 1Gi}}
            """,
        check: .object { object, findings in
            func check(_ spec: Value, _ place: Value) {
                findings.check(spec.filled("storageClassName"), Names.subdomainFault, as: "storageClassName")
                findings.check(spec.filled("volumeAttributesClassName"), Names.subdomainFault, as: "volumeAttributesClassName")
            }
            switch object.kind {
            case "PersistentVolume": if let spec = object.spec { check(spec, object.specPlace) }
            case "CSIStorageCapacity": findings.check(object.root.text("storageClassName"), Names.subdomainFault, as: "storageClassName")
            default: eachClaim(of: object, check)
            }
        })

    static let volumeCapacity = Rule(
        "k8s/volume-capacity", kinds: ["PersistentVolume"],
        summary: "a volume says its storage, above 0, and no other capacity",
        reason: "ValidatePersistentVolumeSpec in pkg/apis/core/validation.",
        bad: """
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: data}
            spec:
              capacity: {storage: 1Gi, cpu: 1}
              accessModes: [ReadWriteOnce]
              hostPath: {path: /data}
            """,
        good: """
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: data}
            spec:
              capacity: {storage: 1Gi}
              accessModes: [ReadWriteOnce]
              hostPath: {path: /data}
            """,
        check: .object { object, findings in
            guard let spec = object.spec else { return }
            let capacity = spec.mapping("capacity")
            guard let storage = capacity?.given("storage") else {
                if spec["capacity"] == nil || capacity != nil || spec["capacity"]?.isNull == true {
                    findings.add(at: spec.field("capacity")?.key ?? object.specPlace, "capacity.storage is missing")
                }
                return
            }
            if let amount = Quantity(storage), amount.isZero || amount.isNegative {
                findings.add(at: storage, "storage is \(storage.text), it must be above 0")
            }
            for field in capacity?.fields ?? storage.fields where !field.key.equals("storage") {
                findings.add(at: field.key, "capacity has \(field.key.quoted), only storage is allowed")
            }
        })

    private static let sources: [StaticString] = [
        "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "glusterfs", "flocker", "nfs", "rbd", "quobyte", "cephfs", "iscsi", "cinder",
        "fc", "flexVolume", "azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume", "azureDisk", "scaleIO", "local",
        "storageos", "csi",
    ]

    static let volumeSource = Rule(
        "k8s/volume-source-one", kinds: ["PersistentVolume"],
        summary: "a volume has exactly one source",
        reason: "ValidatePersistentVolumeSpec in pkg/apis/core/validation.",
        bad: """
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: data}
            spec:
              capacity: {storage: 1Gi}
              accessModes: [ReadWriteOnce]
            """,
        good: """
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: data}
            spec:
              capacity: {storage: 1Gi}
              accessModes: [ReadWriteOnce]
              nfs: {server: nfs.example.com, path: /data}
            """,
        check: .object { object, findings in
            guard let spec = object.spec else { return }
            var first: Value?
            for field in spec.fields where !field.value.isNull && field.key.isOne(of: sources) {
                if let first {
                    findings.add(at: field.key, "a volume has one source, this has \(first.quoted) and \(field.key.quoted)")
                } else {
                    first = field.key
                }
            }
            if first == nil { findings.add(at: object.specPlace, "the volume has no source", hint: "add one such as csi, nfs or hostPath") }
        })

    static let volumeSourceFields = Rule(
        "k8s/volume-source-fields", kinds: ["PersistentVolume"],
        summary: "the source of a volume says where it is",
        reason:
            "A path without \"..\", for NFS an absolute one and a server, for CSI a driver and a volumeHandle (validateHostPathVolumeSource, validateLocalVolumeSource, validateNFSVolumeSource, validateCSIPersistentVolumeSource in pkg/apis/core/validation).",
        bad: """
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: data}
            spec:
              capacity: {storage: 1Gi}
              accessModes: [ReadWriteOnce]
              nfs: {server: nfs.example.com, path: data}
            """,
        good: """
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: data}
            spec:
              capacity: {storage: 1Gi}
              accessModes: [ReadWriteOnce]
              nfs: {server: nfs.example.com, path: /data}
            """,
        check: .object { object, findings in
            guard let spec = object.spec else { return }
            for source in [spec.mapping("hostPath"), spec.mapping("local")] {
                guard let path = source?.text("path") else { continue }
                if path.bytes.isEmpty {
                    findings.add(at: path, "path is empty")
                } else if !Names.eachPart(of: path.bytes, between: Names.slash, { !$0.elementsEqual("..") }) {
                    findings.add(at: path, "path \(path.quoted) contains \"..\"")
                }
            }
            if let source = spec.mapping("nfs") {
                if source.has("server", "") { findings.add(at: source.spot("server"), "server is empty") }
                if let path = source.text("path"), path.bytes.first != Names.slash { findings.add(at: path, "path \(path.quoted) is not absolute") }
            }
            if let source = spec.mapping("csi") {
                if let driver = source.text("driver") {
                    if let fault = driverFault(driver.bytes) { findings.add(at: driver, "driver \(driver.quoted) \(fault)") }
                }
                if source.has("volumeHandle", "") { findings.add(at: source.spot("volumeHandle"), "volumeHandle is empty") }
                for key: StaticString in ["controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef"] {
                    guard let reference = source.mapping(key) else { continue }
                    for part: StaticString in ["name", "namespace"] where reference.hasNothing(part) {
                        findings.add(at: reference.spot(part), "\(part) is missing in \(key)")
                    }
                    findings.check(reference.filled("name"), Names.subdomainFault, as: "name")
                    findings.check(reference.filled("namespace"), Names.labelFault, as: "namespace")
                }
            }
        })

    /// `ValidateCSIDriverName`: a DNS name in letters of any case, of at most 63 characters.
    static func driverFault(_ text: Names.Bytes) -> String? {
        if text.isEmpty { return "is empty" }
        if text.count > 63 { return Names.tooLong(text, 63) }
        return Names.isSubdomain(text, ignoresCase: true) ? nil : Names.subdomainFault(text)
    }

    static let volumeAffinity = Rule(
        "k8s/volume-node-affinity", kinds: ["PersistentVolume"],
        summary: "a local volume says on which node it is, and a node affinity what it requires",
        reason: "ValidatePersistentVolumeSpec, validateVolumeNodeAffinity in pkg/apis/core/validation.",
        bad: """
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: data}
            spec:
              capacity: {storage: 1Gi}
              accessModes: [ReadWriteOnce]
              local: {path: /data}
            """,
        good: """
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: data}
            spec:
              capacity: {storage: 1Gi}
              accessModes: [ReadWriteOnce]
              local: {path: /data}
              nodeAffinity:
                required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [node-1]}]}]}
            """,
        check: .object { object, findings in
            guard let spec = object.spec else { return }
            guard let affinity = spec.given("nodeAffinity") else {
                if spec.given("local") != nil { findings.add(at: spec.place(of: "local"), "a local volume needs a nodeAffinity") }
                return
            }
            guard affinity.kind == .mapping else { return }
            guard let required = affinity.given("required") else {
                findings.add(at: affinity, "nodeAffinity needs required")
                return
            }
            if required.kind == .mapping, required["nodeSelectorTerms"]?.kind ?? .sequence == .sequence, required.hasNothing("nodeSelectorTerms") {
                findings.add(at: required.spot("nodeSelectorTerms"), "nodeSelectorTerms is missing or empty")
            }
            for term in required.kind == .mapping ? required.items("nodeSelectorTerms") : required.items.prefix(0) {
                for expression in term.items("matchExpressions") {
                    findings.check(expression.text("key"), { Names.qualifiedNameFault($0) }, as: "label")
                    guard let operation = expression.text("operator") else { continue }
                    let count = expression.items("values").count
                    if operation.isOne(of: ["In", "NotIn"]) {
                        for value in expression.items("values") { findings.check(value, Names.labelValueFault, as: "value") }
                    }
                    if operation.isOne(of: ["In", "NotIn"]), count == 0 {
                        findings.add(at: expression.spot("values"), "values is missing or empty, \(operation.text) needs some")
                    } else if operation.isOne(of: ["Exists", "DoesNotExist"]), count > 0 {
                        findings.add(at: expression.place(of: "values"), "values is not allowed with \(operation.text)")
                    } else if operation.isOne(of: ["Gt", "Lt"]), count != 1 {
                        findings.add(at: expression.spot("values"), "\(operation.text) needs exactly one value")
                    }
                }
            }
        })

    static let volumeRecycle = Rule(
        "k8s/volume-recycle-root", kinds: ["PersistentVolume"],
        summary: "the root of a node is not recycled",
        reason: "To recycle a volume is to delete all files in it (ValidatePersistentVolumeSpec in pkg/apis/core/validation).",
        bad: """
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: data}
            spec:
              capacity: {storage: 1Gi}
              accessModes: [ReadWriteOnce]
              persistentVolumeReclaimPolicy: Recycle
              hostPath: {path: /}
            """,
        good: """
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: data}
            spec:
              capacity: {storage: 1Gi}
              accessModes: [ReadWriteOnce]
              persistentVolumeReclaimPolicy: Retain
              hostPath: {path: /}
            """,
        check: .object { object, findings in
            guard let spec = object.spec, spec.has("persistentVolumeReclaimPolicy", "Recycle"),
                let path = spec.mapping("hostPath")?.filled("path"), path.bytes[0] == Names.slash,
                path.bytes.allSatisfy({ $0 == Names.slash || $0 == Names.dot }),
                Names.eachPart(of: path.bytes, between: Names.slash, { $0.isEmpty || $0.elementsEqual(".") })
            else { return }
            findings.add(at: spec.spot("persistentVolumeReclaimPolicy"), "Recycle is not allowed for the root of a node")
        })

    static let provisioner = Rule(
        "k8s/provisioner", kinds: ["StorageClass.storage.k8s.io", "VolumeAttributesClass.storage.k8s.io"],
        summary: "the provisioner of a class is a name as example.com/provisioner",
        reason: "validateProvisioner in pkg/apis/storage/validation, for a VolumeAttributesClass on driverName.",
        bad: """
            apiVersion: storage.k8s.io/v1
            kind: StorageClass
            metadata: {name: fast}
            provisioner: "ebs csi"
            """,
        good: """
            apiVersion: storage.k8s.io/v1
            kind: StorageClass
            metadata: {name: fast}
            provisioner: ebs.csi.aws.com
            """,
        check: .object { object, findings in
            let key: StaticString = object.kind == "StorageClass" ? "provisioner" : "driverName"
            guard let name = object.root.text(key) else { return }
            if name.bytes.isEmpty {
                findings.add(at: name, "\(key) is empty")
            } else if let fault = Names.qualifiedNameFault(name.bytes, ignoresCase: true) {
                findings.add(at: name, "\(key) \(name.quoted) \(fault)")
            }
        })

    static let storageClassPolicy = Rule(
        "k8s/storage-class-reclaim", kinds: ["StorageClass.storage.k8s.io"],
        summary: "the reclaim policy of a storage class is Delete or Retain",
        reason: "Recycle is for volumes that somebody made by hand (validateReclaimPolicy in pkg/apis/storage/validation).",
        bad: """
            apiVersion: storage.k8s.io/v1
            kind: StorageClass
            metadata: {name: fast}
            provisioner: ebs.csi.aws.com
            reclaimPolicy: Recycle
            """,
        good: """
            apiVersion: storage.k8s.io/v1
            kind: StorageClass
            metadata: {name: fast}
            provisioner: ebs.csi.aws.com
            reclaimPolicy: Retain
            """,
        check: .object { object, findings in
            guard let policy = object.root.text("reclaimPolicy"), policy.equals("Recycle") else { return }
            findings.add(at: policy, "reclaimPolicy Recycle is not allowed in a StorageClass", hint: "use Delete or Retain")
        })

    static let classParameters = Rule(
        "k8s/class-parameters", kinds: ["StorageClass.storage.k8s.io", "VolumeAttributesClass.storage.k8s.io"],
        summary: "the parameters of a class have names and stay below 256 KiB; a VolumeAttributesClass has some",
        reason: "validateParameters in pkg/apis/storage/validation: at most 512 of them.",
        bad: """
            apiVersion: storage.k8s.io/v1
            kind: VolumeAttributesClass
            metadata: {name: fast}
            driverName: ebs.csi.aws.com
            """,
        good: """
            apiVersion: storage.k8s.io/v1
            kind: VolumeAttributesClass
            metadata: {name: fast}
            driverName: ebs.csi.aws.com
            parameters: {iops: "4000"}
            """,
        check: .object { object, findings in
            guard let parameters = object.root.mapping("parameters"), parameters.count > 0 else {
                if object.kind == "VolumeAttributesClass", object.root.hasNothing("parameters") {
                    findings.add(at: object.root.given("parameters") ?? object.kindPlace, "parameters is missing or empty")
                }
                return
            }
            if parameters.count > 512 {
                findings.add(at: parameters, "parameters has \(parameters.count) entries, at most 512 are allowed")
                return
            }
            var size = 0
            for field in parameters.fields {
                if field.key.bytes.isEmpty { findings.add(at: field.key, "a parameter without a name") }
                size += field.key.bytes.count + field.value.bytes.count
            }
            if size > 256 << 10 { findings.add(at: parameters, "parameters has \(size) bytes, at most \(256 << 10) are allowed") }
        })

    static let topologies = Rule(
        "k8s/allowed-topologies", kinds: ["StorageClass.storage.k8s.io"],
        summary: "allowed topologies name labels and values, each once",
        reason: "ValidateTopologySelectorTerm in pkg/apis/core/validation.",
        bad: """
            apiVersion: storage.k8s.io/v1
            kind: StorageClass
            metadata: {name: fast}
            provisioner: ebs.csi.aws.com
            allowedTopologies: [{matchLabelExpressions: [{key: zone, values: []}]}]
            """,
        good: """
            apiVersion: storage.k8s.io/v1
            kind: StorageClass
            metadata: {name: fast}
            provisioner: ebs.csi.aws.com
            allowedTopologies: [{matchLabelExpressions: [{key: zone, values: [a, b]}]}]
            """,
        check: .object { object, findings in
            for term in object.root.items("allowedTopologies") {
                let expressions = term.items("matchLabelExpressions")
                Repetition.find(in: expressions, by: { $0.text("key") }) { _, again in
                    findings.add(at: again, "label \(again.quoted) comes twice")
                }
                for expression in expressions where expression.kind == .mapping {
                    findings.check(expression.text("key"), { Names.qualifiedNameFault($0) }, as: "label")
                    let values = expression.items("values")
                    if values.isEmpty { findings.add(at: expression.spot("values"), "values is missing or empty") }
                    Repetition.find(in: values, by: { $0 }) { _, again in findings.add(at: again, "value \(again.quoted) comes twice") }
                }
            }
        })

    static let csiDriver = Rule(
        "k8s/csi-driver", kinds: ["CSIDriver.storage.k8s.io"],
        summary: "a CSIDriver has modes and policies that Kubernetes has, and each audience once",
        reason: "validateCSIDriverSpec in pkg/apis/storage/validation.",
        bad: """
            apiVersion: storage.k8s.io/v1
            kind: CSIDriver
            metadata: {name: csi.example.com}
            spec:
              volumeLifecycleModes: [Temporary]
            """,
        good: """
            apiVersion: storage.k8s.io/v1
            kind: CSIDriver
            metadata: {name: csi.example.com}
            spec:
              volumeLifecycleModes: [Ephemeral]
            """,
        check: .object { object, findings in
            guard let spec = object.spec else { return }
            for mode in spec.items("volumeLifecycleModes") where mode.kind == .string && !mode.isOne(of: ["Persistent", "Ephemeral"]) {
                findings.add(at: mode, "\(mode.quoted) is no lifecycle mode", hint: "use Persistent or Ephemeral")
            }
            if let policy = spec.text("fsGroupPolicy"), !policy.isOne(of: ["ReadWriteOnceWithFSType", "File", "None"]) {
                findings.add(at: policy, "fsGroupPolicy \(policy.quoted) is unknown", hint: "use ReadWriteOnceWithFSType, File or None")
            }
            let requests = spec.items("tokenRequests")
            Repetition.find(in: requests, by: { $0.text("audience") }) { _, again in
                findings.add(at: again, "audience \(again.quoted) comes twice")
            }
            for request in requests { findings.check(request["expirationSeconds"], 600...1 << 32, as: "expirationSeconds") }
            findings.check(spec["nodeAllocatableUpdatePeriodSeconds"], 10...Int64.max, as: "nodeAllocatableUpdatePeriodSeconds")
            if requests.isEmpty, spec.given("serviceAccountTokenInSecrets") != nil {
                findings.add(at: spec.place(of: "serviceAccountTokenInSecrets"), "serviceAccountTokenInSecrets needs tokenRequests")
            }
        })

    static let csiNode = Rule(
        "k8s/csi-node", kinds: ["CSINode.storage.k8s.io"],
        summary: "a CSINode names each driver once, with the node's id",
        reason: "validateCSINodeDriver in pkg/apis/storage/validation.",
        bad: """
            apiVersion: storage.k8s.io/v1
            kind: CSINode
            metadata: {name: node-1}
            spec:
              drivers: [{name: csi.example.com, nodeID: a}, {name: csi.example.com, nodeID: b}]
            """,
        good: """
            apiVersion: storage.k8s.io/v1
            kind: CSINode
            metadata: {name: node-1}
            spec:
              drivers: [{name: csi.example.com, nodeID: a}]
            """,
        check: .object { object, findings in
            guard let drivers = object.spec?.items("drivers") else { return }
            Repetition.find(in: drivers, by: { $0.text("name") }) { _, again in
                findings.add(at: again, "driver \(again.quoted) comes twice")
            }
            for driver in drivers where driver.kind == .mapping {
                findings.check(driver.text("name"), driverFault, as: "driver")
                if let node = driver.text("nodeID") {
                    if node.bytes.isEmpty { findings.add(at: node, "nodeID is empty") }
                    if node.bytes.count > 256 { findings.add(at: node, "nodeID \(Names.tooLong(node.bytes, 256))") }
                }
                findings.check(driver.at("allocatable", "count"), 0...Int64.max, as: "count")
                let keys = driver.items("topologyKeys")
                Repetition.find(in: keys, by: { $0 }) { _, again in findings.add(at: again, "topology key \(again.quoted) comes twice") }
                for key in keys { findings.check(key, { Names.qualifiedNameFault($0) }, as: "topology key") }
            }
        })

    static let attachment = Rule(
        "k8s/volume-attachment", kinds: ["VolumeAttachment.storage.k8s.io"],
        summary: "a VolumeAttachment names a driver, a node and one volume",
        reason: "validateVolumeAttachmentSpec in pkg/apis/storage/validation.",
        bad: """
            apiVersion: storage.k8s.io/v1
            kind: VolumeAttachment
            metadata: {name: data-node-1}
            spec:
              attacher: csi.example.com
              nodeName: node-1
              source: {}
            """,
        good: """
            apiVersion: storage.k8s.io/v1
            kind: VolumeAttachment
            metadata: {name: data-node-1}
            spec:
              attacher: csi.example.com
              nodeName: node-1
              source: {persistentVolumeName: data}
            """,
        check: .object { object, findings in
            guard let spec = object.spec else { return }
            findings.check(spec.text("attacher"), driverFault, as: "attacher")
            findings.check(spec.text("nodeName"), Names.subdomainFault, as: "nodeName")
            guard let source = spec.mapping("source") else { return }
            let name = source.given("persistentVolumeName")
            let inline = source.given("inlineVolumeSpec")
            if name != nil, inline != nil {
                findings.add(at: source.place(of: "inlineVolumeSpec"), "a source has either persistentVolumeName or inlineVolumeSpec, not both")
            } else if name == nil, inline == nil {
                findings.add(at: source, "source needs persistentVolumeName or inlineVolumeSpec")
            }
            findings.check(name, Names.subdomainFault, as: "persistentVolumeName")
        })
}
