import Alerting
import DurabilityLab
import FaultLab
import Foundation
import TestSupport
import Testing

/// Somebody sets the clock while the real daemon watches a camera.
@Suite struct ClockStepTests {
    /// Ordinary frames open events with these.
    private static let nervous =
        "profile: yard, analysis_fps: 0, rules: {enter: 0.5, exit: 0.2, confirm_frames: 1, confirm_window: 1, quiet_seconds: 1}"
    private static let hourMs: Int64 = 3_600_000

    private func events(_ site: Site) throws -> [Event] {
        var query = EventQuery()
        query.limit = 100_000
        return try EventReader(path: site.database).events(query).events
    }

    /// Ids in the order in which the daemon said that they opened.
    private func opened(_ log: String) -> [String] {
        log.split(separator: "\n").filter { $0.contains("monitord: event opened") }.compactMap { line in
            line.range(of: "event=").map { String(line[$0.upperBound...].prefix(36)) }
        }
    }

    @Test func `an hour forward and two back costs no connection, and no event its duration or its place`() async throws
    {
        let learned = try await LearnedCamera.shared
        let camera = LabCamera(["one": Feed(try Clip(file: learned.watched), rate: 10)])
        let clock = try SteppedClock()
        let site = try Site(
            cameras: [#"name: one, source: "\#(camera.address("one"))", \#(Self.nervous)"#], profiles: learned.profiles)
        var logs: [String] = []
        // The second start finds the clock an hour before the first one's.
        for steps in [[Self.hourMs, -Self.hourMs], [0]] {
            let daemon = try site.start(.monitord, environment: clock.environment)
            try #require(
                try await daemon.wait(upTo: .seconds(120)) { opened($0.errors).count >= 2 }, "\(daemon.errors)")
            for step in steps {
                let before = opened(daemon.errors).count
                try clock.set(aheadMs: step)
                try #require(
                    try await daemon.wait(upTo: .seconds(120)) { opened($0.errors).count >= before + 3 },
                    "\(daemon.errors)")
            }
            let status = try await site.run(.monitorctl, ["status", "--json"])
            #expect(status.output.contains(#""reconnects":0"#), "\(status.output)\(status.errors)")
            daemon.signal(SIGTERM)
            let stopped = try await daemon.finish(limit: .seconds(30))
            #expect(stopped.status == 0 && stopped.complaints == [], "\(stopped.errors)")
            logs.append(stopped.errors)
            try clock.set(aheadMs: -Self.hourMs)
        }
        _ = camera.port

        let events = try events(site)
        #expect(events.count >= 10)
        for event in events {
            #expect(event.lastSeenMs >= event.startMs && event.endMs ?? event.lastSeenMs >= event.lastSeenMs)
            // Stream time says how long it lasted, whatever the clock did.
            let streamMs = event.lastSeenStreamMs - event.startStreamMs
            #expect(abs(event.lastSeenMs - event.startMs - streamMs) <= 50, "\(event)")
            #expect(event.lastSeenMs - event.startMs < 600_000, "\(event)")
        }
        // Ids sort as the events opened, over all steps and both runs.
        let order = logs.flatMap(opened)
        #expect(order == order.sorted())
        #expect(Set(order) == Set(events.map(\.id.description)))
        #expect(!logs[0].contains("reconnect") && !logs[0].contains("lost"), "\(logs[0])")

        // Each step is said once and stands in the history once.
        let said = logs.map { log in log.split(separator: "\n").count { $0.contains("the clock was set ") } }
        #expect(said == [2, 1])
        for way in ["forward", "back"] { #expect(logs[0].contains("the clock was set \(way) by "), "\(logs[0])") }
        var query = EventQuery()
        query.filter.cameraKinds = [.clockStepped]
        let stepped = try EventReader(path: site.database).history(query).entries
        #expect(stepped.count == 3 && stepped.allSatisfy { $0.camera == CameraEvent.box && $0.state == .closed })
        #expect(try EventReader(path: site.database).problems() == [])
    }
}
