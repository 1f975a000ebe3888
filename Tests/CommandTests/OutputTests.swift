import Capture
import FaultLab
import Foundation
import Imaging
import Service
import TestSupport
import Testing

/// What the commands print about a small history, for people and for programs.
@Suite struct OutputTests {
    /// A zone with summer time, and no terminal's width.
    private static let environment = ["TZ": "Europe/Berlin", "COLUMNS": "100", "LC_ALL": "C.UTF-8"]

    private func run(_ arguments: [String]) async throws -> Program.Outcome {
        try await Program.monitorctl.run(arguments, environment: Self.environment)
    }

    /// A command's output with its golden file; `@` and a number stand for an event.
    @Test(arguments: [
        ("events.tsv", ["events", "-o", "tsv"]), ("events.json", ["events", "-o", "json"]),
        ("events.csv", ["events", "-o", "csv"]), ("events.ids", ["events", "-o", "ids"]),
        ("stats.json", ["stats", "--since", "2025-10-09T08:00:00Z", "--until", "2025-10-09T10:00:00Z", "-o", "json"]),
        (
            "stats.table",
            ["stats", "--since", "2025-10-09T08:00:00Z", "--until", "2025-10-09T10:00:00Z", "-o", "table"]
        ),
        ("events.table", ["events", "-o", "table"]), ("events.colour", ["events", "-o", "table", "--color", "always"]),
        ("tail.txt", ["tail"]), ("tail.json", ["tail", "--json"]),
        ("show-anomaly.txt", ["show", "@0"]), ("show-anomaly.colour", ["show", "@0", "--color", "always"]),
        ("show-anomaly.json", ["show", "@0", "--json"]), ("show-camera.txt", ["show", "@2"]),
        ("show-camera.json", ["show", "@2", "--json"]),
    ])
    func `output is the golden one`(name: String, arguments: [String]) async throws {
        let history = try History()
        let arguments = arguments.map { word in
            word.hasPrefix("@") ? Int(word.dropFirst()).map { history.ids[$0] } ?? word : word
        }
        let outcome = try await run(arguments + ["--database", history.path])
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
        // How often an event was written depends on how fast the writer was.
        let output = outcome.output.replacing(/"cursor":"r\d+"/, with: #""cursor":"r1""#)
        try Golden.expect(output, is: "Tests/CommandTests/Golden/output/\(name)")
        // What the fixture's report and note hold must reach no terminal.
        let isColoured = arguments.contains("always")
        #expect(isColoured || !outcome.output.unicodeScalars.contains { $0.value < 32 && $0 != "\n" && $0 != "\t" })
        #expect(
            !outcome.output.unicodeScalars.contains { 0x7F..<0xA0 ~= $0.value } && !outcome.output.contains("\u{1B}[2J")
        )
    }

    @Test(arguments: [("event.json", ["events", "-o", "json"]), ("event.json", ["tail", "--json"])])
    func `listed events conform to their schema`(schema: String, arguments: [String]) async throws {
        let history = try History()
        let outcome = try await run(arguments + ["--database", history.path])
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.count == history.ids.count)
        for line in lines { #expect(try SchemaValidator(schema).problems(String(line)) == []) }
    }

    @Test func `statistics conform to their schema`() async throws {
        let history = try History()
        let time = ["--since", "2025-10-09T08:00:00Z", "--until", "2025-10-09T10:00:00Z"]
        let outcome = try await run(["stats", "-o", "json", "--database", history.path] + time)
        #expect(outcome.status == 0 && !outcome.output.isEmpty)
        for line in outcome.output.split(separator: "\n") {
            #expect(try SchemaValidator("stats.json").problems(String(line)) == [])
        }
    }

    @Test func `a shown event conforms to its schema`() async throws {
        let history = try History()
        for id in history.ids {
            let outcome = try await run(["show", id, "--json", "--database", history.path])
            #expect(try SchemaValidator("show.json").problems(outcome.output) == [])
        }
    }

    @Test func `the validator finds what is wrong`() throws {
        let validator = try SchemaValidator("rethreshold.json")
        let sound =
            #"{"schema":1,"camera":"a","profile":"a v1","budget_then":1,"since":"2026-01-01T00:00:00.000Z","#
            + #""until":"2026-01-01T00:00:00.000Z","regimes":[],"events":[],"more":0}"#
        #expect(try validator.problems(sound) == [])
        for (good, bad) in [
            (#""schema":1"#, #""schema":2"#), (#""more":0"#, #""more":-1"#), (#""more":0"#, #""more":"0""#),
            (#""more":0"#, #""more":0,"new":1"#), (#""events":[],"#, ""), ("00.000Z", "00Z"),
            (#""events":[]"#, #""events":[{"id":"x"}]"#),
        ] {
            #expect(try !validator.problems(sound.replacingOccurrences(of: good, with: bad)).isEmpty, "\(bad)")
        }
    }

    // MARK: - Labels

    @Test func `several events are labelled, and those that cannot be are named`() async throws {
        let history = try History()
        let ids = [history.ids[2], "ffff", history.ids[3], "0199"]
        let outcome = try await run(["ack"] + ids + ["--false", "--database", history.path])
        #expect(outcome.status == 1)
        #expect(outcome.output.split(separator: "\n").map { String($0.prefix(36)) } == [ids[0], ids[2]])
        #expect(outcome.errors.contains("ffff") && outcome.errors.contains("several events begin with 0199"))
        #expect(outcome.errors.hasSuffix("done for 2 of 4 events\n"))
        let undone = try await run(["ack"] + [ids[0], ids[2]] + ["--undo", "--database", history.path])
        #expect(undone.status == 0 && undone.output.split(separator: "\n").count == 2)
        let absent = try await run(["ack", "01", "02", "--false", "--database", history.folder.file("none")])
        #expect(absent.status == 74 && absent.errors.split(separator: "\n").count == 2, "\(absent.errors)")
    }

    // MARK: - The daemon's status

    private func status() -> DaemonStatus {
        let ledger = FrameLedger()
        for index in 0..<900 { ledger.arrived(replacing: index % 90 == 7) }
        for _ in 0..<800 { ledger.taken() }
        for _ in 0..<700 { ledger.scored() }
        for _ in 0..<99 { ledger.gated(.still) }
        var pace = AnalysisPace.Reading()
        pace.scoredPerSecond = 4.9
        let json = #"{"p50": 41.5, "p99": 130.25, "count": 700}"#
        let latency = try? JSONDecoder().decode(DaemonStatus.Latency.self, from: Data(json.utf8))
        for name in ["preprocess", "backbone", "objects", "pixels", "delay"] { pace.latencies[name] = latency }
        let stored =
            #"{"path":"/var/lib/monitord/events.sqlite","bytes":41000000,"wal_bytes":1200000,"#
            + #""free_bytes":9000000000,"commits":1234,"commit":\#(json),"waiting":2,"failures":0,"events_lost":0,"#
            + #""snapshots_lost":0}"#
        let database = try? JSONDecoder().decode(DaemonStatus.Database.self, from: Data(stored.utf8))
        return DaemonStatus(
            version: "0.1.0", model: "default@bdd1682bf195", uptimeSeconds: 93_784, loadPercent: 87,
            isShortOfTime: false,
            cameras: [
                DaemonStatus.Camera(
                    name: "yard", state: "watching", detail: "1280x720 h264", frames: ledger.counts,
                    capture: CaptureCounters(), analysisMs: 40, openEvents: 1, pace: pace),
                DaemonStatus.Camera(
                    name: "gate", state: "reconnecting", detail: "no answer\u{1B}[31m", frames: FrameLedger.Counts(),
                    capture: CaptureCounters(), analysisMs: 0, openEvents: 0),
            ], database: database)
    }

    @Test func `the status is told for people and for programs`() async throws {
        let folder = TemporaryFolder()
        let socket = folder.file("control.sock")
        let server = try ControlServer(path: socket) { @Sendable [json = status().json] _ in json }
        defer { server.stop() }
        let text = try await run(["status", "--socket", socket])
        try Golden.expect(text.output, is: "Tests/CommandTests/Golden/output/status.txt")
        #expect(!text.output.contains("\u{1B}"))
        let json = try await run(["status", "--socket", socket, "--output", "json"])
        try Golden.expect(json.output, is: "Tests/CommandTests/Golden/output/status.json")
        #expect(try SchemaValidator("status.json").problems(json.output) == [])
    }

    @Test func `a daemon that does not answer is told with status 69 in one line`() async throws {
        let outcome = try await run(["status", "--socket", TemporaryFolder().file("none.sock")])
        #expect(outcome.status == 69 && outcome.errors.split(separator: "\n").count == 1 && outcome.output.isEmpty)
        let foreign = TemporaryFolder()
        let server = try ControlServer(path: foreign.file("s")) { @Sendable _ in "hello" }
        defer { server.stop() }
        #expect(try await run(["status", "--socket", foreign.file("s")]).status == 65)
    }
}
