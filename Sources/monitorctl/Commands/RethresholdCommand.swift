import Alerting
import Analysis
import ArgumentParser
import Basics
import Service

struct RethresholdCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rethreshold", abstract: "What the past would have looked like with another number of false alarms.",
        discussion: """
            Thresholds follow from false_alarms_per_day and from what the camera showed so far; this calculates them for \
            another number and holds the events since then against them. Nothing is changed: the number is set in the \
            configuration. With lower thresholds more would have opened, but what never was an event was not stored: only \
            its number can be told. JSON is described in docs/schema/rethreshold.json.
            """)

    enum Form: String, ExpressibleByArgument, CaseIterable { case table, json }

    @Flag(help: "Only tell; required, as the number is set in the configuration.") var dryRun = false
    @Option(help: "The camera.", completion: .cameras) var camera: String
    @Option(help: "False alarms a day in question, such as 0.5.") var budget: Double
    @Option(help: "Events that started at or after this: 7d, 2026-11-21, 2026-11-21T09:30:00Z.")
    var since = TimeArgument(argument: "7d")
    @Option(name: [.long, .short], help: "table or json.") var output = Form.table
    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard dryRun else {
            throw ValidationError(
                "rethreshold changes nothing: set false_alarms_per_day of the camera in the configuration; with --dry-run "
                    + "it tells what that would have done")
        }
        guard budget.isFinite, 0.001...10_000 ~= budget else {
            throw ValidationError("--budget must be 0.001 to 10000 false alarms a day")
        }
    }

    func run() throws {
        try reporting {
            let settings = try store.configuration.settings()
            guard let camera = settings.cameras.first(where: { $0.name == camera }) else {
                throw unknown(settings.cameras.map(\.name))
            }
            guard camera.rules.enter == nil else {
                Terminal.note(
                    "monitorctl: \(camera.name) has rules.enter, which fixes its thresholds: no budget changes them")
                throw Status.configuration
            }
            let profiles = ProfileStore(root: settings.profiles)
            guard let version = profiles.versionInForce(camera.profile) else {
                Terminal.note(
                    "monitorctl: nothing was learned of \(camera.name) yet; do so with: monitorctl learn --camera "
                        + camera.name)
                throw Status.badData
            }
            let record = try profiles.verify(version, of: camera.profile)
            let now = SystemClocks().wallTimeMs()
            let comparison = try BudgetComparison(
                camera, budget: budget, record: record,
                evidence: CameraCalibration.evidence(camera.profile, record, store: profiles), reader: store.reader(),
                sinceMs: since?.milliseconds(now: now) ?? 0, untilMs: now)
            switch output {
            case .table: Terminal.write(BudgetReport(comparison: comparison, palette: store.display.palette).text)
            case .json: Terminal.write(try JSONText.line(BudgetComparisonDocument(comparison)) + "\n")
            }
        }
    }

    private func unknown(_ names: [String]) -> any Error {
        ValidationError("no camera is named \(camera); the configuration has: \(names.joined(separator: ", "))")
    }
}
