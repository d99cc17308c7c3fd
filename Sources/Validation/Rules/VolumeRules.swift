import Manifests
import Schemas

/// Rules for the volumes of pods
/// (pkg/apis/core/validation/validation.go: ValidateVolumes, validateVolumeSource).
enum VolumeRules {
    static let all: [Rule] = [
        name, duplicate, source, missingField, fileMode, itemPath, hostPath, emptyDir, nfs, csi, ephemeral, createdClaim, downward,
        projectedSource, projectedPath, token, iscsi, fibreChannel, diskField, flexOptions,
    ]

    static let name = Rule(
        "k8s/volume-name",
        keys: ["volumes"],
        summary: "a volume's name is a DNS label: at most 63 lower-case letters, digits and \"-\"",
        reason: "ValidateVolumes, ValidateDNS1123Label.",
        bad: Example.pod(spec: "volumes:\n  - name: my_data\n    emptyDir: {}"),
        good: Example.pod(spec: "volumes:\n  - name: my-data\n    emptyDir: {}"),
        check: .pod { pod, findings in
            eachVolume(pod) { volume in
                guard let name = volume.text("name"), let fault = Names.labelFault(name.bytes) else { return }
                findings.add(at: name, "volume name \(name.quoted) \(fault)")
            }
        })

    static let duplicate = Rule(
        "k8s/duplicate-volume",
        keys: ["volumes"],
        summary: "the volumes of a pod have different names",
        reason: "ValidateVolumes.",
        bad: Example.pod(spec: "volumes:\n  - name: data\n    emptyDir: {}\n  - name: data\n    emptyDir: {}"),
        good: Example.pod(spec: "volumes:\n  - name: data\n    emptyDir: {}\n  - name: more\n    emptyDir: {}"),
        check: .pod { pod, findings in
            let overridden = VolumeLookup(pod)
            Duplicates.each(pod.volumes, "name") { again, first in
                guard !overridden.isClaimTemplate(again) else { return }
                findings.add(at: again, "volume name \(again.quoted) is taken by the volume of line \(first.position.line)")
            }
        })

    static let source = Rule(
        "k8s/volume-source",
        keys: ["volumes"],
        summary: "a volume has at most one source",
        reason: "validateVolumeSource; a volume without one is an emptyDir (SetDefaults_Volume).",
        bad: Example.volume("emptyDir: {}\nconfigMap:\n  name: settings"),
        good: Example.volume("configMap:\n  name: settings"),
        check: .pod { pod, findings in
            eachVolume(pod) { volume in
                guard volume.count > 2 else { return }
                var first: Value?
                for field in volume.fields where field.value.kind == .mapping {
                    guard let earlier = first else {
                        first = field.key
                        continue
                    }
                    findings.add(at: field.key, "volume \(called(volume)) has a second source, \(field.key.text) beside \(earlier.text)")
                }
            }
        })

    // MARK: Fields

    /// A field that must not be empty, and whether the schema demands that it is there.
    private struct Field: Sendable {
        let source: StaticString
        let field: StaticString
        let isInSchema: Bool
        let what: String

        init(_ source: StaticString, _ field: StaticString, isInSchema: Bool = true, _ what: String) {
            self.source = source
            self.field = field
            self.isInSchema = isInSchema
            self.what = what
        }
    }

    private static let fields: [Field] = [
        Field("configMap", "name", isInSchema: false, "names no ConfigMap"),
        Field("secret", "secretName", isInSchema: false, "names no Secret"),
        Field("persistentVolumeClaim", "claimName", "names no claim"),
        Field("hostPath", "path", "has no path"),
        Field("nfs", "server", "has no server"),
        Field("gitRepo", "repository", "has no repository"),
        Field("gcePersistentDisk", "pdName", "has no pdName"),
        Field("awsElasticBlockStore", "volumeID", "has no volumeID"),
        Field("iscsi", "targetPortal", "has no targetPortal"),
        Field("iscsi", "iqn", "has no iqn"),
        Field("glusterfs", "endpoints", "has no endpoints"),
        Field("glusterfs", "path", "has no path"),
        Field("rbd", "image", "has no image"),
        Field("cinder", "volumeID", "has no volumeID"),
        Field("flexVolume", "driver", "has no driver"),
        Field("quobyte", "registry", "has no registry"),
        Field("quobyte", "volume", "has no volume"),
        Field("azureFile", "secretName", "has no secretName"),
        Field("azureFile", "shareName", "has no shareName"),
        Field("azureDisk", "diskName", "has no diskName"),
        Field("azureDisk", "diskURI", "has no diskURI"),
        Field("vsphereVolume", "volumePath", "has no volumePath"),
        Field("photonPersistentDisk", "pdID", "has no pdID"),
        Field("portworxVolume", "volumeID", "has no volumeID"),
        Field("scaleIO", "gateway", "has no gateway"),
        Field("scaleIO", "system", "has no system"),
        Field("scaleIO", "volumeName", isInSchema: false, "has no volumeName"),
        Field("storageos", "volumeName", isInSchema: false, "has no volumeName"),
    ]

    static let missingField = Rule(
        "k8s/volume-field",
        keys: ["volumes"],
        summary: "a volume's source names what it takes the volume from",
        reason: "validateVolumeSource and what it calls, such as validateConfigMapVolumeSource and validateSecretVolumeSource.",
        bad: Example.volume("secret:\n  items:\n    - key: a\n      path: a"),
        good: Example.volume("secret:\n  secretName: api\n  items:\n    - key: a\n      path: a"),
        check: .pod { pod, findings in
            eachVolume(pod) { volume in
                for entry in volume.fields where entry.value.kind == .mapping {
                    for field in fields where entry.key.equals(field.source) {
                        let fault = field.isInSchema ? entry.value.emptied(field.field) : entry.value.lacks(field.field) ? entry.key : nil
                        guard let fault else { continue }
                        let hint = field.source.utf8CodeUnitCount == 6 && entry.value["name"] != nil && entry.key.equals("secret")
                            ? "the field is called secretName here" : nil
                        findings.add(at: entry.value[field.field] ?? fault, "\(field.source) volume \(called(volume)) \(field.what)", hint: hint)
                    }
                    if entry.key.equals("rbd") || entry.key.equals("cephfs"), let monitors = entry.value["monitors"], monitors.kind == .sequence,
                        monitors.count == 0
                    {
                        findings.add(at: monitors, "\(entry.key.text) volume \(called(volume)) has no monitors")
                    }
                    if entry.key.equals("cinder") || entry.key.equals("storageos"), let secret = entry.value.mapping("secretRef"), secret.lacks("name") {
                        findings.add(at: secret, "\(entry.key.text) volume \(called(volume)) has a secretRef without a name")
                    }
                }
            }
        })

    static let fileMode = Rule(
        "k8s/file-mode",
        keys: ["mode", "defaultMode"],
        summary: "file modes of a volume are between 0 and 0777",
        reason: """
            validateConfigMapVolumeSource, validateKeyToPath and their like. YAML reads 0644 as octal, and 644 as decimal, which is \
            octal 1204; in JSON modes are decimal.
            """,
        bad: Example.volume("configMap:\n  name: settings\n  defaultMode: 644"),
        good: Example.volume("configMap:\n  name: settings\n  defaultMode: 0644"),
        check: .pod { pod, findings in
            eachVolume(pod) { volume in
                for entry in volume.fields where entry.value.kind == .mapping {
                    let source = entry.value
                    if entry.key.equals("configMap") || entry.key.equals("secret") || entry.key.equals("downwardAPI") {
                        checkModes(source, volume, &findings)
                    } else if entry.key.equals("projected") {
                        checkMode(source["defaultMode"], volume, &findings)
                        for projection in source.list("sources") {
                            for part in projection.fields where part.value.kind == .mapping {
                                for item in part.value.list("items") { checkMode(item["mode"], volume, &findings) }
                            }
                        }
                    }
                }
            }
        })

    private static func checkModes(_ source: Value, _ volume: Value, _ findings: inout Findings) {
        checkMode(source["defaultMode"], volume, &findings)
        for item in source.list("items") { checkMode(item["mode"], volume, &findings) }
    }

    private static func checkMode(_ value: Value?, _ volume: Value, _ findings: inout Findings) {
        guard let value, let mode = value.integer, !(0...0o777).contains(mode) else { return }
        let digits = value.bytes
        let isOctalMeant = digits.count <= 4 && digits.first != UInt8(ascii: "0") && digits.allSatisfy { (0x30...0x37).contains($0) }
        findings.add(
            at: value, "file mode \(value.text) of volume \(called(volume)) is not between 0 and 0777",
            hint: isOctalMeant ? "octal numbers begin with 0: 0\(String(decoding: digits.suffix(3), as: UTF8.self))" : nil)
    }

    static let itemPath = Rule(
        "k8s/item-path",
        keys: ["items", "serviceAccountToken", "gitRepo"],
        summary: "what is shown in a volume has a key and a relative path that leads nowhere else",
        reason: "validateKeyToPath, validateDownwardAPIVolumeFile, ValidateLocalNonReservedPath: not empty, no \"/\" at the beginning, no \"..\".",
        bad: Example.volume("configMap:\n  name: settings\n  items:\n    - key: a\n      path: /etc/a"),
        good: Example.volume("configMap:\n  name: settings\n  items:\n    - key: a\n      path: etc/a"),
        check: .pod { pod, findings in
            eachVolume(pod) { volume in
                for entry in volume.fields where entry.value.kind == .mapping {
                    if entry.key.equals("configMap") || entry.key.equals("secret") || entry.key.equals("downwardAPI") {
                        for item in entry.value.list("items") { checkItem(item, volume, &findings) }
                    } else if entry.key.equals("projected") {
                        for projection in entry.value.list("sources") {
                            for part in projection.fields where part.value.kind == .mapping {
                                for item in part.value.list("items") { checkItem(item, volume, &findings) }
                                if part.key.equals("serviceAccountToken") { checkPath(part.value.text("path"), volume, &findings) }
                            }
                        }
                    } else if entry.key.equals("gitRepo"), let directory = entry.value.filled("directory"),
                        let fault = Paths.descendingFault(directory.bytes)
                    {
                        findings.add(at: directory, "directory \(directory.quoted) of volume \(called(volume)) \(fault)")
                    }
                }
            }
        })

    private static func checkItem(_ item: Value, _ volume: Value, _ findings: inout Findings) {
        if let key = item.emptied("key") { findings.add(at: key, "an item of volume \(called(volume)) has no key") }
        checkPath(item.text("path"), volume, &findings)
    }

    private static func checkPath(_ path: Value?, _ volume: Value, _ findings: inout Findings) {
        guard let path else { return }
        if path.bytes.isEmpty {
            findings.add(at: path, "an item of volume \(called(volume)) has no path")
        } else if let fault = Paths.fileFault(path.bytes) {
            findings.add(at: path, "path \(path.quoted) of volume \(called(volume)) \(fault)")
        }
    }

    static let hostPath = Rule(
        "k8s/host-path",
        keys: ["hostPath"],
        summary: "a hostPath contains no \"..\"",
        reason: "validateHostPathVolumeSource, validatePathNoBacksteps.",
        bad: Example.volume("hostPath:\n  path: /data/../etc"),
        good: Example.volume("hostPath:\n  path: /data/etc"),
        check: .pod { pod, findings in
            eachVolume(pod) { volume in
                guard let path = volume.mapping("hostPath")?.text("path"), Paths.hasBackstep(path.bytes) else { return }
                findings.add(at: path, "path \(path.quoted) of volume \(called(volume)) contains \"..\"")
            }
        })

    static let emptyDir = Rule(
        "k8s/empty-dir-size",
        keys: ["sizeLimit"],
        summary: "the sizeLimit of an emptyDir is not negative",
        reason: "validateVolumeSource.",
        bad: Example.volume("emptyDir:\n  sizeLimit: -1Gi"),
        good: Example.volume("emptyDir:\n  sizeLimit: 1Gi"),
        check: .pod { pod, findings in
            eachVolume(pod) { volume in
                guard let limit = volume.mapping("emptyDir")?["sizeLimit"], let quantity = Quantity(limit), quantity.isNegative else { return }
                findings.add(at: limit, "sizeLimit \(limit.text) of volume \(called(volume)) is negative")
            }
        })

    static let nfs = Rule(
        "k8s/nfs-path",
        keys: ["nfs"],
        summary: "the path of an NFS volume is absolute",
        reason: "validateNFSVolumeSource.",
        bad: Example.volume("nfs:\n  server: nfs.example.com\n  path: export"),
        good: Example.volume("nfs:\n  server: nfs.example.com\n  path: /export"),
        check: .pod { pod, findings in
            eachVolume(pod) { volume in
                guard let path = volume.mapping("nfs")?.text("path"), path.bytes.first != Names.slash else { return }
                findings.add(at: path, "path \(path.quoted) of volume \(called(volume)) is not absolute")
            }
        })

    static let csi = Rule(
        "k8s/csi-volume",
        keys: ["csi"],
        summary: "a CSI volume names a driver by a DNS name of at most 63 characters, and a Secret by its name",
        reason: "validateCSIVolumeSource, ValidateCSIDriverName.",
        bad: Example.volume("csi:\n  driver: secrets_store"),
        good: Example.volume("csi:\n  driver: secrets-store.csi.k8s.io"),
        check: .pod { pod, findings in
            eachVolume(pod) { volume in
                guard let source = volume.mapping("csi") else { return }
                if let driver = source.text("driver") {
                    if driver.bytes.count > 63 {
                        findings.add(at: driver, "driver of volume \(called(volume)) \(Names.tooLong(driver.bytes, 63))")
                    } else if !Names.isSubdomain(driver.bytes, ignoresCase: true) {
                        findings.add(at: driver, "driver \(driver.quoted) of volume \(called(volume)) is no DNS name")
                    }
                }
                guard let secret = source.mapping("nodePublishSecretRef") else { return }
                if secret.lacks("name") {
                    findings.add(at: secret, "nodePublishSecretRef of volume \(called(volume)) has no name")
                } else if let name = secret.text("name"), let fault = Names.subdomainFault(name.bytes) {
                    findings.add(at: name, "Secret name \(name.quoted) of volume \(called(volume)) \(fault)")
                }
            }
        })

    static let ephemeral = Rule(
        "k8s/ephemeral-volume",
        keys: ["ephemeral"],
        summary: "an ephemeral volume has a claim template with access modes and a size, and metadata of labels and annotations only",
        reason: "validateEphemeralVolumeSource, ValidatePersistentVolumeClaimTemplate, ValidatePersistentVolumeClaimSpec.",
        bad: Example.volume(
            "ephemeral:\n  volumeClaimTemplate:\n    spec:\n      resources:\n        requests:\n          storage: 1Gi"),
        good: Example.volume(
            "ephemeral:\n  volumeClaimTemplate:\n    spec:\n      accessModes: [ReadWriteOnce]\n      resources:\n        requests:\n          storage: 1Gi"),
        check: .pod { pod, findings in
            eachVolume(pod) { volume in
                guard let source = volume.mapping("ephemeral") else { return }
                guard let template = source.mapping("volumeClaimTemplate") else {
                    findings.add(at: volume.place("ephemeral"), "ephemeral volume \(called(volume)) has no volumeClaimTemplate")
                    return
                }
                for field in template.entries("metadata") where !field.value.isNull {
                    if field.key.equals("labels") {
                        for label in field.value.fields {
                            if let fault = Names.qualifiedNameFault(label.key.bytes) {
                                findings.add(at: label.key, "label key \(label.key.quoted) of the claim of volume \(called(volume)) \(fault)")
                            }
                            if label.value.kind == .string, let fault = Names.labelValueFault(label.value.bytes) {
                                findings.add(at: label.value, "label value \(label.value.quoted) of the claim of volume \(called(volume)) \(fault)")
                            }
                        }
                    } else if !field.key.equals("annotations"), field.value.kind != .string || !field.value.bytes.isEmpty {
                        findings.add(at: field.key, "the claim template of volume \(called(volume)) may not have metadata.\(field.key.text)")
                    }
                }
                guard let spec = template.mapping("spec") else { return }
                if spec.list("accessModes").isEmpty {
                    findings.add(at: spec["accessModes"] ?? template.place("spec"), "the claim template of volume \(called(volume)) has no accessModes")
                }
                guard let size = spec.mapping("resources")?.mapping("requests")?.given("storage") else {
                    findings.add(at: template.place("spec"), "the claim template of volume \(called(volume)) has no resources.requests.storage")
                    return
                }
                if let quantity = Quantity(size), quantity <= Quantity(0) {
                    findings.add(at: size, "storage \(size.text) of the claim of volume \(called(volume)) is not above zero")
                }
                if let name = spec.filled("storageClassName"), let fault = Names.subdomainFault(name.bytes) {
                    findings.add(at: name, "storageClassName \(name.quoted) of volume \(called(volume)) \(fault)")
                }
            }
        })

    static let createdClaim = Rule(
        "k8s/ephemeral-claim-name", kinds: ["Pod"],
        keys: ["ephemeral"],
        summary: "a Pod uses no claim by name that one of its ephemeral volumes will have, and those names are well formed",
        reason: "ValidateVolumes: the claim of an ephemeral volume is called <pod>-<volume>.",
        bad: Example.pod(
            spec: """
                volumes:
                  - name: scratch
                    ephemeral:
                      volumeClaimTemplate:
                        spec:
                          accessModes: [ReadWriteOnce]
                          resources:
                            requests:
                              storage: 1Gi
                  - name: data
                    persistentVolumeClaim:
                      claimName: web-scratch
                """),
        good: Example.pod(
            spec: """
                volumes:
                  - name: scratch
                    ephemeral:
                      volumeClaimTemplate:
                        spec:
                          accessModes: [ReadWriteOnce]
                          resources:
                            requests:
                              storage: 1Gi
                  - name: data
                    persistentVolumeClaim:
                      claimName: data
                """),
        check: .pod { pod, findings in
            guard !pod.isTemplate, let name = pod.object.nameValue, !name.bytes.isEmpty else { return }
            var created: Set<BytesKey> = []
            for volume in pod.volumes {
                guard volume.mapping("ephemeral") != nil, let own = volume.filled("name") else { continue }
                created.insert(BytesKey(bytes: own.bytes))
                let length = name.bytes.count + 1 + own.bytes.count
                if length > 253, name.bytes.count <= 253 {
                    findings.add(at: own, "the claim of ephemeral volume \(own.quoted) would have a name of \(length) characters, at most 253 are allowed")
                }
            }
            guard !created.isEmpty else { return }
            for volume in pod.volumes {
                guard let claim = volume.mapping("persistentVolumeClaim")?.filled("claimName") else { continue }
                let prefix = name.bytes.count
                let bytes = claim.bytes
                guard bytes.count > prefix + 1, bytes[prefix] == Names.dash,
                    UnsafeBufferPointer(rebasing: bytes[..<prefix]).elementsEqual(name.bytes),
                    created.contains(BytesKey(bytes: UnsafeBufferPointer(rebasing: bytes[(prefix + 1)...])))
                else { continue }
                findings.add(at: claim, "claim \(claim.quoted) is made by an ephemeral volume of this pod")
            }
        })

    // MARK: Downward API and projections

    static let downward = Rule(
        "k8s/downward-file",
        keys: ["downwardAPI"],
        summary: "a file of a downwardAPI volume shows a field or a resource, not both",
        reason: "validateDownwardAPIVolumeFile.",
        bad: Example.volume("downwardAPI:\n  items:\n    - path: labels"),
        good: Example.volume("downwardAPI:\n  items:\n    - path: labels\n      fieldRef:\n        fieldPath: metadata.labels"),
        check: .pod { pod, findings in
            eachVolume(pod) { volume in
                eachDownwardFile(volume) { file in
                    guard file.kind == .mapping else { return }
                    let (field, resource) = (file.mapping("fieldRef"), file.mapping("resourceFieldRef"))
                    if field == nil, resource == nil {
                        findings.add(at: file, "a file of volume \(called(volume)) has neither fieldRef nor resourceFieldRef")
                    } else if field != nil, resource != nil {
                        findings.add(at: file.place("resourceFieldRef"), "a file of volume \(called(volume)) has both fieldRef and resourceFieldRef")
                    }
                }
            }
        })

    /// Gives the files that a volume makes of fields of the pod.
    static func eachDownwardFile(_ volume: Value, _ body: (Value) -> Void) {
        guard volume.kind == .mapping else { return }
        for entry in volume.fields where entry.value.kind == .mapping {
            if entry.key.equals("downwardAPI") {
                for item in entry.value.list("items") { body(item) }
            } else if entry.key.equals("projected") {
                for projection in entry.value.list("sources") {
                    guard let source = projection.mapping("downwardAPI") else { continue }
                    for item in source.list("items") { body(item) }
                }
            }
        }
    }

    static let projectedSource = Rule(
        "k8s/projected-source",
        keys: ["projected"],
        summary: "each source of a projected volume is of one type, and names its ConfigMap or Secret",
        reason: "validateProjectionSources.",
        bad: Example.volume("projected:\n  sources:\n    - configMap:\n        name: a\n      secret:\n        name: b"),
        good: Example.volume("projected:\n  sources:\n    - configMap:\n        name: a\n    - secret:\n        name: b"),
        check: .pod { pod, findings in
            eachProjection(pod) { volume, projection in
                var count = 0
                for part in projection.fields where part.value.kind == .mapping {
                    // Behind feature gates; where they are off the server drops them unread.
                    guard !part.key.equals("clusterTrustBundle"), !part.key.equals("podCertificate") else { continue }
                    count += 1
                    if count == 2 {
                        findings.add(at: part.key, "a source of projected volume \(called(volume)) is of two types", hint: "begin another list item")
                    }
                    if part.key.equals("secret") || part.key.equals("configMap"), part.value.lacks("name") {
                        findings.add(at: part.value["name"] ?? part.key, "\(part.key.text) of projected volume \(called(volume)) has no name")
                    }
                }
            }
        })

    static let projectedPath = Rule(
        "k8s/projected-path",
        keys: ["projected"],
        summary: "sources of a projected volume show different files",
        reason: "validateProjectionSources: conflicting duplicate paths.",
        bad: projected("a"),
        good: projected("b"),
        check: .pod { pod, findings in
            for volume in pod.volumes {
                guard let projected = volume.mapping("projected") else { continue }
                let sources = projected.list("sources")
                var paths: Set<BytesKey> = []
                for source in sources {
                    for part in source.fields
                    where part.key.equals("secret") || part.key.equals("configMap") || part.key.equals("downwardAPI") {
                        for item in part.value.list("items") {
                            guard let path = item.filled("path"), !paths.insert(BytesKey(bytes: path.bytes)).inserted else { continue }
                            findings.add(at: path, "projected volume \(called(volume)) shows two files at \(path.quoted)")
                        }
                    }
                }
            }
        })

    private static func projected(_ path: String) -> String {
        Example.volume(
            """
            projected:
              sources:
                - configMap:
                    name: a
                    items:
                      - key: a
                        path: a
                - secret:
                    name: b
                    items:
                      - key: b
                        path: \(path)
            """)
    }

    static let token = Rule(
        "k8s/service-account-token",
        keys: ["expirationSeconds"],
        summary: "a projected service account token lives for at least 10 minutes, at most 2^32 seconds",
        reason: "validateProjectionSources.",
        bad: token(60),
        good: token(3600),
        check: .pod { pod, findings in
            eachProjection(pod) { volume, projection in
                guard let token = projection.mapping("serviceAccountToken"), let seconds = token["expirationSeconds"],
                    let value = seconds.integer, !(600...(1 << 32)).contains(value)
                else { return }
                findings.add(
                    at: seconds, "expirationSeconds \(value) of a token of volume \(called(volume)) is not between 600 and 4294967296")
            }
        })

    private static func token(_ seconds: Int) -> String {
        Example.pod(
            spec: """
                serviceAccountName: web
                volumes:
                  - name: token
                    projected:
                      sources:
                        - serviceAccountToken:
                            path: token
                            expirationSeconds: \(seconds)
                """)
    }

    // MARK: Storage systems

    static let iscsi = Rule(
        "k8s/iscsi-volume",
        keys: ["iscsi"],
        summary: "an iSCSI volume has an iqn of one of the forms iqn, eui and naa, a lun between 0 and 255, and a Secret for CHAP",
        reason: "validateISCSIVolumeSource.",
        bad: Example.volume("iscsi:\n  targetPortal: 10.0.0.1:3260\n  iqn: disk\n  lun: 0"),
        good: Example.volume("iscsi:\n  targetPortal: 10.0.0.1:3260\n  iqn: iqn.2001-04.com.example:storage.disk1\n  lun: 0"),
        check: .pod { pod, findings in
            eachVolume(pod) { volume in
                guard let source = volume.mapping("iscsi") else { return }
                for key: StaticString in ["iqn", "initiatorName"] {
                    guard let name = source.filled(key), !isInitiator(name.bytes) else { continue }
                    findings.add(
                        at: name, "\(key) \(name.quoted) of volume \(called(volume)) is none of iqn.<year>-<month>.<domain>:<name>, eui.<16 digits> and naa.<32 digits>")
                }
                if let lun = source["lun"], let value = lun.integer, !(0...255).contains(value) {
                    findings.add(at: lun, "lun \(value) of volume \(called(volume)) is not between 0 and 255")
                }
                if source.isTrue("chapAuthDiscovery") || source.isTrue("chapAuthSession"), source.mapping("secretRef") == nil {
                    findings.add(at: volume.place("iscsi"), "iscsi volume \(called(volume)) uses CHAP and has no secretRef")
                }
            }
        })

    /// `iqn\.\d{4}-\d{2}\.[[:alnum:]-.]+:[^,;*&$|\s]+`, or 16 or 32 letters and digits (iscsiInitiatorIqnRegex and its like).
    private static func isInitiator(_ name: Names.Bytes) -> Bool {
        if name.hasPrefix("eui") { return name.count == 20 && name[4...].allSatisfy(Names.isAlphanumeric) }
        if name.hasPrefix("naa") { return name.count == 36 && name[4...].allSatisfy(Names.isAlphanumeric) }
        guard name.hasPrefix("iqn."), name.count > 13, name[8] == Names.dash, name[11] == Names.dot, name[4..<8].allSatisfy(Names.isDigit),
            name[9..<11].allSatisfy(Names.isDigit), let colon = name.firstIndex(of: UInt8(ascii: ":")), colon > 12, colon + 1 < name.count
        else { return false }
        return name[12..<colon].allSatisfy { Names.isAlphanumeric($0) || $0 == Names.dash || $0 == Names.dot }
            && !name[(colon + 1)...].contains { byte in
                ContainerRules.isSpace(byte) || ",;*&$|".utf8.contains(byte)
            }
    }

    static let fibreChannel = Rule(
        "k8s/fc-volume",
        keys: ["fc"],
        summary: "a Fibre Channel volume has targetWWNs with a lun between 0 and 255, or wwids",
        reason: "validateFCVolumeSource.",
        bad: Example.volume("fc:\n  targetWWNs: [\"50060e801049cfd1\"]"),
        good: Example.volume("fc:\n  targetWWNs: [\"50060e801049cfd1\"]\n  lun: 0"),
        check: .pod { pod, findings in
            eachVolume(pod) { volume in
                guard let source = volume.mapping("fc") else { return }
                let (names, ids) = (source.list("targetWWNs"), source.list("wwids"))
                if names.isEmpty, ids.isEmpty { findings.add(at: volume.place("fc"), "fc volume \(called(volume)) has neither targetWWNs nor wwids") }
                if !names.isEmpty, !ids.isEmpty { findings.add(at: source.place("wwids"), "fc volume \(called(volume)) has both targetWWNs and wwids") }
                guard !names.isEmpty else { return }
                guard let lun = source.given("lun") else {
                    findings.add(at: source.place("targetWWNs"), "fc volume \(called(volume)) has targetWWNs and no lun")
                    return
                }
                if let value = lun.integer, !(0...255).contains(value) {
                    findings.add(at: lun, "lun \(value) of volume \(called(volume)) is not between 0 and 255")
                }
            }
        })

    static let diskField = Rule(
        "k8s/disk-volume",
        keys: ["gcePersistentDisk", "awsElasticBlockStore", "azureDisk", "flocker", "quobyte", "storageos"],
        summary: "disks of clouds have the forms that their systems know",
        reason: """
            validateGCEPersistentDiskVolumeSource, validateAWSElasticBlockStoreVolumeSource (partition), validateAzureDisk (diskURI), \
            validateFlockerVolumeSource, validateQuobyteVolumeSource, validateStorageOSVolumeSource.
            """,
        bad: Example.volume("gcePersistentDisk:\n  pdName: disk\n  partition: 300"),
        good: Example.volume("gcePersistentDisk:\n  pdName: disk\n  partition: 3"),
        check: .pod { pod, findings in
            eachVolume(pod) { volume in
                for entry in volume.fields where entry.value.kind == .mapping { checkDisk(entry, volume, &findings) }
            }
        })

    private static func checkDisk(_ entry: Value.Field, _ volume: Value, _ findings: inout Findings) {
        let source = entry.value
        if entry.key.equals("gcePersistentDisk") || entry.key.equals("awsElasticBlockStore") {
            if let partition = source["partition"], let value = partition.integer, !(0...255).contains(value) {
                findings.add(at: partition, "partition \(value) of volume \(called(volume)) is not between 0 and 255")
            }
        } else if entry.key.equals("azureDisk") {
            guard let uri = source.filled("diskURI") else { return }
            // The kind defaults to Shared.
            if source["kind"]?.equals("Managed") == true {
                if !uri.bytes.hasPrefix("/subscriptions/") {
                    findings.add(at: uri, "diskURI of managed disk volume \(called(volume)) does not begin with \"/subscriptions/\"")
                }
            } else if !uri.bytes.hasPrefix("https://") {
                findings.add(at: uri, "diskURI of blob disk volume \(called(volume)) does not begin with \"https://\"", hint: "a managed disk has kind: Managed")
            }
        } else if entry.key.equals("flocker") {
            let (name, id) = (source.filled("datasetName"), source.filled("datasetUUID"))
            if name == nil, id == nil { findings.add(at: entry.key, "flocker volume \(called(volume)) has neither datasetName nor datasetUUID") }
            if name != nil, let id { findings.add(at: id, "flocker volume \(called(volume)) has both datasetName and datasetUUID") }
            if let name, name.bytes.contains(Names.slash) { findings.add(at: name, "datasetName of volume \(called(volume)) contains \"/\"") }
        } else if entry.key.equals("quobyte") {
            if let tenant = source.text("tenant"), tenant.bytes.count > 64, source.filled("registry") != nil {
                findings.add(at: tenant, "tenant of volume \(called(volume)) \(Names.tooLong(tenant.bytes, 64))")
            }
        } else if entry.key.equals("storageos") {
            for key: StaticString in ["volumeName", "volumeNamespace"] {
                if let name = source.filled(key), let fault = Names.labelFault(name.bytes) {
                    findings.add(at: name, "\(key) \(name.quoted) of volume \(called(volume)) \(fault)")
                }
            }
        }
    }

    static let flexOptions = Rule(
        "k8s/flex-volume-options",
        keys: ["flexVolume"],
        summary: "options of a flexVolume don't use the names of kubernetes.io and k8s.io",
        reason: "validateFlexVolumeSource: they are reserved for the kubelet.",
        bad: Example.volume("flexVolume:\n  driver: example.com/disk\n  options:\n    kubernetes.io/fsType: ext4"),
        good: Example.volume("flexVolume:\n  driver: example.com/disk\n  options:\n    fsType: ext4"),
        check: .pod { pod, findings in
            eachVolume(pod) { volume in
                guard let source = volume.mapping("flexVolume") else { return }
                for option in source.entries("options") {
                    let prefix = (option.key.bytes.firstIndex(of: Names.slash).map { String(decoding: option.key.bytes[..<$0], as: UTF8.self) } ?? option.key.text)
                        .lowercased()
                    guard prefix == "kubernetes.io" || prefix == "k8s.io" || prefix.hasSuffix(".kubernetes.io") || prefix.hasSuffix(".k8s.io")
                    else { continue }
                    findings.add(at: option.key, "option \(option.key.quoted) of volume \(called(volume)) is reserved")
                }
            }
        })

    // MARK: Volumes

    /// Whether a volume has a source of block mode.
    static func isClaim(_ volume: Value) -> Bool {
        volume.mapping("persistentVolumeClaim") != nil || volume.mapping("ephemeral") != nil
    }

    /// Whether a volume has a source, and it is another.
    static func hasOtherSource(_ volume: Value, than source: StaticString) -> Bool {
        guard volume.mapping(source) == nil else { return false }
        return volume.fields.contains { $0.value.kind == .mapping }
    }

    @inline(__always)
    private static func eachVolume(_ pod: PodSpecification, _ body: (Value) -> Void) {
        for volume in pod.volumes where volume.kind == .mapping { body(volume) }
    }

    private static func eachProjection(_ pod: PodSpecification, _ body: (_ volume: Value, _ projection: Value) -> Void) {
        for volume in pod.volumes {
            guard let projected = volume.mapping("projected") else { continue }
            for projection in projected.list("sources") where projection.kind == .mapping { body(volume, projection) }
        }
    }

    private static func called(_ volume: Value) -> String { volume.filled("name")?.quoted ?? "without a name" }
}
