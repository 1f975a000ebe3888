import Analysis
import Basics
import Imaging
import Testing

@Suite struct LoadControlTests {
    private typealias Camera = LoadSimulation.Camera

    /// Share of one lane's time that was used.
    private func used(_ outcome: LoadSimulation.Outcome, _ cameras: [Camera], _ range: Range<Double>) -> Double {
        cameras.indices.reduce(0) { $0 + outcome.rate($1, range) * cameras[$1].cost }
    }

    @Test(arguments: [1, 2, 4])
    func `with time for everybody nothing is held back, moving or not`(count: Int) {
        let cameras = [Camera](repeating: Camera(), count: count)
        let outcome = LoadSimulation.run(cameras, seconds: 60)
        #expect(outcome.gated.isEmpty && outcome.shortage.isEmpty)
        #expect(outcome.judged.allSatisfy { 299...301 ~= $0.count })
    }

    @Test func `what stands still makes way for what moves, and is swept every two seconds`() {
        let cameras = (0..<16).map { index in Camera(cost: 0.036, isMoving: { _ in index < 3 }) }
        let outcome = LoadSimulation.run(cameras, seconds: 120)
        let range = 10.0..<120
        for index in 0..<3 { #expect(outcome.rate(index, range) > 4.9) }
        for index in 3..<16 {
            #expect(outcome.longestGap(index, range) <= 2.05)
            #expect(outcome.rate(index, range) < 1)
        }
        #expect(outcome.gated[.load] ?? 0 < 20 && outcome.gated[.still] ?? 0 > 5000)
        #expect(used(outcome, cameras, range) > 0.8 && used(outcome, cameras, range) < 0.88)
        #expect(outcome.shortage.count == 1)
    }

    @Test func `when everything moves, all have the same`() {
        let cameras = (0..<10).map { index in
            Camera(framesPerSecond: [5, 12.5, 25, 30, 60][index % 5], isMoving: { _ in true })
        }
        let outcome = LoadSimulation.run(cameras, seconds: 60)
        let rates = cameras.indices.map { outcome.rate($0, 10..<60) }
        #expect(rates.allSatisfy { abs($0 - 2.125) < 0.12 }, "\(rates)")
        #expect(used(outcome, cameras, 10..<60) > 0.82)
    }

    @Test func `cheap and dear cameras get the same rate, and one that wants little all of it`() {
        var cameras = (0..<8).map { index in Camera(cost: index < 4 ? 0.03 : 0.09, isMoving: { _ in true }) }
        cameras[7].framesPerSecond = 1
        let outcome = LoadSimulation.run(cameras, seconds: 60)
        let rates = cameras.indices.map { outcome.rate($0, 10..<60) }
        #expect(abs(rates[7] - 1) < 0.03)
        let level = (0.85 - 0.09) / (4 * 0.03 + 3 * 0.09)
        #expect(rates[..<7].allSatisfy { abs($0 - level) < 0.12 }, "\(rates)")
    }

    @Test func `a flood from one camera costs the others nothing`() {
        var cameras = (0..<4).map { _ in Camera(isMoving: { _ in true }) }
        cameras.append(
            Camera(framesPerSecond: 60, rate: AnalysisRate(framesPerSecond: 0), cost: 0.06, isMoving: { _ in true }))
        let outcome = LoadSimulation.run(cameras, seconds: 60)
        // One level for all five.
        let rates = cameras.indices.map { outcome.rate($0, 10..<60) }
        let level = 0.85 / (4 * 0.04 + 0.06)
        #expect(rates.allSatisfy { abs($0 - level) < 0.2 }, "\(rates)")
        cameras = cameras.enumerated().map { index, camera in
            var camera = camera
            if index < 4 { camera.rate.framesPerSecond = 3 }
            return camera
        }
        let modest = LoadSimulation.run(cameras, seconds: 60)
        for index in 0..<4 { #expect(modest.rate(index, 10..<60) > 2.95) }
        #expect(modest.rate(4, 10..<60) > 5.5)
    }

    @Test func `movement is answered at once, and looked at for a while after it`() {
        let cameras = (0..<20).map { index in Camera(isMoving: { index == 4 && 30..<40 ~= $0 }) }
        let outcome = LoadSimulation.run(cameras, seconds: 60)
        let first = outcome.judged[4].first { $0 >= 30 } ?? 99
        #expect(first < 30.45)
        #expect(outcome.rate(4, 31..<44) > 4.5)
        #expect(outcome.rate(4, 47..<60) < 1.2)
        #expect(outcome.longestGap(4, 10..<60) <= 2.05)
    }

    @Test func `evidence raises the rate at once, whatever the motion gate saw`() {
        var cameras = (0..<20).map { _ in Camera() }
        cameras[7].isSuspect = { 30..<40 ~= $0 }
        let outcome = LoadSimulation.run(cameras, seconds: 60)
        let seen = outcome.judged[7].filter { $0 >= 30 }
        // The sweep finds it, and two more frames confirm it.
        #expect(seen[0] <= 32.05 && seen[2] - seen[0] < 1)
        #expect(outcome.rate(7, 33..<40) > 4.5)
        #expect(outcome.rate(7, 42..<60) < 1.2)
    }

    @Test func `a far overloaded box sweeps all evenly and confirms what it finds`() {
        var cameras = (0..<100).map { _ in Camera(cost: 0.08) }
        cameras[50].isSuspect = { $0 > 60 }
        let outcome = LoadSimulation.run(cameras, seconds: 200)
        let rates = cameras.indices.filter { $0 != 50 }.map { outcome.rate($0, 20..<200) }
        let even = 0.85 / 0.08 / 100
        #expect(rates.allSatisfy { abs($0 - even) < 0.03 }, "\(rates.min() ?? 0) to \(rates.max() ?? 0)")
        #expect(abs(outcome.rate(50, 80..<200) - 1) < 0.1)
    }

    @Test func `a load at the edge does not swing`() {
        // 4.25 cameras fill the comfortable part of the lane; costs wander by a tenth around that.
        for cost in stride(from: 0.030, through: 0.038, by: 0.001) {
            var cameras = (0..<5).map { _ in Camera(cost: cost) }
            cameras[0].framesPerSecond = 30
            let outcome = LoadSimulation.run(cameras, seconds: 300)
            #expect(outcome.shortage.count <= 1, "\(cost): \(outcome.shortage)")
        }
    }

    @Test func `time is plentiful again when cameras go away`() {
        let cameras = (0..<10).map { index in
            Camera(isMoving: { _ in true }, isAway: { index > 2 && 60..<120 ~= $0 })
        }
        let outcome = LoadSimulation.run(cameras, seconds: 180)
        #expect(outcome.shortage.map(\.1) == [true, false, true], "\(outcome.shortage)")
        let relaxed = outcome.shortage[1].0
        #expect(65..<72 ~= relaxed)
        #expect(outcome.rate(0, 72..<120) > 4.95)
        #expect(outcome.rate(0, 125..<180) < 2.4)
    }

    @Test func `gating can be switched off, or on for good`() {
        var cameras = (0..<12).map { _ in Camera() }
        cameras[0].rate.motionGating = .never
        let short = LoadSimulation.run(cameras, seconds: 60)
        #expect(short.rate(0, 10..<60) > 4.9 && short.rate(1, 10..<60) < 2)
        var alone = Camera(isMoving: { 20..<30 ~= $0 })
        alone.rate.motionGating = .always
        let outcome = LoadSimulation.run([alone], seconds: 60)
        #expect(outcome.rate(0, 5..<20) < 0.7 && outcome.longestGap(0, 0..<60) <= 2.05)
        #expect(outcome.rate(0, 20..<34) > 4.5)
        #expect(outcome.rate(0, 36..<60) < 0.7)
        #expect(outcome.gated.keys.allSatisfy { $0 == .still } && outcome.shortage.isEmpty)
    }

    @Test func `a lossless source is never held back, and leaves the others their turns`() {
        var cameras = (0..<4).map { _ in Camera(cost: 0.06, isMoving: { _ in true }) }
        cameras[0].rate.isLossless = true
        let outcome = LoadSimulation.run(cameras, seconds: 60)
        #expect(outcome.judged[0].count == 300)
        let level = 0.85 * 3 / 4 / (3 * 0.06)
        for index in 1..<4 { #expect(abs(outcome.rate(index, 10..<60) - level) < 0.15) }
    }
}
