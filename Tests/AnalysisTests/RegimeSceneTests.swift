import Analysis
import Basics
import Scenes
import Testing

@Suite struct RegimeSceneTests {
    private func course(_ scene: SceneDescription, every step: Int = 1) -> [(light: Light, second: Double)] {
        let renderer = SceneRenderer(scene)
        var recogniser = RegimeRecogniser()
        var course: [(light: Light, second: Double)] = []
        for frame in stride(from: 0, to: scene.frameCount, by: step) {
            let second = Double(frame) / scene.framesPerSecond
            let light = recogniser.observe(renderer.render(frame).pixels, at: .seconds(1) * second)
            if course.last?.light != light { course.append((light, second)) }
        }
        return course
    }

    private func scene(
        seconds: Double, seed: UInt64, spectrum: SceneDescription.Spectrum = .visible, agentsPerMinute: Double = 40,
        lightChanges: [LightChange] = [], rain: [RainSpell] = [], anomalies: [ScriptedAnomaly] = []
    ) -> SceneDescription {
        SceneDescription(
            width: 320, height: 180, framesPerSecond: 5, seconds: seconds, seed: seed, spectrum: spectrum,
            agentsPerMinute: agentsPerMinute, normalKinds: [.person, .cyclist, .van, .car], anomalies: anomalies,
            lightChanges: lightChanges, rain: rain)
    }

    @Test(arguments: 1..<7 as Range<UInt64>)
    func `a place with people and vehicles is steady by day, at night and in heat`(_ seed: UInt64) {
        let night = [LightChange(second: 0, duration: 0, gain: 1, infrared: true)]
        #expect(course(scene(seconds: 60, seed: seed)).map(\.light) == [.steady(.day)])
        #expect(course(scene(seconds: 60, seed: seed, lightChanges: night)).map(\.light) == [.steady(.infraredNight)])
        #expect(course(scene(seconds: 60, seed: seed, spectrum: .thermal)).map(\.light) == [.steady(.thermal)])
    }

    @Test(arguments: 1..<5 as Range<UInt64>)
    func `rain that begins and ends is no switch`(_ seed: UInt64) {
        let rain = [RainSpell(second: 20, duration: 60, strength: 1)]
        let night = [LightChange(second: 0, duration: 0, gain: 1, infrared: true)]
        #expect(course(scene(seconds: 120, seed: seed, rain: rain)).map(\.light) == [.steady(.day)])
        #expect(
            course(scene(seconds: 120, seed: seed, lightChanges: night, rain: rain)).map(\.light)
                == [.steady(.infraredNight)])
    }

    @Test(arguments: 1..<5 as Range<UInt64>)
    func `dusk ends in one switch, at the infrared flip`(_ seed: UInt64) {
        let dusk = [
            LightChange(second: 10, duration: 90, gain: 0.4),
            LightChange(second: 120, duration: 0, gain: 1, infrared: true),
            LightChange(second: 150, duration: 0, gain: 0.4),
        ]
        let course = course(scene(seconds: 170, seed: seed, lightChanges: dusk))
        #expect(
            course.map(\.light) == [
                .steady(.day), .switching(from: .day, to: .infraredNight), .steady(.infraredNight),
                .switching(from: .infraredNight, to: .day), .steady(.day),
            ])
        #expect(course.dropFirst().map { ($0.second * 5).rounded() / 5 } == [120, 121.6, 150, 151.6])
    }

    @Test(arguments: [LightChange(second: 20, duration: 0, gain: 0.4), LightChange(second: 20, duration: 0.3, gain: 2)])
    func `lights on or off are a switch inside the regime`(_ change: LightChange) {
        for infrared in [false, true] {
            let regime = infrared ? Regime.infraredNight : .day
            let first = LightChange(second: 0, duration: 0, gain: 1, infrared: infrared)
            var second = change
            second.infrared = infrared
            let course = course(scene(seconds: 40, seed: 3, lightChanges: [first, second]))
            #expect(course.map(\.light) == [.steady(regime), .switching(from: regime, to: regime), .steady(regime)])
            #expect(course.count > 2 && course[2].second < 22.5)
        }
    }

    @Test func `a week switches fourteen times, when the lamp does`() {
        let week = SceneWeek(seed: 5, secondsPerDay: 480, width: 160, height: 96)
        let course = course(week.description)
        let switches = course.filter(\.light.isSwitching)
        #expect(switches.count == 14 && course.count == 29)
        for (found, expected) in zip(switches, week.lightSwitches) {
            #expect(found.second >= expected && found.second < expected + 1)
        }
    }
}
