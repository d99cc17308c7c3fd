internal import CLibYAML

/// A libyaml parser over bytes that outlive it.
struct LibYAMLParser: ~Copyable {
    /// Why libyaml stopped, in its words.
    struct Problem {
        let text: String
        let context: String
        let mark: yaml_mark_t
        let contextMark: yaml_mark_t
        /// What the reader choked on: a byte's offset and a value.
        let offset: Int
        let value: UInt32
        let isReaderError: Bool
    }

    // On the heap, because libyaml keeps pointers into it.
    private let handle: UnsafeMutablePointer<yaml_parser_t>

    /// Nil if there is no memory. The bytes must not be empty.
    init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        handle = .allocate(capacity: 1)
        guard yaml_parser_initialize(handle) == 1 else {
            handle.deallocate()
            return nil
        }
        // Not left to be guessed: bytes that are not UTF-8 were refused before.
        yaml_parser_set_encoding(handle, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(handle, bytes.baseAddress, bytes.count)
    }

    deinit {
        yaml_parser_delete(handle)
        handle.deallocate()
    }

    /// Reads the next event, which the caller deletes; false if there is a problem.
    func next(into event: UnsafeMutablePointer<yaml_event_t>) -> Bool {
        yaml_parser_parse(handle, event) == 1
    }

    /// The problem after ``next(into:)`` returned false.
    var problem: Problem {
        Problem(
            text: handle.pointee.problem.map { String(cString: $0) } ?? "",
            context: handle.pointee.context.map { String(cString: $0) } ?? "",
            mark: handle.pointee.problem_mark,
            contextMark: handle.pointee.context_mark,
            offset: handle.pointee.problem_offset,
            value: UInt32(truncatingIfNeeded: handle.pointee.problem_value),
            isReaderError: handle.pointee.error == YAML_READER_ERROR)
    }
}
