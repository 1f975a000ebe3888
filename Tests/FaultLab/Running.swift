internal import Foundation
internal import TestSupport

/// A program that is running; its output goes to files so that nothing blocks on a full pipe. It is killed when this
/// object goes.
package final class Running {
    private let process = Process()
    private let folder: TemporaryFolder
    private let started = ContinuousClock.now

    /// - Parameters:
    ///   - environment: added to this process's.
    ///   - launcher: a program and its arguments that becomes the program under test, such as one that enters another
    ///     namespace first.
    package convenience init(
        _ program: Program, _ arguments: [String], environment: [String: String] = [:], by launcher: [String] = []
    ) throws {
        try self.init(command: launcher + [program.path] + arguments, environment: environment)
    }

    /// - Parameters:
    ///   - command: a program's path and its arguments.
    ///   - environment: added to this process's.
    package init(command: [String], environment: [String: String] = [:]) throws {
        folder = TemporaryFolder()
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        for name in ["out", "err"] { try folder.write(name, "") }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: folder.file("out")))
        process.standardError = try FileHandle(forWritingTo: URL(filePath: folder.file("err")))
        try Offspring.start(process)
    }

    deinit { signal(SIGKILL) }

    package var id: Int32 { process.processIdentifier }

    package var isRunning: Bool { process.isRunning }
    package var output: String { (try? String(contentsOfFile: folder.file("out"), encoding: .utf8)) ?? "" }
    package var errors: String { (try? String(contentsOfFile: errorsPath, encoding: .utf8)) ?? "" }
    /// The file that standard error goes to.
    package var errorsPath: String { folder.file("err") }

    package func signal(_ number: Int32) { if process.isRunning { kill(process.processIdentifier, number) } }

    /// Waits until `condition` holds; false when `limit` passes first or the program ends without it.
    package func wait(
        upTo limit: Duration, every pause: Duration = .milliseconds(50), for condition: (Running) -> Bool
    ) async throws -> Bool {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end, process.isRunning {
            if condition(self) { return true }
            try await Task.sleep(for: pause)
        }
        return condition(self)
    }

    /// Waits for the program's end, which it is helped to after `limit`.
    package func finish(limit: Duration) async throws -> Program.Outcome {
        if try await !wait(upTo: limit, for: { !$0.isRunning }) { signal(SIGKILL) }
        process.waitUntilExit()
        let isSignal = process.terminationReason == .uncaughtSignal
        return Program.Outcome(
            status: isSignal ? -process.terminationStatus : process.terminationStatus, output: output, errors: errors,
            wall: ContinuousClock.now - started)
    }
}
