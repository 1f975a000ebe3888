internal import Foundation
internal import TestSupport

/// The real binaries, as the build made them.
package enum Program: String, Sendable {
    case monitord
    case monitorctl
    case bench = "monitor-bench"

    package static let model = SharedData.packageRoot + "/Models/default"

    package var path: String { BuiltPrograms.path(rawValue) }

    /// What a finished program left.
    package struct Outcome {
        /// The exit status, or minus the number of the signal that ended the program.
        package let status: Int32
        package let output: String
        package let errors: String
        package let wall: Duration

        /// What the program complained of: everything on standard error but the daemon's lines below `error`.
        package var complaints: [String] {
            errors.split(separator: "\n").map(String.init).filter { line in
                !["info", "notice", "warning"].contains { line.contains(" \($0) monitord: ") }
            }
        }
    }

    /// Runs a program to its end; one that is still running after `limit` is killed, which shows as status -9.
    package func run(
        _ arguments: [String], environment: [String: String] = [:], limit: Duration = .seconds(240)
    ) async throws -> Outcome {
        try await Running(self, arguments, environment: environment).finish(limit: limit)
    }
}
