import ArgumentParser
import Deployments
import Git
import Glibc
import Operations
import Posix
import Validation

struct ValidateVerb: PathTakingVerb {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Judge manifests as a push is judged.",
        usage: "git ops validate [<options>] [<rev> | --staged | --worktree] [--] [<path>...]")

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case human, json, sarif, junit, github, gitlab
    }

    @Flag(help: "Judge what is staged, against HEAD, as the hook pre-commit does.")
    var staged = false

    @Flag(help: "Judge the working tree as it is; the default where there is one.")
    var worktree = false

    @Option(help: ArgumentHelp("human, json, sarif, junit, github or gitlab.", valueName: "format"))
    var format = Format.human

    @Flag(help: "List the exceptions that files make, and do not report.")
    var exceptions = false

    @Flag(name: .shortAndLong, help: "Print only errors.")
    var quiet = false

    @Argument(help: ArgumentHelp("A revision, and files or folders.", valueName: "rev|path"))
    var words: [String] = []

    /// What came after "--".
    var paths: [String] = []

    private enum CodingKeys: CodingKey {
        case staged, worktree, format, exceptions, quiet, words
    }

    func run() throws {
        if staged, worktree { throw Failure("--staged and --worktree cannot be used together", exitCode: 129) }
        if exceptions, format != .human, format != .json {
            throw Failure("--exceptions is printed as human or json only", exitCode: 129)
        }
        let terminal = Terminal()
        var report: Report
        var judged: [String] = []
        var paints = false
        do {
            let session = try Session()
            paints = terminal.isOutputTerminal && session.paintsTerminal
            let subject = try subject(session)
            report = Report(try subject.verdict())
            report.remarks = subject.remarks
            if format == .junit { judged = try subject.judgedFiles() }
        } catch let error as GitError where error.kind == .notFound && !filesAlone.isEmpty && !isInRepository {
            report = try Report(StandaloneCheck.verdict(on: filesAlone))
            judged = filesAlone.map(\.path.description)
            paints = terminal.isOutputTerminal && (processVariables()["NO_COLOR"] ?? "").isEmpty
        }
        if quiet { report = report.errorsOnly }
        try print(report, judged, paints, terminal)
        if !report.isAccepted { throw ExitCode(1) }
    }

    // MARK: what is judged

    private func subject(_ session: Session) throws -> ValidationSubject {
        func arguments(_ paths: some Sequence<String>) throws -> [PathArgument] { try paths.map { try PathArgument($0, session) } }
        if staged { return try ValidationSubject(stagedIn: session, try arguments(words + paths)) }
        if worktree { return try ValidationSubject(workTreeOf: session, try arguments(existing(words) + paths)) }
        if let first = words.first, try isRevision(first, session) {
            let others = try session.repository.workTree == nil ? Array(words.dropFirst()) : existing(words.dropFirst())
            return try ValidationSubject(revision: first, try arguments(others + paths), session)
        }
        guard session.repository.workTree != nil else {
            return try ValidationSubject(revision: "HEAD", try arguments(words + paths), session)
        }
        return try ValidationSubject(workTreeOf: session, try arguments(existing(words) + paths))
    }

    /// git's rule (gitcli(7)): what could be both has to be told apart with "--".
    private func isRevision(_ word: String, _ session: Session) throws -> Bool {
        if !paths.isEmpty { return true }
        let isThere = session.repository.workTree != nil && PathArgument.isThere(word)
        // Names of objects have no such end; looking for one would read every pack.
        if isThere, RepositoryPath(word).isManifest, (try? session.repository.target(of: "refs/heads/" + word)) ?? nil == nil { return false }
        guard (try? session.repository.commit(revision: word)) != nil else {
            if !isThere {
                throw Failure(
                    "'\(plainLine(word))' is neither a revision nor a path in the working tree",
                    hint: "to name a path that is not there: git ops validate <rev> -- <path>")
            }
            return false
        }
        guard !isThere else {
            throw Failure(
                "'\(plainLine(word))' is a revision and a path", hint: "put -- before paths: git ops validate -- \(plainLine(word))")
        }
        return true
    }

    private func existing(_ paths: some Collection<String>) throws -> [String] {
        for path in paths where !PathArgument.isThere(path) { throw Failure("path '\(plainLine(path))' is not there") }
        return Array(paths)
    }

    // MARK: files in no repository

    /// Files that were named, with what they hold; none where one is not there, or is a folder.
    private var filesAlone: [(path: RepositoryPath, bytes: [UInt8])] {
        guard !staged, !worktree else { return [] }
        var files: [(path: RepositoryPath, bytes: [UInt8])] = []
        for name in words + paths {
            guard let bytes = try? contents(ofFile: name) else { return [] }
            files.append((RepositoryPath(name), bytes))
        }
        return files
    }

    private var isInRepository: Bool { (try? Repository(environment: processVariables())) != nil }

    // MARK: printing

    private func print(_ report: Report, _ judged: [String], _ paints: Bool, _ terminal: Terminal) throws {
        switch format {
        case .human: printForPeople(report, paints, terminal)
        case .json: terminal.print(ReportDocument(report: report).json)
        case .sarif: terminal.print(SARIFDocument(report: report).json)
        case .junit: terminal.write(JUnitDocument(report: report, judged: judged).xml)
        case .github: terminal.write(GitHubLines(report: report).text)
        case .gitlab: terminal.print(GitLabDocument(report: report).json)
        }
        guard format != .human else { return }
        for remark in report.remarks where format != .json { terminal.message("warning: '\(remark.path)' \(remark.why)") }
    }

    private func printForPeople(_ report: Report, _ paints: Bool, _ terminal: Terminal) {
        let human = HumanReport(paints: paints, width: terminal.width ?? 120)
        for remark in report.remarks { terminal.message("warning: '\(remark.path)' \(remark.why)") }
        if exceptions {
            // Where ops.yaml is bad, nothing was read.
            if report.files == 0, !report.isAccepted { terminal.write(report.diagnostics.flatMap { human.lines($0) }.asLines) }
            terminal.write(human.exceptions(report).asLines)
            return
        }
        terminal.write(report.diagnostics.flatMap { human.lines($0) }.asLines)
        if quiet { return }
        if let line = HumanReport.unclassified(report.unclassified) { terminal.message(line) }
        terminal.message(human.summary(report))
    }
}

extension [String] {
    fileprivate var asLines: String { map { $0 + "\n" }.joined() }
}
