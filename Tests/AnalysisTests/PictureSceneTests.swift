import Analysis
import Basics
import Imaging
import Scenes
import Testing

@Suite struct PictureSceneTests {
    private func scene(
        seconds: Double, seed: UInt64 = 3, spectrum: SceneDescription.Spectrum = .visible, agents: Double = 30,
        lightChanges: [LightChange] = [], rain: [RainSpell] = [], noise: Double? = nil
    ) -> SceneDescription {
        SceneDescription(
            width: 320, height: 180, framesPerSecond: 5, seconds: seconds, seed: seed, spectrum: spectrum,
            agentsPerMinute: agents, normalKinds: [.person, .cyclist, .van, .car], lightChanges: lightChanges,
            rain: rain, noise: noise)
    }

    private func watched(
        _ scene: SceneDescription,
        _ change: (PixelBuffer, _ second: Double, _ number: Int) -> PixelBuffer = { p, _, _ in p }
    ) -> PictureSequence {
        let renderer = SceneRenderer(scene)
        var sequence = PictureSequence()
        for number in 0..<scene.frameCount {
            let second = Double(number) / scene.framesPerSecond
            sequence.show(change(renderer.render(number).pixels, second, number), seconds: 1 / scene.framesPerSecond)
        }
        return sequence
    }

    @Test(arguments: [
        (Tampering.bag, [PictureCondition.obstructed, .sprayed], 10.0), (.hand, [.obstructed, .sprayed], 10),
        (.paint, [.sprayed], 10), (.blur, [.defocused], 15), (.mist, [.defocused, .obstructed], 15),
        (.black, [.dark], 10), (.turned, [.sceneChanged], 15),
    ])
    func `a condition begins after its time and ends soon after the picture is back`(
        _ tampering: Tampering, _ kinds: [PictureCondition], _ after: Double
    ) throws {
        let sequence = watched(scene(seconds: 130)) { picture, second, number in
            (70..<100).contains(second) ? tampering.apply(picture, number: number) : picture
        }
        try #require(sequence.notes.count == 2, "\(sequence.notes)")
        #expect(kinds.contains(sequence.notes[0].condition), "\(sequence.notes)")
        // The light may be taken to switch for up to two seconds first, at both ends.
        #expect((70 + after - 0.5...70 + after + 4).contains(sequence.notes[0].second), "\(sequence.notes)")
        #expect(sequence.notes[1].step == .restored && (102.5...107).contains(sequence.notes[1].second))
        // Nothing is believed from the start of it.
        #expect(sequence.hidden >= Int((30 - 4) * 5) || tampering == .blur || tampering == .mist)
    }

    @Test func `a picture that repeats is frozen, where it never did before`() {
        var held: PixelBuffer?
        let sequence = watched(scene(seconds: 140)) { picture, second, _ in
            guard (90..<120).contains(second) else { return picture }
            held = held ?? Tampering.freeze.apply(copy(picture), number: 0)
            return held ?? picture
        }
        #expect(sequence.begun == [.frozen])
        #expect(sequence.notes.count == 2 && (110...111).contains(sequence.notes[0].second))
        #expect(sequence.notes.count == 2 && (120...120.5).contains(sequence.notes[1].second))
    }

    @Test func `a frozen picture is found although its clock goes on`() {
        var held: PixelBuffer?
        let sequence = watched(scene(seconds: 120)) { picture, second, number in
            guard second >= 80 else { return picture }
            let frozen = held ?? copy(picture)
            held = frozen
            let shown = copy(frozen)
            for y in 4..<16 { for x in 10..<120 { shown.mutableBytes[(y * 320 + x) * 3] = UInt8((number * 37) & 255) } }
            return shown
        }
        #expect(sequence.begun == [.frozen])
    }

    @Test(arguments: [0.0, 6]) func `a still scene without noise is not frozen`(_ agents: Double) {
        #expect(watched(scene(seconds: 400, agents: agents, noise: 0)).notes == [])
        // Not even the slow clouds move.
        let renderer = SceneRenderer(scene(seconds: 1, agents: 0, noise: 0))
        let picture = copy(renderer.render(0).pixels)
        #expect(watched(scene(seconds: 300, agents: 0, noise: 0)) { _, _, _ in picture }.notes == [])
    }

    private static let night = LightChange(second: 0, duration: 0, gain: 1, infrared: true)
    private static let lookAlikes: [(String, [LightChange], [RainSpell])] = [
        ("people and vehicles", [], []),
        (
            "the light goes out and the infrared lamp comes on",
            [LightChange(second: 80, duration: 0, gain: 1, infrared: true)], []
        ),
        (
            "day, night, day",
            [
                LightChange(second: 80, duration: 0, gain: 1, infrared: true),
                LightChange(second: 160, duration: 0, gain: 1),
            ], []
        ),
        ("lamps switched off", [LightChange(second: 80, duration: 0, gain: 0.4)], []),
        ("a step of the exposure", [LightChange(second: 80, duration: 0.3, gain: 1.6)], []),
        (
            "dusk and the infrared flip",
            [
                LightChange(second: 60, duration: 90, gain: 0.3),
                LightChange(second: 160, duration: 0, gain: 1, infrared: true),
            ], []
        ),
        ("rain", [], [RainSpell(second: 60, duration: 90, strength: 1)]),
        ("rain at night", [night], [RainSpell(second: 60, duration: 90, strength: 1)]),
    ]

    @Test(arguments: lookAlikes, [1, 3] as [UInt64])
    func `what is only light or weather opens nothing`(
        _ look: (String, [LightChange], [RainSpell]), _ seed: UInt64
    ) {
        let sequence = watched(scene(seconds: 220, seed: seed, lightChanges: look.1, rain: look.2))
        #expect(sequence.notes == [], "\(look.0)")
    }

    @Test func `a vehicle that fills a third opens nothing, nor does one that fills more and drives on`() {
        for (share, until) in [(Tampering.third, 140.0), (.bag, 76)] {
            let sequence = watched(scene(seconds: 160)) { picture, second, number in
                (70..<until).contains(second) ? share.apply(picture, number: number) : picture
            }
            #expect(sequence.notes == [], "\(share)")
        }
    }

    @Test func `fog that thickens and lifts opens nothing`() {
        let sequence = watched(scene(seconds: 420, agents: 10)) { picture, second, _ in
            let density = min(1, max(0, second < 240 ? (second - 60) / 150 : (400 - second) / 150)) * 0.97
            let fog = copy(picture)
            for index in fog.mutableBytes.indices {
                fog.mutableBytes[index] = UInt8(Double(picture.bytes[index]) * (1 - density) + 190 * density)
            }
            return fog
        }
        #expect(sequence.notes == [])
    }

    @Test func `nightfall without a lamp opens nothing, and a lamp that fails later does`() {
        // An hour and a half of dusk, then a night in the dark.
        var description = scene(
            seconds: 2400, agents: 0, lightChanges: [LightChange(second: 100, duration: 1800, gain: 0.01)])
        description.framesPerSecond = 2
        #expect(watched(description).notes == [])

        description.seconds = 2200
        description.lightChanges = [
            LightChange(second: 60, duration: 0, gain: 1, infrared: true),
            LightChange(second: 160, duration: 0, gain: 1),
            LightChange(second: 200, duration: 1200, gain: 0.01),
        ]
        let failed = watched(description)
        #expect(failed.begun == [.dark])
    }

    @Test(arguments: 1..<4 as Range<UInt64>) func `heat pictures with people are in order`(_ seed: UInt64) {
        #expect(watched(scene(seconds: 180, seed: seed, spectrum: .thermal)).notes == [])
    }

    @Test func `a new scene that stays is reported once and becomes the camera's view`() {
        var rules = PictureRules()
        rules.acceptance = .seconds(120)
        let (first, second) = (SceneRenderer(scene(seconds: 600, seed: 3)), SceneRenderer(scene(seconds: 600, seed: 8)))
        var sequence = PictureSequence(rules: rules)
        for number in 0..<2000 {
            let renderer = number < 400 ? first : second
            sequence.show(renderer.render(number).pixels, seconds: 0.2)
        }
        #expect(
            sequence.notes.map(\.step) == [.begins, .accepted] && sequence.begun == [.sceneChanged], "\(sequence.notes)"
        )

        // The new view is watched like the old one was.
        for number in 2000..<2200 {
            sequence.show(Tampering.paint.apply(second.render(number).pixels, number: number), seconds: 0.2)
        }
        #expect(sequence.begun == [.sceneChanged, .sprayed])
    }

    @Test func `what the operator calls normal is the view from then on`() {
        let renderer = SceneRenderer(scene(seconds: 600))
        var sequence = PictureSequence()
        for number in 0..<900 {
            let picture = renderer.render(number).pixels
            if number == 600 { sequence.watch.accept() }
            sequence.show(number < 400 ? picture : Tampering.turned.apply(picture, number: number), seconds: 0.2)
        }
        #expect(sequence.notes.map(\.step) == [.begins, .accepted], "\(sequence.notes)")
        #expect(!sequence.watch.isViewHidden)
    }

    private func copy(_ picture: PixelBuffer) -> PixelBuffer {
        let result = PixelBuffer(width: picture.width, height: picture.height, format: picture.format)
        result.mutableBytes.copyMemory(from: picture.bytes)
        return result
    }
}
