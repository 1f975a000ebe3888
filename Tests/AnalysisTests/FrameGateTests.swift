import Analysis
import Basics
import Testing

@Suite struct FrameGateTests {
    private func admitted(_ gate: inout FrameGate, _ times: [Duration]) -> [Duration] {
        times.filter { gate.admits($0) }
    }

    /// Presentation times of a steady camera, rounded to whole ticks as containers do.
    private func times(rate: Double, seconds: Double, tick: Double = 1e-9) -> [Duration] {
        (0..<Int(rate * seconds)).map { index in
            let ticks = (Double(index) / rate / tick).rounded()
            return .nanoseconds(Int64((ticks * tick * 1e9).rounded()))
        }
    }

    @Test func `a rate of 0 lets every frame through, whatever its time`() {
        var gate = FrameGate(framesPerSecond: 0)
        let times = [0, 0, 5, -3, 1000].map { Duration.seconds($0) }
        let taken = admitted(&gate, times)
        #expect(taken == times)
    }

    @Test(arguments: [(25.0, 5.0), (30, 10), (29.97, 4), (25, 7), (24, 23), (50, 0.5)])
    func `over an hour neither a frame is lost nor one too many taken`(camera: Double, wanted: Double) {
        var gate = FrameGate(framesPerSecond: wanted)
        let count = admitted(&gate, times(rate: camera, seconds: 3600)).count
        #expect(abs(Double(count) - wanted * 3600) <= 1)
    }

    @Test(arguments: [(15.0, 15.0), (10, 25), (1, 30)])
    func `a camera that is no faster than wanted loses nothing`(camera: Double, wanted: Double) {
        var gate = FrameGate(framesPerSecond: wanted)
        let all = times(rate: camera, seconds: 600, tick: 0.001)
        let taken = admitted(&gate, all)
        #expect(taken == all)
    }

    @Test func `times rounded to milliseconds keep the rhythm`() {
        var gate = FrameGate(framesPerSecond: 15)
        let all = times(rate: 30, seconds: 600, tick: 0.001)
        let taken = admitted(&gate, all)
        #expect(taken == stride(from: 0, to: all.count, by: 2).map { all[$0] })
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func `frames that come in fits and starts are never taken in a burst`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var gate = FrameGate(framesPerSecond: 5)
        var time = Duration.zero
        var taken: [Duration] = []
        for _ in 0..<5000 {
            time += .nanoseconds(Int64(random.uniform() < 0.01 ? 2e9 * random.uniform() : 5e7 * random.uniform()))
            if gate.admits(time) { taken.append(time) }
        }
        for (index, start) in taken.enumerated() {
            #expect(taken[index...].prefix { $0 - start < .seconds(1) }.count <= 7)
        }
        // Nor does the gate starve: gaps of the stream itself are at most 2 s.
        #expect(zip(taken, taken.dropFirst()).allSatisfy { $1 - $0 < .milliseconds(2500) })
    }

    @Test func `time that jumps back starts the rhythm anew at once`() {
        var gate = FrameGate(framesPerSecond: 10)
        let taken = admitted(&gate, [100_000, 0, 40, 100].map { .milliseconds($0) })
        #expect(taken == [100_000, 0, 100].map { .milliseconds($0) })
    }

    @Test func `a jump far ahead takes one frame, not those that were missed`() {
        var gate = FrameGate(framesPerSecond: 10)
        let taken = admitted(&gate, [0, 50_000, 50_040, 50_080, 50_120].map { .milliseconds($0) })
        #expect(taken == [0, 50_000, 50_120].map { .milliseconds($0) })
    }
}
