import Alerting
import Analysis
import DurabilityLab
import FaultLab
import Foundation
import TestSupport
import Testing

/// A recorded verdict log in the place of a camera, in the real daemon.
@Suite struct ReplayTests {
    private static let rules = "rules: {enter: 3, exit: 2.2, quiet_seconds: 1}"

    private func daemonRuns(_ cameras: [String], _ prepare: (Site) throws -> Void) async throws -> (
        Site, Program.Outcome
    ) {
        let bundle = TemporaryFolder()
        try TinyBundle().open(in: bundle)
        let site = try Site(cameras: cameras, model: bundle.path)
        try prepare(site)
        let daemon = try site.start(.monitord, ["--until-end"])
        return (site, try await daemon.finish(limit: .seconds(120)))
    }

    @Test(arguments: ["maximum", "realtime"])
    func `a replay gives the events that the machine gives, and records what it replayed`(pace: String) async throws {
        let isFast = pace == "maximum"
        let script = VerdictScript(
            camera: "recorded", seed: 11, frames: isFast ? 1500 : 200, spacingMs: isFast ? 150 : 20,
            startMs: 1_790_000_000_000, pauses: isFast ? 80 : 0)
        let logs = #"source: "verdicts:day.ndjson", verdict_log: "again.ndjson""#
        let camera = "name: yard, pace: \(pace), \(logs), \(Self.rules)"
        let (site, outcome) = try await daemonRuns([camera]) { _ = try script.write(to: $0.folder.file("day.ndjson")) }
        #expect(outcome.status == 0 && outcome.complaints == [], "\(outcome.errors)")
        let verdicts = try VerdictLog.read(site.folder.file("day.ndjson"))
        let oracle = try Oracle(camera: "yard", verdicts, rules: try ReplayedHistory.rules(site, "yard"))
        let history = try ReplayedHistory(site.database)
        #expect(try history.problems(oracle) == [])
        #expect(history.entries.count == oracle.events.count && oracle.events.count > (isFast ? 100 : 5))
        #expect(history.entries.allSatisfy { $0.state == .closed && $0.endMs != nil })

        let again = try VerdictLog.read(site.folder.file("again.ndjson"))
        #expect(again.map(\.sequence) == verdicts.map(\.sequence))
        #expect(again.map(\.objects) == verdicts.map(\.objects) && again.map(\.camera) == verdicts.map { _ in "yard" })
        // The replay of a replay is the same once more.
        #expect(
            try Oracle(camera: "yard", again, rules: try ReplayedHistory.rules(site, "yard")).events.count
                == oracle.events.count)
    }

    @Test func `a malformed line ends the replay and is named, and the events until then are kept`() async throws {
        let script = VerdictScript(camera: "yard", seed: 3, frames: 300, spacingMs: 100, startMs: 1_790_000_000_000)
        let (site, outcome) = try await daemonRuns(
            [#"name: yard, source: "verdicts:day.ndjson", pace: maximum, \#(Self.rules)"#]
        ) { site in
            let path = site.folder.file("day.ndjson")
            _ = try script.write(to: path)
            var lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
            lines[200] = #"{"v":1}"#
            try site.folder.write("day.ndjson", lines.map { $0 + "\n" }.joined())
        }
        #expect(outcome.status == 65)
        #expect(outcome.complaints.count == 1)
        #expect(outcome.errors.contains("the replay ends: \(site.folder.file("day.ndjson")):201: not a verdict"))
        let oracle = try Oracle(
            camera: "yard", Array(script.verdicts().prefix(200)), rules: try ReplayedHistory.rules(site, "yard"))
        let history = try ReplayedHistory(site.database)
        #expect(history.entries.count == oracle.events.count && !history.entries.isEmpty)
        #expect(history.entries.allSatisfy { $0.state == .closed })
    }

    @Test func `a line that was cut off by a crash is said and left out`() async throws {
        let script = VerdictScript(camera: "yard", seed: 3, frames: 40, spacingMs: 100, startMs: 1_790_000_000_000)
        let (site, outcome) = try await daemonRuns(
            [#"name: yard, source: "verdicts:day.ndjson", pace: maximum, \#(Self.rules)"#]
        ) { site in
            let path = site.folder.file("day.ndjson")
            _ = try script.write(to: path)
            let text = try String(contentsOfFile: path, encoding: .utf8)
            try site.folder.write("day.ndjson", String(text.dropLast(30)))
        }
        #expect(outcome.status == 0)
        #expect(outcome.errors.contains("\(site.folder.file("day.ndjson")):40: the last line is cut off and left out"))
        #expect(outcome.errors.contains("frames: 39 arrived = 39 scored"))
    }

    @Test func `a log that is missing, or has no thresholds, leaves that camera out`() async throws {
        let script = VerdictScript(camera: "yard", seed: 3, frames: 40, spacingMs: 100, startMs: 1_790_000_000_000)
        let (site, outcome) = try await daemonRuns([
            #"name: gone, source: "verdicts:gone.ndjson", pace: maximum, \#(Self.rules)"#,
            #"name: bare, source: "verdicts:day.ndjson", pace: maximum"#,
            #"name: yard, source: "verdicts:day.ndjson", pace: maximum, \#(Self.rules)"#,
        ]) { _ = try script.write(to: $0.folder.file("day.ndjson")) }
        #expect(outcome.status == 65)
        #expect(outcome.complaints.count == 2)
        #expect(
            outcome.errors.contains(
                "cannot read the verdict log \(site.folder.file("gone.ndjson")): No such file or directory"))
        #expect(outcome.errors.contains("a recorded verdict log needs rules.enter, or thresholds from a profile"))
        #expect(outcome.errors.contains("frames: 40 arrived = 40 scored"))
    }

    @Test func `a daemon that is stopped during a replay leaves its open events interrupted`() async throws {
        let bundle = TemporaryFolder()
        try TinyBundle().open(in: bundle)
        let site = try Site(
            cameras: [#"name: yard, source: "verdicts:day.ndjson", \#(Self.rules)"#], model: bundle.path)
        let script = VerdictScript(camera: "yard", seed: 8, frames: 20_000, spacingMs: 50, startMs: 1_790_000_000_000)
        let verdicts = try script.write(to: site.folder.file("day.ndjson"))
        let daemon = try site.start(.monitord)
        try #require(try await daemon.wait(upTo: .seconds(60)) { $0.errors.contains(" event opened") })
        let status = try await site.run(.monitorctl, ["status"])
        #expect(status.output.contains("replaying"), "\(status.output)\(status.errors)")
        daemon.signal(SIGTERM)
        let stopped = try await daemon.finish(limit: .seconds(20))
        #expect(stopped.status == 0 && stopped.complaints == [], "\(stopped.errors)")
        let history = try ReplayedHistory(site.database)
        let oracle = try Oracle(camera: "yard", verdicts, rules: try ReplayedHistory.rules(site, "yard"))
        #expect(try history.problems(oracle) == [])
        #expect(history.entries.allSatisfy { $0.state != .open })
        #expect(history.entries.contains { $0.state == .interrupted && $0.endMs == nil })
    }
}
