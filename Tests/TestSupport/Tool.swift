internal import Foundation

/// Programs that tests use when they are installed.
public enum Tool {
    public static let hasFFmpeg = FileManager.default.isExecutableFile(atPath: "/usr/bin/ffmpeg")

    /// Runs ffmpeg quietly and throws what it says when it fails.
    public static func ffmpeg(_ arguments: [String]) throws {
        try run("/usr/bin/ffmpeg", ["-hide_banner", "-loglevel", "error", "-y", "-nostdin"] + arguments)
    }

    /// Runs a program to its end.
    public static func run(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        // Reading from a pipe may be interrupted when a child ends, which Foundation does not stand.
        let folder = TemporaryFolder()
        let errors = URL(filePath: try folder.write(Data(), "errors"))
        process.standardError = try FileHandle(forWritingTo: errors)
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw ToolFailure(message: "\(program): " + String(decoding: try Data(contentsOf: errors), as: UTF8.self))
        }
    }
}

/// What a program said before it failed.
public struct ToolFailure: Error {
    public let message: String
}
