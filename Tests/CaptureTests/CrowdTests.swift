import Basics
import Capture
import FaultLab
import Foundation
import Imaging
import Streams
import Testing

/// Many cameras at once: none waits long, and none suffers from another.
@Suite(.serialized)
struct CrowdTests {
    private func session(_ name: String, _ address: String, gate: DialGate = DialGate(limit: 8), capacity: Int = 2)
        throws -> CaptureSession
    {
        CaptureSession(
            camera: name, source: try source(address), clocks: SystemClocks(), capacity: capacity, gate: gate,
            onEvent: { _ in })
    }

    @Test func `64 cameras that return at once are all back in twenty seconds, by at most eight dials at a time`()
        throws
    {
        let clip = try Clip.bars(Array(0..<50))
        let names = (0..<64).map { "cam\($0)" }
        let camera = LabCamera(Dictionary(uniqueKeysWithValues: names.map { ($0, Feed(clip, rate: 10)) }))
        let proxy = FaultProxy(before: camera.port)
        let gate = DialGate(limit: 8)
        let sessions = try names.map { try session($0, camera.address($0, port: proxy.port), gate: gate) }
        for session in sessions { session.start() }
        let clocks = SystemClocks()
        func wait(_ seconds: Int, until condition: () -> Bool) -> Bool {
            let end = clocks.monotonic() + .seconds(seconds)
            while !condition(), clocks.monotonic() < end { usleep(20_000) }
            return condition()
        }
        try #require(wait(60) { sessions.allSatisfy { $0.counters.arrived > 0 } })

        // A power cut: long enough for every camera to have been tried several times.
        proxy.change { $0.door = .refused }
        proxy.cut(.reset)
        usleep(8_000_000)
        let before = sessions.map { $0.counters.connections }
        proxy.heal()
        let returned = clocks.monotonic()
        let areBack = wait(60) { zip(sessions, before).allSatisfy { $0.counters.connections > $1 } }
        let time = clocks.monotonic() - returned
        print("64 cameras back after \(time.milliseconds) ms, at most \(camera.mostDialling) dials at a time")
        #expect(areBack && time < .seconds(20), "\(time)")
        #expect((1...8).contains(camera.mostDialling))
        for session in sessions { #expect(session.stop()) }
    }

    /// A camera that is no help to anybody.
    private enum Nuisance: String, CaseIterable {
        case blackHole, flood, garbage
    }

    @Test(arguments: [0, 1, 2])
    func `one bad camera among eight costs the others no frame`(number: Int) throws {
        let nuisance = Nuisance.allCases[number]
        let numbers = Array(0..<400)
        let clip = try Clip.bars(numbers)
        let good = (0..<7).map { "cam\($0)" }
        var feeds = Dictionary(uniqueKeysWithValues: good.map { ($0, Feed(clip, rate: 10)) })
        feeds["bad"] = Feed(try Clip.bars(Array(0..<30), keyEvery: 30, size: "1920:1080"), rate: 60)
        let camera = LabCamera(feeds)
        let noise = (0..<4000).map { UInt8(truncatingIfNeeded: $0 &* 151 ^ $0 >> 3) }
        let door: FaultProxy.Door =
            switch nuisance {
            case .blackHole: .blackHole
            case .flood: .open
            case .garbage: .answers(noise)
            }
        let proxy = FaultProxy(before: camera.port, door: door)
        let bad = try session("bad", camera.address("bad", port: proxy.port))
        bad.start()
        let sessions = try good.map { try session($0, camera.address($0), capacity: 64) }
        for session in sessions { session.start() }
        // Someone takes the frames of the bad one too.
        let taking = Locked(true)
        _ = OwnThread.start { @Sendable in while taking.withLock({ $0 }) { _ = bad.mailbox.take(timeout: .seconds(1)) }
        }

        let seen = Locked<[Int: [Int]]>([:])
        let done = DispatchGroup()
        for (index, session) in sessions.enumerated() {
            done.enter()
            _ = OwnThread.start { @Sendable in
                let frames = drain(session.mailbox, limit: 120, each: { _ in }).map(number(_:))
                seen.withLock { $0[index] = frames }
                done.leave()
            }
        }
        done.wait()
        taking.withLock { $0 = false }
        for (index, session) in sessions.enumerated() {
            #expect(seen.withLock { $0[index] } == Array(0..<120), "\(nuisance): camera \(index)")
            let counters = session.counters
            #expect(counters.connections == 1 && counters.droppedSuperseded == 0, "\(nuisance): \(counters)")
            #expect(session.stop())
            #expect(camera.counts(good[index]).skipped == 0)
        }
        #expect(bad.stop())
    }
}
