import Alerting
import Basics
import FaultLab
import Foundation
import TestSupport
import Testing

/// The daemon is ended at any moment; what it logged is in the history.
@Suite(.serialized)
struct KillTests {
    /// Ordinary frames open events with these.
    private static let nervous =
        ", analysis_fps: 0, rules: {enter: 0.5, exit: 0.2, confirm_frames: 1, confirm_window: 1}"

    /// Ids of the events in whole log lines that contain `words`.
    private func ids(_ words: String, in log: String) -> Set<String> {
        var lines = log.split(separator: "\n", omittingEmptySubsequences: false)
        lines.removeLast()
        let ids = lines.filter { $0.contains(words) }.compactMap { line in
            line.range(of: "event=").map { String(line[$0.upperBound...].prefix(36)) }
        }
        return Set(ids)
    }

    @Test func `no logged event is lost when the daemon is killed, and open ones end as interrupted`() async throws {
        let camera = try await LearnedCamera.shared
        let site = try Site(cameras: [camera.yaml(Self.nervous)], profiles: camera.profiles)
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        var logged: Set<String> = []
        for run in 1...5 {
            let daemon = try site.start(.monitord)
            try #require(
                try await daemon.wait(upTo: .seconds(60)) { $0.errors.contains("event opened") }, "\(daemon.errors)")
            let moment = Duration.milliseconds(random.index(below: 3000))
            try await Task.sleep(for: moment)
            daemon.signal(SIGKILL)
            let killed = try await daemon.finish(limit: .seconds(10))
            #expect(killed.status == -9)

            let place = "run \(run), seed \(seed), \(moment) after the first event"
            let opened = ids("event opened", in: killed.errors)
            #expect(!opened.isEmpty)
            logged.formUnion(opened)
            // What the run before left open was closed when this one started.
            let events = try site.events()
            let stored = Set(events.map(\.id.description))
            #expect(logged.subtracting(stored) == [], "\(place)")
            let open = Set(events.filter { $0.state == .open }.map(\.id.description))
            let closed = ids("event closed", in: killed.errors)
            #expect(open.isDisjoint(with: logged.subtracting(opened)), "\(place)")
            #expect(open.isDisjoint(with: closed), "\(place)")
            let reader = try EventReader(path: site.database)
            #expect(try reader.problems() == [], "\(place)")
            // Pictures are stored together with their event.
            for event in events {
                for kind in EventSnapshot.Kind.allCases {
                    let jpeg = try reader.snapshot(event.id, kind)?.jpeg
                    #expect(jpeg?.prefix(2) == [0xFF, 0xD8] && jpeg?.suffix(2) == [0xFF, 0xD9], "\(place)")
                }
            }
        }

        // The socket of the dead daemon is still there, and in nobody's way.
        #expect(FileManager.default.fileExists(atPath: site.folder.file("control.sock")))
        let unanswered = try await site.run(.monitorctl, ["status"])
        #expect(unanswered.status == 69 && unanswered.complaints.count == 1, "\(unanswered.errors)")

        let left = Set(try site.events().filter { $0.state == .open }.map(\.id.description))
        try #require(!left.isEmpty)
        let daemon = try site.start(.monitord)
        try #require(try await daemon.wait(upTo: .seconds(60)) { $0.errors.contains("event opened") })
        daemon.signal(SIGTERM)
        let stopped = try await daemon.finish(limit: .seconds(10))
        #expect(stopped.status == 0, "\(stopped.errors)")
        #expect(ids("event interrupted: open when an earlier run died", in: stopped.errors) == left)

        let listed = try await site.run(.monitorctl, ["events", "--output", "ids", "--limit", "100000"])
        let stored = Set(listed.output.split(separator: "\n").map(String.init))
        #expect(logged.union(ids("event opened", in: stopped.errors)).subtracting(stored) == [])
        let events = try site.events()
        #expect(events.allSatisfy { $0.state != .open })
        #expect(events.filter { left.contains($0.id.description) }.allSatisfy { $0.state == .interrupted })
        #expect(try EventReader(path: site.database).problems() == [])
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `a signal ends the daemon in order within five seconds`(number: Int32) async throws {
        let camera = try await LearnedCamera.shared
        let site = try Site(cameras: [camera.yaml(Self.nervous)], profiles: camera.profiles)
        let daemon = try site.start(.monitord)
        try #require(
            try await daemon.wait(upTo: .seconds(60)) { $0.errors.contains("event opened") }, "\(daemon.errors)")
        let asked = ContinuousClock.now
        daemon.signal(number)
        let stopped = try await daemon.finish(limit: .seconds(20))
        #expect(ContinuousClock.now - asked < .seconds(5))
        #expect(stopped.status == 0)
        #expect(stopped.complaints == [])
        #expect(stopped.errors.contains(" info monitord: stopping\n"))
        #expect(stopped.errors.hasSuffix(" info monitord: stopped\n"))

        let events = try site.events()
        #expect(Set(events.map(\.id.description)) == ids("event opened", in: stopped.errors))
        let ended = events.filter { $0.state == .interrupted && $0.reason == .shutdown }
        let interrupted = Set(ended.map(\.id.description))
        #expect(!interrupted.isEmpty)
        #expect(interrupted == ids("event interrupted", in: stopped.errors))
        #expect(events.allSatisfy { $0.state != .open })
        #expect(try EventReader(path: site.database).problems() == [])
    }
}
