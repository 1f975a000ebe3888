import Basics
import FaultLab
import Foundation
import Testing

/// Seven good cameras and a bad one before one daemon.
@Suite(.serialized)
struct IsolationTests {
    @Test func `one bad camera among eight costs the others no frame, whatever is wrong with it`() async throws {
        let good = (1...7).map { "good\($0)" }
        var feeds = Dictionary(uniqueKeysWithValues: good.map { ($0, Feed(Clips.bars, rate: 5)) })
        feeds["bad"] = Feed(Clips.flood, rate: 60)
        let camera = LabCamera(feeds)
        let proxy = FaultProxy(before: camera.port, door: .blackHole)
        let lines = (good + ["bad"]).map { name in
            let address = camera.address(name, port: name == "bad" ? proxy.port : nil)
            return #"name: \#(name), source: "\#(address)", analysis_fps: 0.5, learn_minutes: 10000"#
        }
        let watchman = try Watchman(try Site(cameras: lines))
        try #require(
            try await watchman.wait(upTo: .seconds(60)) {
                good.allSatisfy { watchman.status($0)?.state == "watching" }
            }, "\(watchman.daemon.errors)")
        // What piled up while the streams were identified is over.
        try await Task.sleep(for: .seconds(3))
        var before: [String: CameraStatus] = [:]
        for name in good { before[name] = try await watchman.freshStatus(name) }

        let noise = (0..<4000).map { UInt8(truncatingIfNeeded: $0 &* 151 ^ $0 >> 3) }
        for door in [FaultProxy.Door.blackHole, .mute, .answers(noise), .open] {
            proxy.change { $0.door = door }
            try await Task.sleep(for: .seconds(8))
        }
        #expect(camera.counts("bad").sent > 100)
        for name in good {
            let now = try #require(try await watchman.freshStatus(name))
            let was = try #require(before[name])
            #expect(now.state == "watching" && now.reconnects == 0, "\(now)")
            #expect(now.dropped == was.dropped && now.arrived > was.arrived + 100, "\(was) \(now)")
        }
        // Held back for less than what counts as silence: what was sent has arrived now, but for what is on its way.
        for name in good { camera.change(name) { $0.isHeld = true } }
        try await Task.sleep(for: .milliseconds(900))
        for name in good {
            let now = try #require(try await watchman.freshStatus(name))
            let sent = camera.counts(name).sent
            #expect((0...2).contains(sent - now.arrived), "\(name): \(sent) were sent, \(now.arrived) arrived")
        }
        let outcome = try await watchman.finish()
        #expect(outcome.status == 0, "\(outcome.errors)")
    }
}
