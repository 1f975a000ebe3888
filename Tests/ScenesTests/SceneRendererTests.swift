import Imaging
import Scenes
import Testing

@Suite struct SceneRendererTests {
    private func scene(
        _ spectrum: SceneDescription.Spectrum = .visible, seed: UInt64 = 11, anomalies: [ScriptedAnomaly] = [],
        agentsPerMinute: Double = 25
    ) -> SceneDescription {
        SceneDescription(
            width: 320, height: 192, framesPerSecond: 10, seconds: 30, seed: seed, spectrum: spectrum,
            agentsPerMinute: agentsPerMinute, anomalies: anomalies)
    }

    private func hash(_ pixels: PixelBuffer) -> UInt64 {
        pixels.bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    @Test(arguments: [SceneDescription.Spectrum.visible, .thermal])
    func `the same seed gives the same pixels in any order, another seed does not`(
        _ spectrum: SceneDescription.Spectrum
    ) {
        let first = SceneRenderer(scene(spectrum))
        let second = SceneRenderer(scene(spectrum))
        let other = SceneRenderer(scene(spectrum, seed: 12))
        let forwards = [0, 7, 90].map { hash(first.render($0).pixels) }
        let backwards = [90, 7, 0].map { hash(second.render($0).pixels) }
        #expect(forwards == backwards.reversed())
        #expect(Set(forwards).count == 3)
        #expect(hash(other.render(7).pixels) != forwards[1])
        #expect(first.render(7).truth.instances == second.render(7).truth.instances)
    }

    @Test(arguments: [
        ScriptedAnomaly(.crossing, .cart, second: 3), ScriptedAnomaly(.crossing, .robot, second: 3),
        ScriptedAnomaly(.crossing, .van, second: 4), ScriptedAnomaly(.leftBehind, .suitcase, second: 5),
        ScriptedAnomaly(.leftBehind, .box, second: 5), ScriptedAnomaly(.surfaceChange, .spill, second: 5),
        ScriptedAnomaly(.surfaceChange, .graffiti, second: 5), ScriptedAnomaly(.surfaceChange, .hatch, second: 5),
    ])
    func `the anomaly's mask is where the picture differs from the same scene without it`(_ anomaly: ScriptedAnomaly) {
        for spectrum in [SceneDescription.Spectrum.visible, .thermal] {
            let with = SceneRenderer(scene(spectrum, anomalies: [anomaly], agentsPerMinute: 0))
            let without = SceneRenderer(scene(spectrum, agentsPerMinute: 0))
            var inside = 0
            var changedInside = 0
            for frame in stride(from: 55, through: 125, by: 10) {
                let (changed, truth) = with.render(frame)
                let plain = without.render(frame).pixels
                let mask = truth.anomalyMask
                let step = changed.format.bytesPerPixel
                for pixel in mask.indices where mask[pixel] == 1 {
                    inside += 1
                    let differs = (0..<step).contains {
                        changed.bytes[pixel * step + $0] != plain.bytes[pixel * step + $0]
                    }
                    changedInside += differs ? 1 : 0
                }
                for object in truth.objects where object.isAnomaly {
                    #expect(object.kind == anomaly.kind)
                    #expect(object.anomaly == 0)
                    let owned = mask.indices.filter { truth.instances[$0] == object.id }
                    #expect(owned.count == object.area)
                    #expect(owned.map { $0 % 320 }.min() == Int(object.box.x1))
                    #expect(owned.map { $0 % 320 }.max() == Int(object.box.x2) - 1)
                    #expect(owned.map { $0 / 320 }.min() == Int(object.box.y1))
                    #expect(owned.map { $0 / 320 }.max() == Int(object.box.y2) - 1)
                }
            }
            #expect(inside > 60, "\(anomaly.kind) \(spectrum): \(inside) pixels")
            #expect(Double(changedInside) > 0.93 * Double(inside), "\(anomaly.kind) \(spectrum)")
        }
    }

    @Test func `before an anomaly begins the scene is exactly the scene without it`() {
        let with = SceneRenderer(scene(anomalies: [ScriptedAnomaly(.surfaceChange, .hatch, second: 5)]))
        let without = SceneRenderer(scene())
        #expect(hash(with.render(49).pixels) == hash(without.render(49).pixels))
        #expect(!with.render(49).truth.isAnomalous)
        #expect(hash(with.render(50).pixels) != hash(without.render(50).pixels))
        #expect(with.render(50).truth.isAnomalous)
    }

    @Test func `a thing is no anomaly while it is carried, and stays where it was left`() throws {
        let script = ScriptedAnomaly(.leftBehind, .suitcase, second: 12, untilSecond: 25)
        let renderer = SceneRenderer(scene(anomalies: [script], agentsPerMinute: 0))
        let carried = try #require(renderer.render(112).truth.objects.first { $0.kind == .suitcase })
        #expect(!carried.isAnomaly)
        let early = try #require(renderer.render(200).truth.objects.first { $0.kind == .suitcase })
        let late = try #require(renderer.render(240).truth.objects.first { $0.kind == .suitcase })
        #expect(early.isAnomaly && early.box == late.box)
        #expect(!renderer.render(251).truth.isAnomalous)
    }

    @Test func `agents are people of plausible size that move along the view`() throws {
        let renderer = SceneRenderer(scene())
        let people = renderer.render(100).truth.objects.filter { $0.kind == .person }
        #expect(!people.isEmpty)
        for person in people where person.box.x1 > 0 && person.box.x2 < 320 && person.area > 40 {
            #expect(person.box.height > person.box.width * 0.9)
            #expect(person.box.height < 120)
        }
        let mover = try #require(people.max { $0.area < $1.area })
        let later = renderer.render(105).truth.objects.filter { $0.kind == .person }
        #expect(later.contains { abs($0.box.centre.x - mover.box.centre.x) > 1 })
    }

    @Test func `thermal counts are radiometric and warm things are warmer`() {
        let (pixels, truth) = SceneRenderer(scene(.thermal)).render(100)
        let samples = pixels.samples16
        var people: [Int] = []
        var ground: [Int] = []
        let ids = Set(truth.objects.filter { $0.kind == .person }.map(\.id))
        for index in samples.indices {
            if ids.contains(truth.instances[index]) { people.append(Int(samples[index])) }
            if truth.instances[index] == 0 { ground.append(Int(samples[index])) }
        }
        #expect(people.count > 50)
        #expect(samples.allSatisfy { $0 > 6000 && $0 < 9500 })
        #expect(people.reduce(0, +) / people.count > ground.reduce(0, +) / ground.count + 150)
    }

    @Test func `an infrared light change takes the colour away and scripted light changes brightness`() {
        var description = scene()
        description.lightChanges = [
            LightChange(second: 2, duration: 1, gain: 0.6),
            LightChange(second: 5, duration: 0, gain: 1, infrared: true),
        ]
        let renderer = SceneRenderer(description)
        func mean(_ frame: Int) -> Double {
            let bytes = renderer.render(frame).pixels.bytes
            return Double(bytes.reduce(0) { $0 + Int($1) }) / Double(bytes.count)
        }
        #expect(abs(mean(40) / mean(10) - 0.6) < 0.06)
        let night = renderer.render(60).pixels.bytes
        #expect(
            stride(from: 0, to: night.count, by: 3).allSatisfy {
                night[$0] == night[$0 + 1] && night[$0] == night[$0 + 2]
            })
    }
}
