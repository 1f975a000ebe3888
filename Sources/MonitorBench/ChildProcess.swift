import Basics
import Glibc

/// Another program, started by the bench.
final class ChildProcess {
    private let identifier: pid_t
    /// Where its standard output arrives; nil where that is thrown away.
    private let output: Int32?
    private var isOver = false

    /// - Parameter isRead: whether the bench reads its standard output.
    init(_ path: String, _ arguments: [String], isRead: Bool = false) throws {
        var ends: [Int32] = [-1, -1]
        if isRead, pipe(&ends) != 0 { throw Failure(errno) }
        for end in ends where end >= 0 { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if isRead {
            posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        } else {
            posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        }
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        // Nothing of whoever runs the bench.
        let environment: [UnsafeMutablePointer<CChar>?] = [nil]
        var identifier: pid_t = 0
        let failure = posix_spawn(&identifier, path, &actions, nil, words, environment)
        if isRead { close(ends[1]) }
        guard failure == 0 else { throw Failure(failure) }
        self.identifier = identifier
        output = isRead ? ends[0] : nil
    }

    deinit {
        stop()
        if let output { close(output) }
    }

    /// Why a program does not start.
    struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ code: Int32) { description = "cannot start a program: \(String(cString: strerror(code)))" }
    }

    /// Waits for its next output, at most so many milliseconds unless negative, and counts the lines that arrived.
    func lines(within milliseconds: Int32 = -1) -> Int {
        guard let output else { return 0 }
        var question = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
        guard poll(&question, 1, milliseconds) > 0 else { return 0 }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = buffer.withUnsafeMutableBytes { read(output, $0.baseAddress, $0.count) }
        return buffer.prefix(max(0, count)).count { $0 == UInt8(ascii: "\n") }
    }

    /// Waits for its end.
    /// - Returns: the processor time that it used.
    @discardableResult
    func wait() -> Duration {
        var usage = rusage()
        var status: Int32 = 0
        guard !isOver, wait4(identifier, &status, 0, &usage) == identifier else { return .zero }
        isOver = true
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        return .seconds(seconds) + .microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
    }

    func stop() {
        guard !isOver else { return }
        kill(identifier, SIGKILL)
        wait()
    }

    /// A program of ours, beside this one.
    static func beside(_ name: String) throws -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        guard readlink("/proc/self/exe", &buffer, buffer.count - 1) > 0 else { throw Failure(errno) }
        let own = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return own.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/\(name)"
    }
}
