import Alerting
import Analysis
import Basics
import FaultLab
import Foundation
import TestSupport
import Testing

/// A network camera that dies and comes back while the daemon watches it.
@Suite(.serialized, .enabled(if: CameraServer.isInstalled, "GStreamer's RTSP server is not installed"))
struct CameraServerTests {
    private struct Status: Decodable {
        struct Camera: Decodable {
            let name: String
            let state: String
            let detail: String?
            let arrived: Int
            let scored: Int
            let gated: Int
            let dropped: Int
            let waiting: Int
            let inAnalysis: Int
            let reconnects: Int

            /// Frames that arrived and are nowhere: none, at any moment.
            var missing: Int { arrived - scored - gated - dropped - waiting - inAnalysis }
        }

        let cameras: [Camera]
    }

    private let clocks = SystemClocks()

    private func status(_ site: Site) async throws -> Status.Camera {
        let outcome = try await site.run(.monitorctl, ["status", "--json"])
        try #require(outcome.status == 0, "\(outcome.errors)")
        return try #require(try JSONDecoder().decode(Status.self, from: Data(outcome.output.utf8)).cameras.first)
    }

    /// Looks at the camera every second until `condition` holds or `limit` has passed; every look must add up.
    private func watch(
        _ site: Site, _ daemon: Running, upTo limit: Duration, until condition: (Status.Camera) -> Bool = { _ in false }
    ) async throws -> Status.Camera {
        let end = ContinuousClock.now + limit
        while true {
            let camera = try await status(site)
            #expect(camera.missing == 0 && camera.waiting <= 2 && camera.inAnalysis <= 1, "\(camera)")
            if condition(camera) || ContinuousClock.now >= end { return camera }
            try #require(daemon.isRunning, "\(daemon.errors)")
            try await Task.sleep(for: .seconds(1))
        }
    }

    @Test func `a camera without a profile teaches itself while it is watched`() async throws {
        let server = try await CameraServer()
        let site = try Site(cameras: [
            #"name: gate, source: "rtsp://127.0.0.1:\#(server.port)/cam", analysis_fps: 10, learn_minutes: 0.1"#
        ])
        let first = try site.start(.monitord)
        try #require(
            try await first.wait(upTo: .seconds(60)) { $0.errors.contains("was not learned, so nothing is judged") },
            "\(first.errors)")
        // It is stopped in the middle and goes on where it was.
        let gathering = try await watch(site, first, upTo: .seconds(60)) {
            $0.detail?.contains("% gathered") == true && $0.detail?.contains(" 0 % gathered") == false
        }
        #expect(gathering.detail?.contains("learning: ") == true, "\(gathering)")
        first.signal(SIGTERM)
        #expect(try await first.finish(limit: .seconds(20)).status == 0)
        #expect(FileManager.default.fileExists(atPath: site.folder.file("profiles/gate/learning")))

        let second = try site.start(.monitord)
        try #require(
            try await second.wait(upTo: .seconds(300)) { $0.errors.contains("profile gate v1 takes over") },
            "\(second.errors)")
        let judged = try await watch(site, second, upTo: .seconds(10))
        #expect(judged.detail?.contains("learn") == false, "\(judged)")
        let shown = try await site.run(.monitorctl, ["profile", "verify", "gate"])
        #expect(shown.status == 0, "\(shown.errors)")
        second.signal(SIGTERM)
        #expect(try await second.finish(limit: .seconds(20)).status == 0)
        server.kill()
    }

    @Test func `a camera is learned live, and watched through its restart`() async throws {
        let first = try await CameraServer()
        let site = try Site(cameras: [
            #"name: gate, source: "rtsp://127.0.0.1:\#(first.port)/cam", analysis_fps: 4, verdict_log: verdicts.jsonl"#
        ])
        let learned = try await site.run(
            .monitorctl, ["learn", "--camera", "gate", "--fps", "0", "--frames", "100", "--duration", "120s"])
        try #require(learned.status == 0, "\(learned.errors)")

        let daemon = try site.start(.monitord)
        try #require(try await daemon.wait(upTo: .seconds(30)) { $0.errors.contains("watching ") }, "\(daemon.errors)")
        let before = try await watch(site, daemon, upTo: .seconds(60))
        #expect(before.state == "watching" && before.reconnects == 0)
        #expect(before.scored >= 60 && before.gated > 0)

        first.kill()
        let killed = clocks.monotonic()
        // Frames that the camera sent last are still on their way.
        let during = try await watch(site, daemon, upTo: .seconds(10))
        #expect(during.state == "reconnecting")
        let restarted = clocks.monotonic()
        let second = try await CameraServer(port: first.port)
        let back = try await watch(site, daemon, upTo: .seconds(25)) {
            $0.state == "watching" && $0.scored > during.scored
        }
        #expect(back.reconnects == 1, "\(back)")
        let after = try await watch(site, daemon, upTo: .seconds(30))
        #expect(after.state == "watching" && after.reconnects == 1)
        #expect(after.scored >= back.scored + 30)

        daemon.signal(SIGTERM)
        let stopped = try await daemon.finish(limit: .seconds(10))
        #expect(stopped.status == 0, "\(stopped.errors)")
        #expect(stopped.complaints == [])
        let end = try #require(FinalLedger.all(in: stopped.errors)["gate"], "\(stopped.errors)")
        #expect(end.addsUp && end.arrived >= after.arrived && end.underway == 0, "\(end)")
        second.kill()

        let verdicts = try VerdictLog.read(site.folder.file("verdicts.jsonl"))
        #expect(verdicts.count >= after.scored)
        for (verdict, next) in zip(verdicts, verdicts.dropFirst()) {
            #expect(verdict.sequence < next.sequence)
            #expect(verdict.presentationTime < next.presentationTime)
        }
        let invented = verdicts.count { $0.arrival > killed + .seconds(1) && $0.arrival < restarted }
        #expect(invented == 0)
        #expect(verdicts.contains { $0.arrival < killed } && verdicts.contains { $0.arrival > restarted })
    }
}
