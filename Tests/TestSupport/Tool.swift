internal import Foundation
internal import Glibc

/// Programs that tests use when they are installed.
public enum Tool {
    public static let hasFFmpeg = FileManager.default.isExecutableFile(atPath: "/usr/bin/ffmpeg")

    /// Runs ffmpeg quietly and throws what it says when it fails.
    public static func ffmpeg(_ arguments: [String]) throws {
        try run("/usr/bin/ffmpeg", ["-hide_banner", "-loglevel", "error", "-y", "-nostdin"] + arguments)
    }

    /// Runs a program to its end.
    public static func run(_ program: String, _ arguments: [String]) throws {
        let folder = TemporaryFolder()
        let errors = folder.file("errors")
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT, 0o600)
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { (word: String) in strdup(word) }
        words.append(nil)
        defer { for word in words { free(word) } }
        var child: pid_t = 0
        guard posix_spawn(&child, program, &actions, nil, &words, environ) == 0 else {
            throw ToolFailure(message: "\(program) cannot be started")
        }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 && errno == EINTR {}
        guard status == 0 else {
            throw ToolFailure(message: "\(program): " + (try String(contentsOfFile: errors, encoding: .utf8)))
        }
    }
}

/// What a program said before it failed.
public struct ToolFailure: Error {
    public init(message: String) { self.message = message }

    public let message: String
}
