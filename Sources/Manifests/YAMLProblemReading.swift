/// Reads libyaml's problem together with the line it is about, and says what a
/// person probably did.
///
/// libyaml's words are those of its `scanner.c` and `parser.c` (0.2.5); words
/// that are not known here are passed on as they are.
struct YAMLProblemReading {
    let problem: String
    let context: String
    let position: SourcePosition
    let contextPosition: SourcePosition
    let source: SourceText
    /// The last quoted scalar that was complete before the problem.
    let lastQuoted: SourceRange?
    /// The innermost collection in brackets or braces that is open.
    let openFlow: (start: SourcePosition, isMapping: Bool)?
    /// The line on which the document starts.
    let documentLine: Int

    var explanation: YAMLExplanation {
        mergeConflict ?? template ?? tabInIndentation ?? unclosedQuote ?? textAfterQuote ?? known
            ?? .syntax(
                context.isEmpty ? problem : "\(problem) \(context)", at: position)
    }

    // MARK: what the line shows

    private func line(_ number: Int) -> [Unicode.Scalar] {
        Array(source.line(startingAt: source.startOfLine(number)).unicodeScalars)
    }

    private func character(at position: SourcePosition) -> Unicode.Scalar? {
        let line = line(position.line)
        return position.column <= line.count ? line[position.column - 1] : nil
    }

    private var lines: [Int] {
        contextPosition.line == position.line || context.isEmpty
            ? [position.line] : [contextPosition.line, position.line]
    }

    /// The marker that git writes above the first side of a conflict, up to the
    /// line after the problem: libyaml may stumble a line early.
    private var mergeConflict: YAMLExplanation? {
        let marker = Array("<<<<<<< ".utf8)
        var index = source.startOfLine(documentLine)
        for number in documentLine...max(documentLine, position.line + 1) {
            guard index < source.bytes.count else { return nil }
            if source.bytes[index...].starts(with: marker) {
                return .mergeConflict(at: SourcePosition(line: number, column: 1))
            }
            index = source.startOfLine(after: index)
        }
        return nil
    }

    /// A template's `{{` or `{%` where a value or a line starts. Inside a longer
    /// text it is not what broke the line.
    private var template: YAMLExplanation? {
        for number in lines {
            let line = line(number)
            guard let start = templateStart(in: line) else { continue }
            return .leftoverTemplate(at: SourcePosition(line: number, column: start + 1))
        }
        return nil
    }

    private func templateStart(in line: [Unicode.Scalar]) -> Int? {
        for index in line.indices.dropLast() where line[index] == "{" {
            guard line[index + 1] == "{" || line[index + 1] == "%" else { continue }
            let before = line[..<index].last { $0 != " " && $0 != "\t" }
            let follows = before == nil || [":", "-", ",", "[", "?"].contains(before)
            return follows ? index : nil
        }
        return nil
    }

    private var tabInIndentation: YAMLExplanation? {
        let line = line(position.line)
        let indentation = line.prefix { $0 == " " || $0 == "\t" }
        guard let tab = indentation.firstIndex(of: "\t"), indentation.count < line.count,
            position.column <= indentation.count + 1 || problem.contains("tab character")
                || problem.contains("mapping values") || problem.contains("expected key")
        else { return nil }
        return .syntax(
            "a tab is used for indentation", hint: "YAML is indented with spaces",
            at: SourcePosition(line: position.line, column: tab + 1))
    }

    private var unclosedQuote: YAMLExplanation? {
        guard context == "while scanning a quoted scalar",
            problem == "found unexpected end of stream" || problem == "found unexpected document indicator"
        else { return nil }
        let quote = character(at: contextPosition) == "'" ? "'" : "\""
        // A quote that is missing earlier turns the meaning of all after it.
        if let lastQuoted, lastQuoted.end.line == contextPosition.line, lastQuoted.start.line < lastQuoted.end.line {
            return openedEarlier(lastQuoted)
        }
        return .syntax(
            "the quote that opens here is never closed", hint: "add the closing \(quote)", at: contextPosition)
    }

    private var textAfterQuote: YAMLExplanation? {
        guard let lastQuoted, lastQuoted.end.line == position.line, lastQuoted.end <= position,
            problem.hasPrefix("did not find expected") || problem == "could not find expected ':'"
                || problem.hasPrefix("mapping values")
        else { return nil }
        if lastQuoted.start.line < lastQuoted.end.line { return openedEarlier(lastQuoted) }
        let between = line(position.line).prefix(position.column - 1).dropFirst(lastQuoted.end.column - 1)
        guard between.allSatisfy({ $0 == " " }), character(at: position) != ":" else { return nil }
        let isSingle = character(at: lastQuoted.start) == "'"
        return .syntax(
            "text follows the closing quote",
            hint: isSingle ? "in single quotes a ' is written as ''" : "in double quotes a \" is written as \\\"",
            at: position)
    }

    private func openedEarlier(_ quoted: SourceRange) -> YAMLExplanation {
        .syntax(
            "the quote that opens here closes only at line \(quoted.end.line), column \(quoted.end.column - 1)",
            hint: "a closing quote is probably missing on line \(quoted.start.line)", at: quoted.start)
    }

    // MARK: what libyaml says

    private var known: YAMLExplanation? {
        switch problem {
        case "mapping values are not allowed in this context": valueNotAllowed
        case "found character that cannot start any token": cannotStart
        case "could not find expected ':'": keyWithoutColon
        case "did not find expected key": notAKey
        case "did not find expected '-' indicator":
            .syntax(
                "expected another \"- \" of the list that starts on line \(contextPosition.line)",
                hint: "check the indentation", at: position)
        case "did not find expected ',' or ']'": unclosedFlow("[", closing: "]")
        case "did not find expected ',' or '}'": unclosedFlow("{", closing: "}")
        case "did not find expected node content": missingContent
        case "did not find expected alphabetic or numeric character": notAName
        case "block sequence entries are not allowed in this context":
            .syntax(
                "a list item cannot start here", hint: "put \"- \" on a line of its own, below the key",
                at: position)
        case "mapping keys are not allowed in this context":
            .syntax("a key cannot start here", hint: "put the value in quotes if it starts with \"?\"", at: position)
        case "did not find expected <document start>":
            .syntax(
                "the document was complete before this line",
                hint: "check the indentation, or start another document with ---", at: position)
        case "found a tab character where an indentation space is expected",
            "found a tab character that violates indentation":
            .syntax("a tab is used for indentation", hint: "YAML is indented with spaces", at: position)
        case "found undefined tag handle":
            .syntax(
                "the tag has a prefix that no %TAG directive defines",
                hint: "if the value is text that starts with \"!\", put it in quotes", at: position)
        case "found unknown escape character":
            .syntax(
                "unknown escape in double quotes", hint: "write a backslash as \\\\, or use single quotes",
                at: position)
        case "did not find expected hexdecimal number":
            .syntax("an escape in double quotes lacks its hexadecimal digits", at: position)
        case "found invalid Unicode character escape code":
            .syntax("an escape in double quotes stands for no character", at: position)
        case "did not find expected comment or line break":
            .syntax("only a comment may follow here on this line", at: position)
        case "found incompatible YAML document":
            .syntax("the %YAML directive names a version other than 1.1 or 1.2", at: position)
        case "found duplicate %YAML directive":
            .syntax("a second %YAML directive for one document", at: position)
        case "found duplicate %TAG directive":
            .syntax("a second %TAG directive for one prefix", at: position)
        case "found unexpected ':'":
            .syntax("a \":\" ends a value within brackets", hint: "put the value in quotes", at: position)
        case "found an indentation indicator equal to 0":
            .syntax("the indentation after \"|\" or \">\" is a digit from 1 to 9", at: position)
        default: knownContext
        }
    }

    private var knownContext: YAMLExplanation? {
        switch context {
        case "while scanning a directive", "while scanning a %TAG directive", "while scanning a tag directive",
            "while parsing a %TAG directive", "while parsing a tag directive", "while scanning a %YAML directive":
            .syntax(
                "the line starts with \"%\" and is no directive of YAML",
                hint: "if it is text, indent it or put it in quotes", at: contextPosition)
        case "while scanning a tag", "while parsing a tag":
            .syntax(
                "\"!\" must be followed by a tag",
                hint: "if the value is text that starts with \"!\", put it in quotes", at: contextPosition)
        default: nil
        }
    }

    private var valueNotAllowed: YAMLExplanation {
        let line = line(position.line)
        let before = line.prefix(position.column - 1)
        if before.count > Self.longestKey { return keyTooLong(at: position) }
        if hasValue(before) {
            return .syntax(
                "a second \": \" on the line", hint: "put the whole value in quotes", at: position)
        }
        let key = SourcePosition(line: position.line, column: 1 + before.prefix { $0 == " " }.count)
        guard position.line > documentLine, case let above = self.line(position.line - 1), !above.isEmpty,
            !hasValue(above[...])
        else {
            return .syntax(
                "a key cannot stand here, below a line that already has a value",
                hint: "check the indentation of this line and of the line above", at: key)
        }
        let start = SourcePosition(line: position.line - 1, column: 1 + above.prefix { $0 == " " }.count)
        return .syntax(
            "expected \": \" in this line, since a key follows it",
            hint: above.contains(":") ? "a colon must be followed by a space" : nil, at: start)
    }

    /// Whether a line holds a colon and a space.
    private func hasValue(_ line: ArraySlice<Unicode.Scalar>) -> Bool {
        zip(line, line.dropFirst()).contains { $0 == ":" && ($1 == " " || $1 == "\t") }
    }

    /// YAML 1.1, section 9.2.1: an implicit key has at most 1024 characters.
    private static let longestKey = 1024

    private func keyTooLong(at position: SourcePosition) -> YAMLExplanation {
        .syntax("a key has at most \(Self.longestKey) characters", at: position)
    }

    private var cannotStart: YAMLExplanation {
        guard let character = character(at: position) else {
            return .syntax("a value cannot start here", at: position)
        }
        if character == "\t" {
            return .syntax(
                "a tab stands where a value starts", hint: "YAML is indented with spaces", at: position)
        }
        return .syntax(
            "a value without quotes cannot start with \"\(character)\"", hint: "put the value in quotes",
            at: position)
    }

    private var keyWithoutColon: YAMLExplanation {
        if line(contextPosition.line).count > Self.longestKey { return keyTooLong(at: contextPosition) }
        return .syntax(
            "expected \": \" after this key",
            hint: "check that the line has a colon and a space, and that its indentation is right",
            at: contextPosition)
    }

    private func closesNothing(_ character: Unicode.Scalar) -> YAMLExplanation {
        .syntax("\"\(character)\" closes nothing", hint: "if it is text, put the value in quotes", at: position)
    }

    private var notAKey: YAMLExplanation {
        if let character = character(at: position), character == "]" || character == "}" {
            return closesNothing(character)
        }
        let isAtLineStart = line(position.line).prefix(position.column - 1).allSatisfy { $0 == " " }
        if isAtLineStart {
            let isItem = character(at: position) == "-"
            return .syntax(
                isItem
                    ? "expected a key of the mapping that starts on line \(contextPosition.line), not a list item"
                    : "the indentation fits no line above, in the mapping that starts on line \(contextPosition.line)",
                hint: "indent all keys of a mapping alike", at: position)
        }
        return .syntax(
            "expected the end of the line, in the mapping that starts on line \(contextPosition.line)",
            hint: "put the whole value in quotes", at: position)
    }

    private func unclosedFlow(_ opening: String, closing: String) -> YAMLExplanation {
        leftOpen(contextPosition, opening, closing: closing) ?? missingComma(opening, closing: closing)
    }

    /// A flow collection that nobody closed, told from one that lacks a comma:
    /// the problem stands on a later line, no deeper than the line that opened it.
    private func leftOpen(_ start: SourcePosition, _ opening: String, closing: String) -> YAMLExplanation? {
        guard position.line > start.line else { return nil }
        let line = line(position.line)
        let indentation = line.prefix { $0 == " " }.count
        if indentation < line.count {
            let openingIndentation = self.line(start.line).prefix { $0 == " " }.count
            guard indentation <= openingIndentation, line[indentation] != "]", line[indentation] != "}" else {
                return nil
            }
        }
        return .syntax(
            "the \"\(opening)\" that opens here is not closed before line \(position.line)",
            hint: "add the closing \"\(closing)\"", at: start)
    }

    private func missingComma(_ opening: String, closing: String) -> YAMLExplanation {
        let place = "line \(contextPosition.line), column \(contextPosition.column)"
        return .syntax("expected \",\" or \"\(closing)\" for the \"\(opening)\" at \(place)", at: position)
    }

    private var missingContent: YAMLExplanation {
        if let openFlow {
            let (opening, closing) = openFlow.isMapping ? ("{", "}") : ("[", "]")
            if let leftOpen = leftOpen(openFlow.start, opening, closing: closing) { return leftOpen }
        }
        if let character = character(at: position), ["]", "}", ",", ">", "|"].contains(character) {
            if character == "]" || character == "}" { return closesNothing(character) }
            return .syntax(
                "a value cannot start with \"\(character)\"", hint: "put the value in quotes if it is text",
                at: position)
        }
        return .syntax("expected a value", at: position)
    }

    private var notAName: YAMLExplanation {
        let sign = context.contains("alias") ? "*" : "&"
        return .syntax(
            "\"\(sign)\" must be followed by the name of an anchor",
            hint: "if the value is text that starts with \"\(sign)\", put it in quotes", at: contextPosition)
    }
}
