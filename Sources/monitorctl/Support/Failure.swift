import Alerting
import Analysis
import ArgumentParser
import Capture
import Evaluation
import Glibc
import ModelFiles
import Scenes
import Service
import Streams

/// Exit statuses of sysexits(3), which scripts can rely on.
enum Status {
    static let nothingFound = ExitCode(1)
    static let usage = ExitCode(64)
    static let badData = ExitCode(65)
    static let unavailable = ExitCode(69)
    static let inputOutput = ExitCode(74)
    static let configuration = ExitCode(78)
}

/// Runs a command's body and turns a failure into one line and its exit status.
func reporting(_ body: () throws -> Void) throws {
    do {
        try body()
    } catch let code as ExitCode {
        throw code
    } catch let error as ValidationError {
        throw error
    } catch {
        Terminal.note("monitorctl: \(error)")
        throw exitCode(of: error)
    }
}

private func exitCode(of error: StoreError) -> ExitCode {
    switch error.code {
    case .unknownEvent, .unchanged: Status.nothingFound
    case .ambiguous: Status.usage
    default: Status.inputOutput
    }
}

private func exitCode(of error: any Error) -> ExitCode {
    switch error {
    case let error as ServiceError: error.code == .unreadable ? Status.inputOutput : Status.configuration
    case let error as ControlError: error.code == .refused ? Status.badData : Status.unavailable
    case let error as StoreError: exitCode(of: error)
    case let error as ExportError: error.code == .exists ? Status.usage : Status.inputOutput
    case let error as ModelFileError: error.code == .unwritable ? Status.inputOutput : Status.badData
    case let error as AnalysisError:
        error.code == .unwritableProfile ? Status.inputOutput : Status.badData
    case is StreamError, is ScenesError: Status.inputOutput
    case is EvaluationError: Status.inputOutput
    default: Status.badData
    }
}
