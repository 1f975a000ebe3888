import Analysis
import Basics
import Capture
import Dispatch
import Foundation
import Imaging
import TestSupport
import Testing

/// Cameras at an engine with a tiny network: what becomes of their frames.
@Suite struct AnalysisStageTests {
    /// A tiny model and a profile learned with it, made once.
    private struct Place {
        let folders = [TemporaryFolder(), TemporaryFolder()]
        let model: AnomalyModel
        let profile: CameraProfile

        init() throws {
            model = try AnomalyModel(TinyBundle().open(in: folders[0]))
            let engine = AnalysisEngine(model: model, clocks: SystemClocks())
            let store = ProfileStore(root: folders[1].path)
            let plan = LearningPlan(
                sources: ["test"], framesPerSecond: 0, maximumFrames: 160, seed: 3, isRepeatable: true)
            let learner = try ProfileLearner(profile: "yard", plan: plan, engine: engine, store: store)
            for index in 0..<160 { try learner.gather(Self.frame(index)) }
            _ = try learner.finish(wallTimeMs: 7) { _ in }
            profile = try CameraProfile.load("yard", from: store, for: model)
        }

        /// A coloured wall with a square that wanders, or stands.
        static func frame(
            _ index: Int, every step: Duration = .milliseconds(200), arrival: MonotonicTime? = nil,
            stands: Bool = false, width: Int = 160, height: Int = 96
        ) -> Frame {
            let pixels = PixelBuffer(width: width, height: height, format: .rgb24)
            let bytes = pixels.mutableBytes.bindMemory(to: UInt8.self)
            var random = SeededGenerator(seed: UInt64(index))
            let place = stands ? 7 : index
            let (left, top) = (10 + (place * 7) % 110, 20 + (place * 3) % 50)
            for y in 0..<height {
                for x in 0..<width {
                    let inside = x >= left && x < left + 20 && y >= top && y < top + 20
                    let level = inside ? 170 : 60 + x / 4 % 100 + 30 * ((x / 6 + y / 6) % 2)
                    let noise = width > 1000 ? 0 : random.index(below: 6)
                    for channel in 0..<3 { bytes[(y * width + x) * 3 + channel] = UInt8(level + noise + 20 * channel) }
                }
            }
            let time = step * index
            return Frame(
                camera: "yard", sequence: UInt64(index), presentationTime: time,
                arrival: arrival ?? MonotonicTime(nanoseconds: time.nanoseconds), wallTimeMs: time.milliseconds,
                pixels: pixels)
        }
    }

    private static let place = Result { try Place() }

    /// A camera whose frames the test puts itself.
    private struct Line {
        let ledger = FrameLedger()
        let mailbox: FrameMailbox
        let stage: AnalysisStage

        init(_ engine: AnalysisEngine, _ profile: CameraProfile?, _ rate: AnalysisRate, waits: Bool = false) {
            mailbox = FrameMailbox(capacity: 2, waitsForConsumer: waits, ledger: ledger)
            stage = AnalysisStage(camera: "yard", engine: engine, profile: profile, rate: rate, ledger: ledger)
            stage.start(
                taking: { @Sendable [mailbox] in
                    while true {
                        switch mailbox.take(timeout: .seconds(1)) {
                        case .frame(let frame): return frame
                        case .ended: return nil
                        case .nothing: continue
                        }
                    }
                },
                delivering: { @Sendable _, _ in false }, ended: {})
        }

        func finish() {
            mailbox.finish()
            stage.waitUntilFinished()
        }
    }

    private func engine() throws -> (AnalysisEngine, CameraProfile) {
        let place = try Self.place.get()
        return (AnalysisEngine(model: place.model, threads: 1, clocks: SystemClocks()), place.profile)
    }

    @Test func `each frame that is left out has its reason`() throws {
        let (engine, profile) = try engine()
        // At 10 frames a second every other is beyond the rate; of the rest, each sweep judges one in 1.8 seconds.
        let rate = AnalysisRate(framesPerSecond: 5, motionGating: .always)
        let line = Line(engine, profile, rate, waits: true)
        for index in 0..<400 { line.mailbox.put(Place.frame(index, every: .milliseconds(100), stands: true)) }
        line.finish()
        let counts = line.ledger.counts
        #expect(counts.addsUp && counts.arrived == 400 && counts.dropped == 0 && counts.gated(.rate) == 200)
        #expect(counts.gated(.load) == 0 && counts.gated(.light) == 0)
        // The first six seconds count as movement: nothing was known yet.
        #expect(22 + 18...36 + 22 ~= counts.scored, "\(counts)")
        #expect(counts.scored + counts.gated(.still) == 200)
    }

    @Test func `without a profile everything is left out because of the light`() throws {
        let (engine, _) = try engine()
        let line = Line(engine, nil, AnalysisRate(framesPerSecond: 0), waits: true)
        for index in 0..<20 { line.mailbox.put(Place.frame(index)) }
        line.finish()
        #expect(line.ledger.counts.gated(.light) == 20 && line.ledger.counts.addsUp)
    }

    @Test func `the ledgers add up at every moment, and nothing is on its way after the end`() async throws {
        let (engine, profile) = try engine()
        let lines = (0..<4).map { Line(engine, profile, AnalysisRate(framesPerSecond: $0 == 0 ? 0 : 100)) }
        let isOver = Locked(false)
        let frames = (0..<16).map { Place.frame($0) }
        await withTaskGroup(of: Void.self) { group in
            for (number, line) in lines.enumerated() {
                group.addTask {
                    for index in 0..<600 {
                        let picture = frames[index % 16]
                        let time = Duration.milliseconds(5 * index)
                        line.mailbox.put(
                            Frame(
                                camera: "yard", sequence: UInt64(index), presentationTime: time,
                                arrival: SystemClocks().monotonic(), wallTimeMs: 0, pixels: picture.pixels))
                        if index % 10 == 3 { line.ledger.arrived(dropped: .damaged) }
                        // Stopped in the middle, as by a signal; what comes later is counted too.
                        if index == 300 + 50 * number { line.mailbox.close() }
                        usleep(300)
                    }
                }
            }
            for _ in 0..<2 {
                group.addTask {
                    while !isOver.withLock({ $0 }) {
                        for line in lines {
                            let counts = line.ledger.counts
                            #expect(counts.addsUp && counts.waiting <= 2 && counts.inAnalysis <= 1, "\(counts)")
                        }
                        await Task.yield()
                    }
                }
            }
            group.addTask {
                for line in lines { line.stage.waitUntilFinished() }
                while lines.contains(where: { $0.ledger.counts.arrived < 660 }) { usleep(1000) }
                isOver.withLock { $0 = true }
            }
        }
        for line in lines {
            let counts = line.ledger.counts
            #expect(counts.addsUp && counts.arrived == 660 && counts.waiting == 0 && counts.inAnalysis == 0)
            #expect(counts.scored > 0 && counts.dropped(.damaged) == 60 && counts.dropped(.stopped) > 100)
        }
    }

    @Test func `a flood of large frames from one camera costs slow ones nothing`() async throws {
        let (engine, profile) = try engine()
        let flood = Line(engine, profile, AnalysisRate(framesPerSecond: 0))
        let slow = (0..<3).map { _ in Line(engine, profile, AnalysisRate(framesPerSecond: 5)) }
        let isOver = Locked(false)
        let large = (0..<2).map { Place.frame(7 * $0, width: 3840, height: 2160) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                let start = SystemClocks().monotonic()
                for index in 0... where !isOver.withLock({ $0 }) {
                    let now = SystemClocks().monotonic()
                    flood.mailbox.put(
                        Frame(
                            camera: "gate", sequence: UInt64(index), presentationTime: now - start, arrival: now,
                            wallTimeMs: 0, pixels: large[index % 2].pixels))
                    usleep(16_000)
                    if isOver.withLock({ $0 }) { return }
                }
            }
            for line in slow {
                group.addTask {
                    for index in 0..<20 {
                        line.mailbox.put(
                            Place.frame(
                                index, every: .milliseconds(300), arrival: SystemClocks().monotonic(), stands: true))
                        usleep(300_000)
                    }
                    isOver.withLock { $0 = true }
                }
            }
        }
        for line in slow + [flood] { line.finish() }
        for line in slow { #expect(line.ledger.counts.scored == 20, "\(line.ledger.counts)") }
        let counts = flood.ledger.counts
        #expect(counts.addsUp && counts.arrived > 150 && counts.scored > 5, "\(counts)")
    }
}
