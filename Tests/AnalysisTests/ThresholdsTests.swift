import Analysis
import Basics
import Testing

@Suite struct ThresholdsTests {
    /// Peaks as held-out time may give them: none, one, all equal, spread over magnitudes, with one outlier.
    private func peaks(using random: inout SeededGenerator) -> [Float] {
        let count = random.index(below: 60)
        let scale = Float([0, 0.01, 1, 4, 40, 300][random.index(below: 6)])
        var values = (0..<count).map { _ in scale * Float(random.uniform()) }
        switch random.index(below: 3) {
        case 0: values = values.map { _ in scale }
        case 1 where count > 0: values[random.index(below: count)] = 10 * scale
        default: break
        }
        return values
    }

    @Test func `thresholds of any held-out time are in order and above all that it showed`() {
        var random = SeededGenerator(seed: 20)
        for _ in 0..<3000 {
            let (pixels, lingering, objects) = (
                peaks(using: &random), peaks(using: &random), peaks(using: &random)
            )
            let thresholds = Thresholds(
                pixels: HeldOutPeaks(pixels), lingering: HeldOutPeaks(lingering), objects: HeldOutPeaks(objects))
            #expect(thresholds.exitPixel < thresholds.enterPixel)
            #expect(thresholds.exitObject < thresholds.enterObject)
            #expect(thresholds.exitPixel > 0 && thresholds.exitObject > 0)
            #expect(pixels.allSatisfy { $0 < thresholds.enterPixel })
            #expect(objects.allSatisfy { $0 < thresholds.enterObject })
            #expect(thresholds.lingeringFactor > 0 && thresholds.lingeringFactor.isFinite)
            #expect(lingering.allSatisfy { $0 * thresholds.lingeringFactor < thresholds.enterPixel })
        }
    }

    @Test func `more surprise in held-out time never lowers what opens an event`() {
        var last: Float = 0
        for maximum in stride(from: Float(0), through: 20, by: 0.25) {
            let peaks = HeldOutPeaks([0, 0, 0, maximum])
            let thresholds = Thresholds(pixels: peaks, lingering: HeldOutPeaks([]), objects: peaks)
            #expect(thresholds.enterPixel >= last)
            #expect(thresholds.enterPixel == thresholds.enterObject)
            last = thresholds.enterPixel
        }
    }

    @Test func `held-out time itself would confirm no event`() {
        var random = SeededGenerator(seed: 21)
        for _ in 0..<1000 {
            let frames = peaks(using: &random)
            let confirmable = HeldOutPeaks(confirmable: frames)
            let enter = Thresholds(pixels: confirmable, lingering: HeldOutPeaks([]), objects: confirmable).enterPixel
            #expect(frames.indices.allSatisfy { end in frames[max(0, end - 4)...end].count { $0 >= enter } < 3 })
        }
    }

    @Test func `a single odd frame moves nothing, three of five do`() {
        let calm = [Float](repeating: 1, count: 40)
        var odd = calm
        odd[20] = 50
        #expect(HeldOutPeaks(confirmable: odd) == HeldOutPeaks(confirmable: calm))
        (odd[22], odd[24]) = (40, 60)
        #expect(HeldOutPeaks(confirmable: odd).maximum == 40)
    }

    @Test func `without lingering peaks only what is twice as rare as usual counts`() {
        let thresholds = Thresholds(
            pixels: HeldOutPeaks([4, 5]), lingering: HeldOutPeaks([]), objects: HeldOutPeaks([]))
        #expect(abs(thresholds.lingeringFactor * 0.3 - thresholds.enterPixel) < 1e-4)
    }

    @Test func `peaks do not depend on the order of the frames`() {
        var random = SeededGenerator(seed: 1)
        let values = (1...100).map(Float.init)
        let peaks = HeldOutPeaks(values.shuffled(using: &random))
        #expect(peaks == HeldOutPeaks(values))
        #expect((peaks.median, peaks.p95, peaks.maximum) == (51, 96, 100))
    }

    @Test func `no frames give peaks of 0`() {
        let peaks = HeldOutPeaks([])
        #expect((peaks.median, peaks.p95, peaks.maximum) == (0, 0, 0))
    }
}
