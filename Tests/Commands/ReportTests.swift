import Git
import Manifests
import Operations
import Testing
import TestSupport

@testable import Commands

/// A report with text that is hostile to every format.
private func hostileReport() -> Report {
    var report = Report()
    let evil = "a ]]> <b> & \"c\" % :: , \u{1b}[31m\u{202e} end"
    var first = Diagnostic(
        file: RepositoryPath("a%b:c,d <&>\n.yaml").description,
        range: SourceRange(start: SourcePosition(line: 3, column: 5), end: SourcePosition(line: 3, column: 9)), rule: "k8s/unknown-field",
        message: "unknown field \(evil)", hint: "use \(evil)")
    first.resource = "apps/v1 Deployment \(evil)"
    first.pointer = "/spec/a~1b"
    first.sourceLine = "    port: 80"
    let second = Diagnostic(
        file: RepositoryPath(bytes: [0x66, 0xff, 0x2e, 0x79]).description, position: nil, severity: .warning, rule: "path/case-clash",
        message: "differs")
    report.diagnostics = [first, first, second]
    report.unclassified = ["x.yaml"]
    report.exceptions = [.init(file: "x.yaml", line: 7, rule: "yaml/octal", reason: evil, isUsed: false)]
    report.files = 4
    report.resources = 2
    report.remarks = [("other/y.yaml", "is in no environment")]
    return report
}

extension Node {
    fileprivate func at(_ keys: String...) throws -> Node {
        var node = self
        for key in keys {
            if let number = Int(key) {
                node = try #require(node.items)[number]
            } else {
                node = try #require(node.pairs?.first { $0.key.text == key }?.value, "\(key)")
            }
        }
        return node
    }
}

private func parsed(_ json: String) throws -> Node {
    let (document, diagnostics) = JSON.parse(Array(json.utf8), file: "report")
    #expect(diagnostics == [])
    return try #require(document).root
}

@Suite struct ReportTests {
    @Test func jsonHoldsEverything() throws {
        let root = try parsed(ReportDocument(report: hostileReport()).json)
        #expect(try root.at("version").text == "1")
        let first = try root.at("diagnostics", "0")
        #expect(try first.at("file").text == "a%b:c,d <&>\n.yaml")
        #expect(try ["line", "column", "endLine", "endColumn"].map { try first.at($0).text } == ["3", "5", "3", "9"])
        #expect(try first.at("severity").text == "error")
        #expect(try first.at("pointer").text == "/spec/a~1b")
        #expect(try first.at("message").text?.contains("]]>") == true)
        let last = try root.at("diagnostics", "2")
        #expect(try last.at("file").text == "\"f\\377.y\"")
        #expect(try last.at("line").isNull)
        #expect(try root.at("exceptions", "0", "used").text == "false")
        #expect(try root.at("notJudged", "0", "path").text == "other/y.yaml")
        #expect(try root.at("counts", "errors").text == "2")
    }

    @Test func sarifHasRulesRegionsAndFingerprints() throws {
        let root = try parsed(SARIFDocument(report: hostileReport()).json)
        #expect(try root.at("version").text == "2.1.0")
        let run = try root.at("runs", "0")
        let rules = try #require(try run.at("tool", "driver", "rules").items)
        #expect(try rules.map { try $0.at("id").text } == ["k8s/unknown-field", "path/case-clash"])
        #expect(try rules[0].at("help", "text").text?.contains("Good:") == true)
        let results = try #require(try run.at("results").items)
        #expect(results.count == 3)
        #expect(try results[0].at("ruleIndex").text == "0")
        #expect(try results[2].at("level").text == "warning")
        let place = try results[0].at("locations", "0", "physicalLocation")
        #expect(try place.at("artifactLocation", "uri").text == "a%25b%3Ac%2Cd%20%3C%26%3E%0A.yaml")
        #expect(try place.at("artifactLocation", "uriBaseId").text == "%SRCROOT%")
        #expect(try place.at("region", "endColumn").text == "9")
        #expect(try results[2].at("locations", "0", "physicalLocation", "artifactLocation", "uri").text == "f%FF.y")
        // Alike, and still apart; the same in the next run.
        let prints = try results.map { try $0.at("partialFingerprints", "gitOps/v1").text ?? "" }
        #expect(Set(prints).count == 3)
        #expect(try parsed(SARIFDocument(report: hostileReport()).json).at("runs", "0", "results", "1", "partialFingerprints", "gitOps/v1").text == prints[1])
    }

    @Test func gitLabHasAPlaceForEach() throws {
        let root = try parsed(GitLabDocument(report: hostileReport()).json)
        let issues = try #require(root.items)
        #expect(try issues.map { try $0.at("severity").text } == ["major", "major", "minor"])
        #expect(try issues[2].at("location", "lines", "begin").text == "1")
        #expect(try issues[0].at("check_name").text == "k8s/unknown-field")
        #expect(try Set(issues.map { try $0.at("fingerprint").text }).count == 3)
    }

    @Test func gitHubCommandsAreALineEach() {
        let lines = GitHubLines(report: hostileReport()).text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 4 && lines[3] == "")
        #expect(
            lines[0].hasPrefix(
                "::error file=a%25b%3Ac%2Cd <&>%0A.yaml,line=3,col=5,endLine=3,endColumn=8,title=k8s/unknown-field::unknown field a ]]> <b> & \"c\" %25 :: ,"))
        #expect(lines[0].contains("%0Ahint: use"))
        #expect(lines[2].hasPrefix("::warning file="))
    }

    @Test func junitIsWellFormed() throws {
        let xml = JUnitDocument(report: hostileReport(), judged: ["fine.yaml"]).xml
        #expect(xml.contains("<testsuites name=\"git ops validate\" tests=\"3\" failures=\"1\" errors=\"0\">"))
        #expect(xml.contains("<testcase name=\"valid\" classname=\"fine.yaml\" file=\"fine.yaml\"/>"))
        #expect(!xml.contains("]]>"))
        #expect(!xml.contains("\u{1b}"))
        #expect(xml.unicodeScalars.allSatisfy { $0.value >= 0x20 || $0 == "\n" })
        try expectWellFormed(xml)
    }

    /// Elements close as they opened, attributes are quoted, and no markup stands in text.
    private func expectWellFormed(_ xml: String) throws {
        var open: [Substring] = []
        var rest = xml[...]
        #expect(rest.hasPrefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"))
        rest = rest[(try #require(rest.firstIndex(of: "\n")))...]
        while let tag = rest.firstMatch(of: /<(\/?)([a-z-]+)((?: [a-z]+="[^"<>]*")*)(\/?)>/) {
            #expect(!rest[..<tag.range.lowerBound].contains { $0 == "<" || $0 == ">" })
            if !tag.output.1.isEmpty {
                #expect(open.popLast() == tag.output.2)
            } else if tag.output.4.isEmpty {
                open.append(tag.output.2)
            }
            rest = rest[tag.range.upperBound...]
        }
        #expect(open.isEmpty)
        #expect(rest.allSatisfy { $0.isWhitespace })
    }
}

@Suite struct HumanReportTests {
    private func diagnostic(_ line: String, _ column: Int, _ end: Int? = nil, lines: Int = 0) -> Diagnostic {
        var diagnostic = Diagnostic(
            file: "a.yaml",
            range: SourceRange(
                start: SourcePosition(line: 7, column: column), end: SourcePosition(line: 7 + lines, column: end ?? column)),
            rule: "yaml/syntax", message: "wrong", hint: "mend it")
        diagnostic.sourceLine = line
        return diagnostic
    }

    @Test func aLineIsMarkedBelow() {
        #expect(
            HumanReport().lines(diagnostic("  port: 80", 3, 7)) == [
                "a.yaml:7:3: error: wrong [yaml/syntax]", "    7 |   port: 80", "      |   ^~~~", "  hint: mend it",
            ])
    }

    /// Line, column and end, width; what is shown.
    @Test(arguments: [
        ("a: b", 1, 1, 40, "a: b", "^"), ("a: b", 5, 5, 40, "a: b", "    ^"), ("日本: x", 5, 6, 40, "日本: x", "      ^"),
        ("a: b  ", 4, 9, 40, "a: b", "   ^~~"), ("e\u{301}e: x", 5, 6, 40, "e\u{301}e: x", "   ^"),
        ("0123456789abcdefghijklmnopqrstuvwxyz", 1, 3, 20, "0123456789abcdefghi…", "^~"),
        ("0123456789abcdefghijklmnopqrstuvwxyz", 36, 37, 20, "…tuvwxyz", "       ^"),
    ] as [(String, Int, Int, Int, String, String)])
    func longLinesAndWideCharactersKeepTheMark(line: String, column: Int, end: Int, width: Int, source: String, mark: String) throws {
        let excerpt = try #require(SourceExcerpt(diagnostic(line, column, end), width: width))
        #expect(excerpt.source == source)
        #expect(excerpt.mark == mark)
    }

    @Test func aRangeOfSeveralLinesIsMarkedToTheEndOfTheFirst() throws {
        #expect(try #require(SourceExcerpt(diagnostic("a: {b: 1,  ", 4, 2, lines: 2), width: 80)).mark == "   ^~~~~~")
    }

    @Test func aPlaceBehindTheLineHasNoExcerpt() {
        #expect(SourceExcerpt(diagnostic("a", 9), width: 80) == nil)
        #expect(SourceExcerpt(diagnostic("", 1), width: 80) == nil)
    }

    @Test func theLastLineCounts() {
        var report = Report()
        report.files = 41
        report.resources = 57
        #expect(HumanReport().summary(report) == "41 files, 57 resources: no errors")
        report.diagnostics = [diagnostic("", 1), diagnostic("", 2)]
        report.diagnostics[1].severity = .warning
        #expect(HumanReport().summary(report) == "1 error, 1 warning in 1 of 41 files (57 resources)")
        #expect(HumanReport.unclassified([]) == nil)
        #expect(
            HumanReport.unclassified((1...7).map { "\($0).yaml" })
                == "7 files of YAML name no kind, so only their form was checked: 1.yaml, 2.yaml, 3.yaml, 4.yaml, 5.yaml and 2 more")
    }

    @Test func aHookTellsTheWorstFirstAndCountsTheRest() {
        func one(_ rule: String, _ severity: Diagnostic.Severity, _ file: Int) -> Diagnostic {
            Diagnostic(file: "\(file).yaml", position: .start, severity: severity, rule: rule, message: "wrong", hint: "mend it")
        }
        let many = (0..<50).map { one("k8s/type", .error, $0) } + [one("yaml/octal", .warning, 50), one("yaml/syntax", .error, 51)]
        let lines = HookReport(diagnostics: many, unclassified: ["a.yaml"]).lines(besides: 1)
        #expect(lines.count <= 59)
        #expect(lines.first == "51.yaml:1:1: error: wrong [yaml/syntax]")
        let told = lines.count { $0.contains(": error: ") }
        #expect(lines[lines.count - 2] == "and \(51 - told) more errors and 1 warning in \(52 - told) files; to see all: git ops validate")
        #expect(lines.last?.hasPrefix("1 file of YAML names no kind") == true)
        #expect(HookReport(diagnostics: [many[0]], unclassified: []).lines(besides: 1).count == 2)
        #expect(HookReport(diagnostics: [], unclassified: []).lines(besides: 1) == [])
    }

    /// However many lines each has, and however many there are, it is never more than sixty.
    @Test(arguments: [1, 14, 15, 29, 30, 31, 57, 58, 59, 60, 61, 500])
    func aHookNeverTellsMoreThanSixtyLines(count: Int) {
        for hasLine in [false, true] {
            let all = (0..<count).map { number in
                var one = diagnostic(hasLine ? "a: b" : "", 1)
                one.file = "\(number)"
                return one
            }
            let lines = HookReport(diagnostics: all, unclassified: ["x"]).lines(besides: 1)
            #expect(lines.count + 1 <= 60)
            let told = lines.count { $0.contains("[yaml/syntax]") }
            #expect(told == count || lines.contains { $0.hasPrefix("and \(count - told) more error") })
        }
    }
}

@Suite struct PathArgumentTests {
    @Test func pathsAreTakenFromTheWorkTree() throws {
        let scratch = try Scratch()
        let repository = try TestRepository(at: scratch("repository"))
        try repository.write("a: 1\n", to: "one/a.yaml")
        let session = try Session(variables: testVariables(), from: scratch("repository"))
        let inside = try PathArgument(scratch("repository/one/../one/./a.yaml"), session)
        #expect(inside.path.description == "one/a.yaml")
        #expect(inside.isFile)
        #expect(try !PathArgument(scratch("repository/one"), session).isFile)
        #expect(throws: Failure.self) { try PathArgument(scratch("elsewhere"), session) }
        #expect(throws: Failure.self) { try PathArgument(scratch("repository-2/a"), session) }
    }
}
