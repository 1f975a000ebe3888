import Foundation
import TestSupport

/// The real binaries, as the build made them.
enum Program: String, Sendable {
    case monitord
    case monitorctl
    case bench = "monitor-bench"

    static let model = SharedData.packageRoot + "/Models/default"

    var path: String { BuiltPrograms.path(rawValue) }

    /// What a finished program left.
    struct Outcome {
        /// The exit status, or minus the number of the signal that ended the program.
        let status: Int32
        let output: String
        let errors: String
        let wall: Duration

        /// What the program complained of: everything on standard error but the daemon's lines below `error`.
        var complaints: [String] {
            errors.split(separator: "\n").map(String.init).filter { line in
                !["info", "notice", "warning"].contains { line.contains(" \($0) monitord: ") }
            }
        }
    }

    /// Runs a program to its end; one that is still running after `limit` is killed, which shows as status -9.
    func run(_ arguments: [String], limit: Duration = .seconds(240)) async throws -> Outcome {
        try await Running(self, arguments).finish(limit: limit)
    }
}
