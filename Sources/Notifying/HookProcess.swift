internal import Basics
internal import CHook
internal import Glibc

/// A program that an operator named, while it runs: in a process group of its own, with nothing but its input and an
/// output of which the beginning is kept.
struct HookProcess: ~Copyable {
    struct Failure: Error {
        let reason: String
    }

    enum End {
        case status(Int32)
        case signal(Int32)
        case outOfTime
    }

    private let identifier: pid_t
    private let outputEnd: Int32
    private var kept: [UInt8] = []

    /// Bytes of the output that are kept.
    private static let outputLimit = 2000
    /// Between two looks at a program that prints nothing.
    private static let sliceMs: Int32 = 10

    /// Starts `command`, an absolute path and arguments, with `input` on its standard input.
    init(_ command: [String], input: String, environment: [String]) throws(Failure) {
        var ends: [Int32] = [0, 0]
        let noPipe = mon_hook_pipe(&ends)
        guard noPipe == 0 else { throw Self.failure(noPipe) }
        // Or the end of its output would not be seen.
        defer { close(ends[1]) }
        let arguments = Self.list(command)
        let variables = Self.list(environment)
        defer { for text in arguments + variables { free(text) } }
        var identifier: pid_t = 0
        let bytes = Array(input.utf8)
        let result = mon_hook_start(
            arguments.map { UnsafePointer($0) }, variables.map { UnsafePointer($0) }, bytes, bytes.count, ends[1],
            &identifier)
        guard result == 0 else {
            close(ends[0])
            throw Self.failure(result)
        }
        self.identifier = identifier
        outputEnd = ends[0]
    }

    deinit { close(outputEnd) }

    /// What it printed, as one line.
    var output: String {
        String(decoding: kept, as: UTF8.self).split(whereSeparator: \.isNewline).joined(separator: " | ")
    }

    /// Waits for its end, or kills it when time is up; call once. Whatever it started and left in its process group ends
    /// with it.
    mutating func wait(_ clocks: any Clocks, limit: Duration, unless isInterrupted: () -> Bool) -> End {
        let deadline = clocks.monotonic() + limit
        var isOutOfTime = false
        while mon_hook_has_ended(identifier) == 0 {
            isOutOfTime = clocks.monotonic() >= deadline || isInterrupted()
            if isOutOfTime { break }
            // A program that closed its output is still to be waited for.
            if !read() { clocks.sleep(for: .milliseconds(Int64(Self.sliceMs))) }
        }
        let status = mon_hook_end(identifier)
        while read() && kept.count < Self.outputLimit {}
        if isOutOfTime { return .outOfTime }
        return status & 0x7F == 0 ? .status((status >> 8) & 0xFF) : .signal(status & 0x7F)
    }

    /// Takes what there is of its output, at most a pipe's worth, so that a flood does not keep us; false when there is
    /// nothing.
    private mutating func read() -> Bool {
        var wish = pollfd(fd: outputEnd, events: Int16(POLLIN), revents: 0)
        guard poll(&wish, 1, Self.sliceMs) > 0, wish.revents & Int16(POLLIN) != 0 else { return false }
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = Glibc.read(outputEnd, &chunk, chunk.count)
        if count > 0 { kept.append(contentsOf: chunk[..<min(count, Self.outputLimit - kept.count)]) }
        return count > 0
    }

    private static func failure(_ code: Int32) -> Failure { Failure(reason: String(cString: strerror(code))) }

    /// A list as C programs want it; to be freed.
    private static func list(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
        var copies: [UnsafeMutablePointer<CChar>?] = texts.map { text in strdup(text) }
        copies.append(nil)
        return copies
    }
}
