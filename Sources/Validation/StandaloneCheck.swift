public import Environments
public import Git
import Manifests
import Schemas

/// Judges files by themselves, where there is no repository: rules between files and
/// the exceptions of a server need one.
public struct StandaloneCheck: Sendable {
    private let check: FileCheck

    /// - Parameters:
    ///   - settings: what `ops.yaml` would say of validation.
    ///   - definitions: files of CustomResourceDefinitions or OpenAPI that hold for what is judged.
    /// - Throws: `SchemaSet.UnknownVersion`, or `SchemaRefusal` where a definition cannot be read.
    public init(settings: ValidationSettings = ValidationSettings(), definitions: [[UInt8]] = []) throws {
        var schemas = try SchemaCatalog(versions: settings.kubernetes.map(\.name), imported: .none)
        if !definitions.isEmpty {
            var compiler = SchemaCompiler()
            for definition in definitions {
                try ManifestFile(definition, language: .yaml, file: "").withDocuments { documents in
                    for document in documents { _ = try compiler.add(document.root) }
                }
            }
            schemas = schemas.adding(compiler.library())
        }
        check = FileCheck(levels: RuleLevels(settings), schemas: schemas, unexcepted: [])
    }

    /// Judges a file.
    ///
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - name: its path, which says what it is: `.json` is JSON, the rest YAML.
    public func verdict(on bytes: [UInt8], named name: String) -> TreeVerdict {
        let path = RepositoryPath(name)
        var context = FileContext()
        if FileContexts.isKustomizationName(path.name) { context.role = .kustomization }
        let found = bytes.withUnsafeBytes { check.verdict(on: $0, at: path, name.hasSuffix(".json") ? .json : .yaml, context) }
        return TreeVerdict(
            diagnostics: found.diagnostics.sorted { ($0.position ?? .start) < ($1.position ?? .start) },
            unclassified: found.role == .unclassified ? [path.description] : [],
            exceptions: found.exceptions.map { (path.description, $0.exception, $0.isUsed) }, files: 1, resources: found.resources)
    }
}

extension StandaloneCheck {
    /// Judges files together, by the rules as they come: what one of them defines holds for the others.
    /// - Parameter files: their names, by which they are told of, and all their bytes.
    public static func verdict(on files: [(path: RepositoryPath, bytes: [UInt8])]) throws -> TreeVerdict {
        var verdict = TreeVerdict()
        var check = FileCheck(
            levels: RuleLevels(ValidationSettings()), schemas: try SchemaCatalog(versions: [], imported: .none), unexcepted: [])
        var read: [FileVerdict?] = files.map { self.verdict(on: $0, check, &verdict) }
        // What one of the files defines holds for the others.
        if read.contains(where: { $0?.facts.contains { $0.kind == .provision && $0.rule == .schema } == true }) {
            var compiler = SchemaCompiler()
            for (file, found) in zip(files, read) where found?.facts.contains(where: { $0.kind == .provision && $0.rule == .schema }) == true {
                ManifestFile(file.bytes, language: .yaml, file: "").withDocuments { documents in
                    for document in documents { _ = try? compiler.add(document.root) }
                }
            }
            check = FileCheck(levels: check.levels, schemas: check.schemas.adding(compiler.library()), unexcepted: [])
            var ignored = TreeVerdict()
            for number in read.indices where read[number] != nil { read[number] = self.verdict(on: files[number], check, &ignored) }
        }
        for (file, found) in zip(files, read) {
            guard let found else { continue }
            add(found, file.path.description, to: &verdict)
        }
        return verdict
    }

    private static func verdict(
        on file: (path: RepositoryPath, bytes: [UInt8]), _ check: FileCheck, _ verdict: inout TreeVerdict
    ) -> FileVerdict? {
        let name = file.path.name
        if name.elementsEqual(OpsFile.fileName.utf8) {
            verdict.diagnostics += OpsFile.parse(file.bytes, file: file.path.description).1
            verdict.files += 1
            return nil
        }
        guard file.bytes.count <= TreeCheck.largestManifest else {
            verdict.diagnostics.append(
                Diagnostic(
                    file: file.path.description, position: nil, rule: "manifest/too-large",
                    message: "a manifest may have at most \(TreeCheck.largestManifest >> 20) MiB"))
            return nil
        }
        var context = FileContext()
        if FileContexts.isKustomizationName(name) { context.role = .kustomization }
        if name.elementsEqual("Chart.yaml".utf8) { context.role = .chart }
        let language: ManifestFile.Language = name.hasSuffix(".json") ? .json : .yaml
        return file.bytes.withUnsafeBytes { check.verdict(on: $0, at: file.path, language, context) }
    }

    private static func add(_ found: FileVerdict, _ file: String, to verdict: inout TreeVerdict) {
        verdict.diagnostics += found.diagnostics
        verdict.files += 1
        verdict.resources += found.resources
        if found.role == .unclassified { verdict.unclassified.append(file) }
        for (exception, isUsed) in found.exceptions {
            verdict.exceptions.append((file, exception, isUsed))
            // Whether a rule between files is broken is not known here.
            guard !isUsed, let rule = RuleTable.all[exception.rule], rule.severity != nil, !rule.id.hasPrefix("env/missing-"),
                rule.id != "env/duplicate-resource"
            else { continue }
            verdict.diagnostics.append(
                Diagnostic(
                    file: file, position: exception.position, severity: .warning, rule: "manifest/unused-exception",
                    message: "nothing on line \(exception.line) breaks \(exception.rule)", hint: "remove the comment"))
        }
    }
}
