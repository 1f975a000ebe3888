import ArgumentParser
import Basics
import FoundationEssentials
import Glibc
import Logging
import Service

/// Exit statuses of sysexits(3).
enum Status {
    static let badData: Int32 = 65
    static let inputOutput: Int32 = 74
    static let configuration: Int32 = 78
}

@main
struct MonitorDaemon: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "monitord", abstract: "Watches cameras for what is not normal.",
        discussion: """
            SIGTERM and SIGINT end it: open events are marked interrupted, everything is committed. Exit status: 0 \
            stopped as asked, 65 bad model or sources, 74 the database cannot be written, 78 wrong configuration.
            """,
        version: "monitord \(Product.version)")

    @Option(name: [.long, .short], help: "Configuration file.")
    var config = "/etc/monitord/monitord.yaml"
    @Flag(help: "Check the configuration file, print every mistake in it, and exit with 0 or 78.")
    var checkConfig = false
    @Flag(help: "Exit when all sources have ended, which files do and cameras do not.")
    var untilEnd = false

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        let settings: Settings
        do throws(ServiceError) {
            settings = try Settings.load(config)
        } catch {
            LineLogHandler.standardError(Array("\(error.message)\n".utf8))
            throw ExitCode(Status.configuration)
        }
        guard !checkConfig else { return }
        let style = LineLogHandler.style(settings.logFormat, environment: environment)
        LoggingSystem.bootstrap { @Sendable label in LineLogHandler(label: label, style: style) }
        let log = Logger(label: "monitord")
        do throws(Daemon.Refusal) {
            let daemon = try Daemon(settings, environment: environment, clocks: SystemClocks(), log: log)
            let status = daemon.run(untilEnd: untilEnd)
            if status != 0 { throw Daemon.Refusal(message: "", status: status) }
        } catch {
            if !error.message.isEmpty { log.error("\(error.message)") }
            throw ExitCode(error.status)
        }
    }
}
