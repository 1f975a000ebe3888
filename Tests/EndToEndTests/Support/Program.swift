import Foundation
import TestSupport

/// The real binaries, as the build made them, and temporary folders to run them in.
enum Program {
    /// The folder with `monitord` and `monitorctl`: `MONITOR_BIN`, or where the test bundle itself lies.
    static let folder: String = {
        if let path = ProcessInfo.processInfo.environment["MONITOR_BIN"] { return path }
        for argument in CommandLine.arguments where argument.hasSuffix(".xctest") {
            return URL(filePath: argument).deletingLastPathComponent().path
        }
        return SharedData.packageRoot + "/.build/release"
    }()

    static var monitord: String { folder + "/monitord" }
    static var monitorctl: String { folder + "/monitorctl" }
    static var model: String { SharedData.packageRoot + "/Models/default" }

    /// What a finished program left.
    struct Outcome {
        let status: Int32
        let output: String
        let errors: String
    }

    /// Runs a program to its end; a program still running after `limit` is killed, which shows as status 9.
    static func run(_ executable: String, _ arguments: [String], limit: Duration = .seconds(300)) throws -> Outcome {
        let running = try Running(executable, arguments)
        return running.finish(limit: limit)
    }
}

/// A program that is running; its output goes to files so that nothing blocks on a full pipe.
final class Running {
    let process = Process()
    let folder: TemporaryFolder

    init(_ executable: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        folder = try TemporaryFolder()
        process.executableURL = URL(filePath: executable)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        for name in ["out", "err"] { FileManager.default.createFile(atPath: folder.path(name), contents: nil) }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: folder.path("out")))
        process.standardError = try FileHandle(forWritingTo: URL(filePath: folder.path("err")))
        try process.run()
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    var output: String { (try? String(contentsOfFile: folder.path("out"), encoding: .utf8)) ?? "" }
    var errors: String { (try? String(contentsOfFile: folder.path("err"), encoding: .utf8)) ?? "" }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Waits until `condition` holds; false when `limit` passes first or the program ends without it.
    func wait(upTo limit: Duration, for condition: (Running) -> Bool) -> Bool {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            if condition(self) { return true }
            if !process.isRunning { return condition(self) }
            usleep(50_000)
        }
        return condition(self)
    }

    func finish(limit: Duration) -> Program.Outcome {
        if !wait(upTo: limit, for: { !$0.process.isRunning }) { signal(SIGKILL) }
        process.waitUntilExit()
        return Program.Outcome(status: process.terminationStatus, output: output, errors: errors)
    }
}

/// A folder that disappears with this object.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "monitor-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func path(_ name: String) -> String { path + "/" + name }

    func write(_ name: String, _ text: String) throws {
        try text.write(toFile: path(name), atomically: true, encoding: .utf8)
    }
}
