import Analysis
import Basics
import Imaging
import Testing

@Suite struct RegimeRecogniserTests {
    private let red = (200, 30, 30)

    @Test func `the first frame is a steady regime at once`() {
        for (exposure, regime) in [
            (LightSequence.Exposure.colour(), Regime.day), (.infrared(), .infraredNight), (.thermal(), .thermal),
        ] {
            var sequence = LightSequence()
            #expect(sequence.show(exposure, seconds: 5) == Array(repeating: .steady(regime), count: 50))
        }
    }

    @Test(arguments: [(10.0, 1.0), (10, 0.5), (25, 1), (2, 0.8), (1, 1)])
    func `the infrared flip is a switch from its first frame until the picture has rested`(
        framesPerSecond: Double, gain: Double
    ) {
        var sequence = LightSequence()
        sequence.framesPerSecond = framesPerSecond
        sequence.show(.colour(), seconds: 5)
        let dark = sequence.show(.infrared(gain: gain), seconds: 8)
        #expect(dark[0] == .switching(from: .day, to: .infraredNight))
        let switching = dark.count(where: \.isSwitching)
        #expect(dark[switching...].allSatisfy { $0 == .steady(.infraredNight) })
        let seconds = Double(switching) / framesPerSecond
        #expect(seconds >= 1.5 && seconds <= 1.5 + 1 / framesPerSecond)
        let light = sequence.show(.colour(), seconds: 8)
        #expect(light[0] == .switching(from: .infraredNight, to: .day))
        #expect(light.last == .steady(.day))
    }

    @Test(arguments: [
        LightSequence.Exposure.colour(gain: 0.4), .colour(gain: 1.6),
    ])
    func `lights switched on or off are a switch inside one regime`(_ exposure: LightSequence.Exposure) {
        var sequence = LightSequence()
        sequence.show(.colour(), seconds: 4)
        sequence.show(exposure, seconds: 4)
        #expect(sequence.course == [.steady(.day), .switching(from: .day, to: .day), .steady(.day)])
    }

    @Test func `lights switched on at night are a switch inside the night`() {
        var sequence = LightSequence()
        sequence.show(.infrared(gain: 0.4), seconds: 4)
        sequence.show(.infrared(), seconds: 4)
        let night = Regime.infraredNight
        #expect(sequence.course == [.steady(night), .switching(from: night, to: night), .steady(night)])
    }

    @Test func `slow dusk is no switch, only the flip at its end is`() {
        var sequence = LightSequence()
        sequence.framesPerSecond = 5
        for step in 0..<60 {
            sequence.show(.colour(gain: 1 - 0.0125 * Double(step), saturation: 1 - 0.012 * Double(step)), seconds: 1)
        }
        #expect(sequence.course == [.steady(.day)])
        sequence.show(.infrared(gain: 0.7), seconds: 4)
        #expect(
            sequence.course == [
                .steady(.day), .switching(from: .day, to: .infraredNight), .steady(.infraredNight),
            ])
    }

    @Test func `fog takes most of the colour and stays day`() {
        var sequence = LightSequence()
        sequence.framesPerSecond = 2
        for step in 0...48 { sequence.show(.colour(saturation: 1 - 0.02 * Double(step)), seconds: 2) }
        sequence.show(.colour(saturation: 0.06), seconds: 300)
        #expect(sequence.course == [.steady(.day)])
    }

    @Test func `colours that fade away for good are night after a minute, and come back after a minute`() {
        var sequence = LightSequence()
        sequence.framesPerSecond = 2
        for step in 0...100 { sequence.show(.colour(saturation: 1 - 0.01 * Double(step)), seconds: 0.5) }
        let fading = sequence.show(.colour(saturation: 0), seconds: 50)
        #expect(fading.allSatisfy { $0 == .steady(.day) })
        sequence.show(.colour(saturation: 0), seconds: 15)
        for step in 0...100 { sequence.show(.colour(saturation: 0.01 * Double(step)), seconds: 0.5) }
        sequence.show(.colour(), seconds: 60)
        #expect(sequence.course == [.steady(.day), .steady(.infraredNight), .steady(.day)])
    }

    @Test(arguments: [0.1, 0.25, 0.45])
    func `a large thing in front of the camera is neither a switch nor another regime`(_ share: Double) {
        for (exposure, colour, regime) in [
            (LightSequence.Exposure.colour(), (130, 130, 130), Regime.day), (.colour(), (10, 10, 10), .day),
            (.infrared(), (250, 250, 250), .infraredNight),
        ] {
            var sequence = LightSequence()
            sequence.show(exposure, seconds: 3)
            sequence.show(exposure, seconds: 90, thing: (share, colour))
            sequence.show(exposure, seconds: 3)
            #expect(sequence.course == [.steady(regime)])
        }
    }

    @Test func `a coloured van in a quarter of an infrared picture does not make day`() {
        var sequence = LightSequence()
        sequence.show(.infrared(), seconds: 3)
        let van = (0..<900).map { _ in
            let pixels = sequence.picture(.infrared())
            for y in 0..<pixels.height {
                for x in 0..<pixels.width / 4 {
                    let offset = (y * pixels.width + x) * 3
                    (pixels.mutableBytes[offset], pixels.mutableBytes[offset + 1]) = (200, 30)
                }
            }
            return sequence.observe(pixels)
        }
        #expect(van.allSatisfy { $0 == .steady(.infraredNight) })
        // Nor when the lamp changes meanwhile.
        sequence.show(.infrared(gain: 0.4), seconds: 4, thing: (0.25, red))
        #expect(sequence.lights.last == .steady(.infraredNight))
    }

    @Test(arguments: [LightSequence.Exposure.black, .damaged])
    func `one lost frame is a switch of one frame and changes nothing`(_ lost: LightSequence.Exposure) {
        for (exposure, regime) in [(LightSequence.Exposure.colour(), Regime.day), (.infrared(), .infraredNight)] {
            var sequence = LightSequence()
            sequence.show(exposure, seconds: 4)
            #expect(sequence.show(lost, seconds: 0.1) == [.switching(from: regime, to: regime)])
            #expect(sequence.show(exposure, seconds: 4).allSatisfy { $0 == .steady(regime) })
        }
    }

    @Test func `black for half a minute keeps the regime, black for long is night`() {
        var sequence = LightSequence()
        sequence.show(.colour(), seconds: 4)
        let black = sequence.show(.black, seconds: 30)
        #expect(black[0] == .switching(from: .day, to: .day) && black.last == .steady(.day))
        #expect(sequence.show(.colour(), seconds: 4).last == .steady(.day))
        #expect(sequence.show(.black, seconds: 70).last == .steady(.infraredNight))
        #expect(sequence.show(.colour(), seconds: 4).last == .steady(.day))
    }

    @Test func `a stream that begins with a blank picture is day as soon as it shows something`() {
        for saturation in [1, 0.06] {
            var sequence = LightSequence()
            sequence.show(.damaged, seconds: 0.5)
            #expect(sequence.show(.colour(saturation: saturation), seconds: 3).last == .steady(.day))
        }
    }

    @Test func `after a gap only another regime is a switch`() {
        var sequence = LightSequence()
        sequence.show(.colour(), seconds: 4)
        sequence.skip(.seconds(600))
        #expect(sequence.show(.colour(gain: 0.5), seconds: 4).allSatisfy { $0 == .steady(.day) })
        sequence.skip(.seconds(6000))
        let night = sequence.show(.infrared(), seconds: 4)
        #expect(night[0] == .switching(from: .day, to: .infraredNight) && night.last == .steady(.infraredNight))
    }

    @Test func `timestamps that go back break nothing`() {
        var sequence = LightSequence()
        sequence.show(.colour(), seconds: 4)
        sequence.skip(.seconds(-100))
        #expect(sequence.show(.colour(), seconds: 4).allSatisfy { $0 == .steady(.day) })
        sequence.skip(.seconds(-100))
        #expect(sequence.show(.infrared(), seconds: 4).last == .steady(.infraredNight))
    }

    @Test func `a switch ends even if every timestamp goes back`() {
        var sequence = LightSequence()
        sequence.show(.colour(), seconds: 4)
        let night = (0..<400).map { _ in
            sequence.skip(.seconds(-1))
            return sequence.show(.infrared(), seconds: 0.1)[0]
        }
        #expect(night.contains(.steady(.infraredNight)) && night.last == .steady(.infraredNight))
    }

    @Test func `another resolution is no switch`() {
        var sequence = LightSequence()
        sequence.show(.colour(), seconds: 4)
        sequence.size = (320, 180)
        sequence.show(.colour(), seconds: 4)
        sequence.size = (64, 300)
        sequence.show(.colour(), seconds: 4)
        #expect(sequence.course == [.steady(.day)])
    }

    @Test func `a stream that turns thermal switches to thermal`() {
        var sequence = LightSequence()
        sequence.show(.infrared(), seconds: 4)
        sequence.show(.thermal(), seconds: 4)
        #expect(
            sequence.course == [
                .steady(.infraredNight), .switching(from: .infraredNight, to: .thermal), .steady(.thermal),
            ])
    }

    @Test func `a thermal calibration is a switch, drift is none`() {
        var sequence = LightSequence()
        for step in 0..<100 { sequence.show(.thermal(offset: 2 * step), seconds: 1) }
        #expect(sequence.course == [.steady(.thermal)])
        sequence.show(.thermal(offset: 120), seconds: 4)
        #expect(sequence.course == [.steady(.thermal), .switching(from: .thermal, to: .thermal), .steady(.thermal)])
    }

    @Test func `a closed shutter is a switch, a stream that stays frozen is one switch only`() {
        var sequence = LightSequence()
        sequence.show(.thermal(), seconds: 4)
        let frozen = sequence.picture(.thermal())
        let closed = (0..<9).map { _ in sequence.observe(frozen) }
        #expect(closed.last == .switching(from: .thermal, to: .thermal))
        #expect(sequence.show(.thermal(), seconds: 4).last == .steady(.thermal))
        let stuck = (0..<1000).map { _ in sequence.observe(frozen) }
        #expect(stuck.last == .steady(.thermal))
        #expect(stuck.count(where: \.isSwitching) <= 101)
    }

    @Test func `light that flickers for hours is a switch of ten seconds now and then`() {
        var sequence = LightSequence()
        sequence.show(.colour(), seconds: 3)
        for _ in 0..<130 {
            sequence.show(.colour(gain: 0.4), seconds: 0.5)
            sequence.show(.colour(), seconds: 0.5)
        }
        // The first flash may pass as a glitch.
        let switching = sequence.lights.count(where: \.isSwitching)
        #expect(switching >= 200 && switching <= 220)
        #expect(sequence.lights.last == .steady(.day))
        sequence.show(.colour(), seconds: 3)
        #expect(sequence.show(.infrared(), seconds: 3)[0] == .switching(from: .day, to: .infraredNight))
    }

    @Test func `lights that go out over a gray yard do not make night`() {
        var sequence = LightSequence()
        sequence.show(.colour(saturation: 0.12), seconds: 4)
        sequence.show(.colour(gain: 0.3, saturation: 0.12), seconds: 20)
        sequence.show(.colour(saturation: 0.12), seconds: 4)
        #expect(sequence.lights.allSatisfy { $0.regime == .day })
        #expect(sequence.course.count == 5)
        #expect(sequence.show(.infrared(), seconds: 4).last == .steady(.infraredNight))
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `whatever comes, switches end and regimes do not flap`(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let exposures: [LightSequence.Exposure] = [
            .colour(), .colour(gain: 0.4), .colour(saturation: 0.1), .infrared(), .infrared(gain: 0.5), .black,
            .damaged, .thermal(), .thermal(offset: 200),
        ]
        var sequence = LightSequence()
        sequence.size = (64, 48)
        while sequence.lights.count < 1500 {
            sequence.framesPerSecond = [1, 5, 15][random.index(below: 3)]
            if random.index(below: 12) == 0 { sequence.skip(.milliseconds(random.index(below: 40_000) - 20_000)) }
            sequence.show(
                exposures[random.index(below: exposures.count)],
                seconds: [0.1, 0.6, 2, 8][random.index(below: 4)])
        }
        let steps = zip(sequence.times, sequence.times.dropFirst()).map { $1 - $0 }
        // As the recogniser counts: a step back is a frame's worth.
        let elapsed = steps.reduce(into: [Duration.zero]) {
            $0.append($0[$0.count - 1] + ($1 < .zero ? .milliseconds(40) : $1))
        }
        check(sequence.lights, elapsed)
    }

    private func check(_ lights: [Light], _ elapsed: [Duration]) {
        var began: Duration?
        var settled = (regime: lights[0].regime, at: Duration.seconds(-10))
        var longestStep = Duration.zero
        for (index, light) in lights.enumerated() {
            if index > 0 { longestStep = max(longestStep, elapsed[index] - elapsed[index - 1]) }
            switch light {
            case .switching(let from, _):
                #expect(from == settled.regime)
                began = began ?? elapsed[index]
                if let began { #expect(elapsed[index] - began < .seconds(10) + longestStep) }
            case .steady(let regime):
                if regime != settled.regime {
                    #expect(elapsed[index] - settled.at >= .milliseconds(1499))
                    if let began { #expect(elapsed[index] - began >= .milliseconds(1499)) }
                    settled = (regime, elapsed[index])
                }
                began = nil
            }
        }
    }
}
