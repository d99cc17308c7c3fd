internal import CLibYAML

/// One reading of a YAML stream: libyaml's events, and the rules that libyaml
/// leaves to its caller (aliases, depth).
struct YAMLReading<Receiver: NodeReceiver> {
    /// A collection whose end has not come.
    struct OpenCollection {
        let isMapping: Bool
        let isFlow: Bool
        let start: SourcePosition
        let anchor: String?
        var children = 0
        var height = 1
    }

    /// What an anchor names.
    enum Anchored {
        /// The collection that is open at this index.
        case open(Int)
        case finished(Receiver.Value, height: Int)
    }

    enum Ending {
        case endOfStream
        /// Stopped by an error on a line; the next document may be sound.
        case error(line: Int)
    }

    /// The open flow collections that may be looked at, in all: about two seconds'
    /// worth. Sixteen million bytes of flow style at a depth of 30 stay below it.
    private static var mostFlowWork: Int { 1 << 28 }

    let source: SourceText
    let file: String
    let limits: ReadingLimits
    var receiver: Receiver
    private(set) var diagnostics: [Diagnostic] = []

    /// The lines before the bytes that libyaml is reading.
    private var linesBefore = 0
    private var open: [OpenCollection] = []
    private var anchors: [String: Anchored] = [:]
    private var documentStart = SourcePosition.start
    private var lastQuoted: SourceRange?
    private var flowDepth = 0
    private var flowWork = 0
    /// Where the search for `\/` goes on; nil where there is none to be found.
    private var slash: (index: Int, position: SourcePosition)?

    init(_ bytes: UnsafeBufferPointer<UInt8>, file: String, limits: ReadingLimits, receiver: Receiver) {
        source = SourceText(bytes)
        self.file = file
        self.limits = limits
        self.receiver = receiver
    }

    mutating func run() {
        if let reason = Unreadable.reason(in: source, limits: limits) {
            diagnostics = [reason.diagnostic(language: "yaml", file: file, source: source, limits: limits)]
            return
        }
        if let position = YAMLDirectives.excess(in: source) {
            report(.tooManyDirectives, at: position)
            return
        }
        if source.hasEscapedSlash { slash = (0, .start) }
        var start = 0
        while start < source.bytes.count {
            guard case .error(let line) = read(from: start) else { return }
            if diagnostics.count >= limits.diagnostics {
                report(.tooManyErrors)
                return
            }
            guard let next = nextDocument(after: start, errorLine: line) else { return }
            start = next
        }
    }

    /// Reads documents until the stream ends or an error stops it.
    private mutating func read(from start: Int) -> Ending {
        open.removeAll()
        anchors.removeAll()
        lastQuoted = nil
        flowDepth = 0
        receiver.abandon()
        documentStart = SourcePosition(line: linesBefore + 1, column: 1)
        guard let parser = LibYAMLParser(UnsafeBufferPointer(rebasing: source.bytes[start...])) else {
            report(.noMemory)
            return .endOfStream
        }
        var event = yaml_event_t()
        while parser.next(into: &event) {
            defer { yaml_event_delete(&event) }
            if event.type == YAML_STREAM_END_EVENT { return .endOfStream }
            // In flow style libyaml looks at every open collection for each token
            // (`yaml_parser_fetch_more_tokens`).
            flowWork += flowDepth
            if flowWork > Self.mostFlowWork {
                report(.tooMuchFlow, at: position(event.start_mark))
                return .endOfStream
            }
            if !take(event) { return .error(line: position(event.start_mark).line) }
        }
        let explanation = explain(parser.problem, from: start)
        report(explanation)
        return .error(line: max(explanation.position?.line ?? 1, position(parser.problem.mark).line))
    }

    /// Takes an event; false if reading can't go on.
    private mutating func take(_ event: yaml_event_t) -> Bool {
        switch event.type {
        case YAML_SCALAR_EVENT:
            takeScalar(event)
            return true
        case YAML_SEQUENCE_START_EVENT:
            let start = event.data.sequence_start
            return begin(
                isMapping: false, isFlow: start.style == YAML_FLOW_SEQUENCE_STYLE, anchor: start.anchor,
                tag: start.tag, at: position(event.start_mark))
        case YAML_MAPPING_START_EVENT:
            let start = event.data.mapping_start
            return begin(
                isMapping: true, isFlow: start.style == YAML_FLOW_MAPPING_STYLE, anchor: start.anchor,
                tag: start.tag, at: position(event.start_mark))
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
            end(at: position(event.end_mark))
            return true
        case YAML_ALIAS_EVENT:
            return takeAlias(event)
        case YAML_DOCUMENT_START_EVENT:
            // An anchor is known to its own document only (YAML 1.1, 3.2.2.2).
            if !anchors.isEmpty { anchors.removeAll() }
            lastQuoted = nil
            documentStart = position(event.start_mark)
            // The API machinery reads YAML 1.1 (go-yaml v2, `yaml_parser_process_directives`).
            if let version = event.data.document_start.version_directive?.pointee, version.major != 1 || version.minor != 1 {
                report(.version("\(version.major).\(version.minor)"), at: documentStart)
                return false
            }
            return true
        default:
            return true
        }
    }

    private mutating func takeScalar(_ event: yaml_event_t) {
        let scalar = event.data.scalar
        let range = SourceRange(start: position(event.start_mark), end: position(event.end_mark))
        let style = Node.Style(scalar.style)
        if style == .singleQuoted || style == .doubleQuoted { lastQuoted = range }
        if style == .doubleQuoted, slash != nil { noteEscapedSlash(from: range.start) }
        let value = receiver.scalar(
            UnsafeBufferPointer(start: scalar.value, count: scalar.length), style: style,
            tag: text(scalar.tag, if: Receiver.keepsNodes), range: range)
        if let anchor = text(scalar.anchor) { anchors[anchor] = .finished(value, height: 0) }
        place(value, height: 0)
    }

    private mutating func begin(
        isMapping: Bool, isFlow: Bool, anchor: UnsafeMutablePointer<yaml_char_t>?,
        tag: UnsafeMutablePointer<yaml_char_t>?, at start: SourcePosition
    ) -> Bool {
        guard open.count < limits.depth else {
            report(.tooDeep(limits.depth), at: start)
            return false
        }
        if isFlow {
            flowDepth += 1
            if isMapping { noteLeftoverTemplate(at: start) }
        }
        let name = text(anchor)
        if let name { anchors[name] = .open(open.count) }
        open.append(OpenCollection(isMapping: isMapping, isFlow: isFlow, start: start, anchor: name))
        receiver.begin(isMapping: isMapping, tag: text(tag, if: Receiver.keepsNodes), at: start)
        return true
    }

    private mutating func end(at end: SourcePosition) {
        guard let collection = open.popLast() else { return }
        if collection.isFlow { flowDepth -= 1 }
        let value = receiver.end(at: end)
        // A node inside may have taken the name over: the later one holds it.
        if let name = collection.anchor, case .open(open.count) = anchors[name] {
            anchors[name] = .finished(value, height: collection.height)
        }
        place(value, height: collection.height)
    }

    private mutating func takeAlias(_ event: yaml_event_t) -> Bool {
        let start = position(event.start_mark)
        let name = text(event.data.alias.anchor) ?? ""
        switch anchors[name] {
        case .finished(let value, let height):
            guard open.count + height <= limits.depth else {
                report(.tooDeep(limits.depth), at: start)
                return false
            }
            place(value, height: height)
            return true
        case .open:
            report(.recursiveAlias(name), at: start)
            return false
        case nil:
            report(.unknownAlias(name, known: anchors.count <= 100 ? anchors.keys.sorted() : []), at: start)
            return false
        }
    }

    /// Puts a finished value where it belongs.
    private mutating func place(_ value: Receiver.Value, height: Int) {
        guard !open.isEmpty else {
            receiver.document(value, at: documentStart)
            return
        }
        let last = open.count - 1
        open[last].children += 1
        if height >= open[last].height { open[last].height = height + 1 }
        receiver.add(value)
    }

    /// `key: {{ value }}` is well-formed, a mapping that is the key of a mapping,
    /// but never what was meant, and no JSON could hold it.
    private mutating func noteLeftoverTemplate(at start: SourcePosition) {
        guard let outer = open.last, outer.isMapping, outer.isFlow, outer.children == 0,
            outer.start.line == start.line, outer.start.column + 1 == start.column
        else { return }
        report(.leftoverTemplate, at: outer.start)
    }

    /// `\/` is an escape of YAML 1.2, which libyaml knows and go-yaml v2 does not.
    private mutating func noteEscapedSlash(from start: SourcePosition) {
        guard var (index, position) = slash, start >= position else { return }
        let bytes = source.bytes
        if position.line < start.line {
            index = source.startOfLine(start.line, from: index, knownLine: position.line)
            position = SourcePosition(line: start.line, column: 1)
        }
        while index < bytes.count, position.column < start.column || bytes[index] & 0xC0 == 0x80 {
            if bytes[index] & 0xC0 != 0x80 { position.column += 1 }
            index += 1
        }
        slash = (index, position)
        index += 1
        while index + 1 < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            guard bytes[index] == UInt8(ascii: "\\") else {
                index += 1
                continue
            }
            if bytes[index + 1] == UInt8(ascii: "/") {
                slash = nil
                return report(.escapedSlash, at: source.position(ofByte: index))
            }
            index += 2
        }
    }

    // MARK: diagnostics

    private mutating func report(_ explanation: YAMLExplanation, at position: SourcePosition? = nil) {
        var position = position ?? explanation.position
        if let place = position, place.column == 1, place.line > 1 {
            // The end of a text whose last line has no end is a line further in libyaml's eyes.
            position = min(place, source.position(ofByte: source.bytes.count))
        }
        if let last = diagnostics.last {
            // A document that is read again after an error, or a template that
            // broke the rest of its line, says the same a second time.
            if last.position == position && last.rule == explanation.rule { return }
            if last.rule == YAMLExplanation.templateRule, last.position?.line == position?.line { return }
        }
        diagnostics.append(
            Diagnostic(
                file: file, position: position, rule: explanation.rule, message: explanation.message,
                hint: explanation.hint))
    }

    private func explain(_ problem: LibYAMLParser.Problem, from start: Int) -> YAMLExplanation {
        if problem.isReaderError {
            return .unreadableCharacter(problem.value, at: source.position(ofByte: start + problem.offset))
        }
        let openFlow = open.last.flatMap { $0.isFlow ? ($0.start, $0.isMapping) : nil }
        return YAMLProblemReading(
            problem: problem.text, context: problem.context, position: position(problem.mark),
            contextPosition: position(problem.contextMark), source: source, lastQuoted: lastQuoted,
            openFlow: openFlow, documentLine: documentStart.line
        ).explanation
    }

    /// Where the next document starts after an error on a line. `---` and `...`
    /// at the start of a line are never content (YAML 1.1, production 205,
    /// c-forbidden).
    private mutating func nextDocument(after start: Int, errorLine: Int) -> Int? {
        var line = linesBefore + 1
        var index = start
        while index < source.bytes.count {
            let isNew = index > start && line >= errorLine
            if isNew, isMarker(0x2D, at: index) {
                linesBefore = line - 1
                return index
            }
            let next = source.startOfLine(after: index)
            line += 1
            // Directives of the next document may follow.
            if isNew, isMarker(0x2E, at: index) {
                linesBefore = line - 1
                return next
            }
            index = next
        }
        return nil
    }

    private func isMarker(_ character: UInt8, at index: Int) -> Bool {
        let bytes = source.bytes
        guard index + 3 <= bytes.count, bytes[index] == character, bytes[index + 1] == character,
            bytes[index + 2] == character
        else { return false }
        return index + 3 == bytes.count || [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index + 3])
    }

    // MARK: from C

    private func position(_ mark: yaml_mark_t) -> SourcePosition {
        SourcePosition(line: linesBefore + Int(mark.line) + 1, column: Int(mark.column) + 1)
    }

    private func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?, if isWanted: Bool = true) -> String? {
        guard isWanted, let pointer else { return nil }
        return String(cString: pointer)
    }
}

extension Node.Style {
    fileprivate init(_ style: yaml_scalar_style_t) {
        self =
            switch style {
            case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
            case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
            case YAML_LITERAL_SCALAR_STYLE: .literal
            case YAML_FOLDED_SCALAR_STYLE: .folded
            default: .plain
            }
    }
}
