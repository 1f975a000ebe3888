import Imaging
import Scenes
import Testing

@Suite struct SceneWeatherTests {
    private func scene(
        _ spectrum: SceneDescription.Spectrum = .visible, seed: UInt64 = 8, rain: [RainSpell] = [],
        infrared: Bool = false
    ) -> SceneDescription {
        var scene = SceneDescription(
            width: 320, height: 192, framesPerSecond: 5, seconds: 300, seed: seed, spectrum: spectrum,
            agentsPerMinute: 15, rain: rain)
        if infrared { scene.lightChanges = [LightChange(second: 0, duration: 0, gain: 1, infrared: true)] }
        return scene
    }

    private func difference(_ a: PixelBuffer, _ b: PixelBuffer) -> Double {
        let sum = zip(a.bytes, b.bytes).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
        return Double(sum) / Double(a.byteCount)
    }

    private func mean(_ pixels: PixelBuffer) -> Double {
        Double(pixels.bytes.reduce(0) { $0 + Int($1) }) / Double(pixels.byteCount)
    }

    @Test(arguments: [false, true])
    func `a spell of rain comes, wets the ground and is gone once the ground has dried`(_ infrared: Bool) {
        let spell = RainSpell(second: 20, duration: 60, strength: 0.8)
        let rainy = SceneRenderer(scene(rain: [spell], infrared: infrared))
        let dry = SceneRenderer(scene(infrared: infrared))
        func difference(_ second: Int) -> Double {
            self.difference(rainy.render(5 * second).pixels, dry.render(5 * second).pixels)
        }
        #expect(difference(19) == 0)
        let raining = difference(60)
        let wet = difference(90)
        #expect(raining > 8 && wet > 3 && wet < raining)
        #expect(difference(190) == 0)
    }

    @Test(arguments: [SceneDescription.Spectrum.visible, .thermal])
    func `rain leaves the truth as it is, and every frame stands alone`(_ spectrum: SceneDescription.Spectrum) {
        let spell = RainSpell(second: 0, duration: 200, strength: 1)
        let forwards = SceneRenderer(scene(spectrum, rain: [spell]))
        let backwards = SceneRenderer(scene(spectrum, rain: [spell]))
        let dry = SceneRenderer(scene(spectrum))
        let frames = [30, 60, 200, 1100]
        let first = frames.map { forwards.render($0) }
        for (frame, expected) in zip(frames, first).reversed() {
            let (pixels, truth) = backwards.render(frame)
            #expect(difference(pixels, expected.pixels) == 0)
            #expect(truth.instances == dry.render(frame).truth.instances)
        }
    }

    @Test func `rain takes light away by day`() {
        let rainy = SceneRenderer(scene(rain: [RainSpell(second: 0, duration: 200, strength: 1)]))
        let dry = SceneRenderer(scene())
        #expect(mean(rainy.render(500).pixels) < 0.85 * mean(dry.render(500).pixels))
    }

    @Test func `drops are new in every frame`() {
        var still = scene(rain: [RainSpell(second: 0, duration: 200, strength: 1)])
        still.agentsPerMinute = 0
        still.noise = 0
        let renderer = SceneRenderer(still)
        #expect(difference(renderer.render(500).pixels, renderer.render(501).pixels) > 0.5)
    }

    @Test func `activity changes how many come by, down to none`() {
        var busy = scene()
        busy.seconds = 900
        busy.activity = [
            ActivityChange(second: 300, agentsPerMinute: 0), ActivityChange(second: 600, agentsPerMinute: 40),
        ]
        let renderer = SceneRenderer(busy)
        func people(_ seconds: Range<Int>) -> Int {
            stride(from: seconds.lowerBound, to: seconds.upperBound, by: 5).reduce(0) { sum, second in
                sum + renderer.render(second * 5).truth.objects.count { $0.kind == .person }
            }
        }
        let usual = people(50..<300)
        #expect(usual > 20)
        #expect(people(360..<600) == 0)
        #expect(people(650..<900) > 2 * usual)
    }

    @Test func `shadows turn with the sun and are gone at night`() {
        var turning = scene()
        turning.agentsPerMinute = 30
        turning.sun = SunPath(secondsPerDay: 300, sunrise: 0.25, sunset: 0.75)
        let fixed = scene()
        #expect(fixed.sun == nil)
        turning.noise = 0
        let renderer = SceneRenderer(turning)
        let night = turning.seconds * 0.1
        var without = turning
        without.sun = SunPath(secondsPerDay: 1_000_000, sunrise: 0.9, sunset: 0.95)
        let frame = Int(night * turning.framesPerSecond)
        #expect(difference(renderer.render(frame).pixels, SceneRenderer(without).render(frame).pixels) == 0)
        let noon = Int(150 * turning.framesPerSecond)
        #expect(difference(renderer.render(noon).pixels, SceneRenderer(without).render(noon).pixels) > 0)
    }
}
