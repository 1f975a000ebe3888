import Alerting
import Analysis
import Basics
import FaultLab
import Foundation
import Imaging
import TestSupport
import Testing

/// Another budget held against the past.
@Suite struct RethresholdTests {
    private struct Answer: Decodable {
        struct Event: Decodable {
            let id: String
            let fate: String
        }

        let events: [Event]
        let more: Int
    }

    private let history: History
    private let configuration: String

    /// A camera with one event a day allowed, watched for two days: thresholds lie just below the weaker event.
    init() throws {
        history = try History()
        let folder = history.folder
        configuration = folder.file("monitord.yaml")
        let text = """
            database: events.sqlite
            profiles: profiles
            cameras:
              - {name: yard, source: a.mp4, false_alarms_per_day: 1}
              - {name: gate, source: b.mp4, rules: {enter: 3}}
              - {name: cellar, source: c.mp4}

            """
        try folder.write(Data(text.utf8), "monitord.yaml")
        var day = RegimeRecord(
            .day, version: 1, firstWallMs: 0, lastWallMs: 1000, framesLearned: 100, framesHeldOut: 30, patchRows: 100,
            objectRows: 50)
        (day.patchClasses, day.objectClasses) = (3, 2)
        day.thresholds = Thresholds(enterObject: 3, exitObject: 2, enterPixel: 4, exitPixel: 2.5)
        let record = ProfileRecord(
            camera: "yard", version: 1, model: "m1", createdWallMs: 0, seed: 1, sources: [], regimes: [day])
        let staged = folder.file("staged")
        try FileManager.default.createDirectory(atPath: "\(staged)/day", withIntermediateDirectories: true)
        var evidence = BudgetEvidence()
        evidence.watched(.seconds(2 * 86_400), in: .day)
        for index in 0..<40 {
            let level = Float(2.55 + 0.05 * Double(index))
            evidence.add(
                IncidentSample(
                    regime: .day, startMs: History.start + Int64(index) * 1_000_000, lastMs: History.start,
                    box: Box(x1: 0, y1: 0, x2: 9, y2: 9), object: 0, pixels: level))
        }
        let file = try #require(try evidence.files()[.day])
        try file.write(to: URL(filePath: "\(staged)/day/\(ProfileStore.evidenceName)"))
        try FileManager.default.createDirectory(
            atPath: folder.file("profiles/yard"), withIntermediateDirectories: true)
        try ProfileStore(root: folder.file("profiles")).install(staged: staged, record: record, as: "yard")
    }

    private func ask(_ arguments: [String]) async throws -> Program.Outcome {
        try await Program.monitorctl.run(
            ["rethreshold", "--config", configuration] + arguments,
            environment: ["TZ": "Europe/Berlin", "COLUMNS": "100"])
    }

    private func answer(budget: String) async throws -> Answer {
        let outcome = try await ask(
            ["--dry-run", "--camera", "yard", "--budget", budget, "--since", "2025-10-01", "-o", "json"])
        #expect(try SchemaValidator("rethreshold.json").problems(outcome.output) == [], "\(outcome.errors)")
        return try JSONDecoder().decode(Answer.self, from: Data(outcome.output.utf8))
    }

    @Test func `a stricter budget leaves weaker events out, a laxer one tells how many more there would be`()
        async throws
    {
        let strict = try await answer(budget: "0.01")
        #expect(strict.events.map(\.id) == Array(history.ids[0..<2]) && strict.more == 0)
        #expect(strict.events.contains { $0.fate == "does-not-open" })
        let lax = try await answer(budget: "20")
        #expect(lax.events.allSatisfy { $0.fate == "opens" } && lax.more > 0 && lax.more <= 40)
        let same = try await answer(budget: "1")
        #expect(same.more == 0)
    }

    @Test(arguments: ["0.01", "20"])
    func `it is told for people`(budget: String) async throws {
        let outcome = try await ask(
            ["--dry-run", "--camera", "yard", "--budget", budget, "--since", "2025-10-01T00:00:00Z"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        try Golden.expect(outcome.output, is: "Tests/CommandTests/Golden/output/rethreshold-\(budget).txt")
    }

    @Test func `what cannot be answered is told with its own status`() async throws {
        let base = ["--camera", "yard", "--budget", "0.5"]
        let dry = ["--dry-run", "--budget", "0.5", "--camera"]
        #expect(try await ask(base).errors.contains("false_alarms_per_day"))
        for (arguments, status) in [
            (base, 64), (["--dry-run", "--camera", "yard", "--budget", "0"], 64), (dry + ["attic"], 64),
            (dry + ["gate"], 78), (dry + ["cellar"], 65),
        ] {
            let outcome = try await ask(arguments)
            #expect(outcome.status == status && outcome.output.isEmpty, "\(arguments): \(outcome.errors)")
        }
    }
}
