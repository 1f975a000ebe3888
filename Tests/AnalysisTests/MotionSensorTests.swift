import Analysis
import Basics
import Glibc
import Imaging
import Scenes
import Testing

@Suite struct MotionSensorTests {
    /// A noisy grey picture, optionally with a box of another level.
    private func picture(
        _ index: Int, width: Int = 640, height: Int = 360, format: PixelFormat = .rgb24, noise: Int = 6,
        light: Int = 0, box: (x: Int, y: Int, width: Int, height: Int, level: Int)? = nil
    ) -> PixelBuffer {
        let pixels = PixelBuffer(width: width, height: height, format: format)
        var random = SeededGenerator(seed: UInt64(index))
        let words = pixels.mutableBytes
        for y in 0..<height {
            for x in 0..<width {
                var level = 90 + 60 * ((x / 40 + y / 30) % 2) + random.index(below: 2 * noise + 1) - noise + light
                if let box, box.x..<box.x + box.width ~= x, box.y..<box.y + box.height ~= y { level += box.level }
                switch format {
                case .rgb24:
                    for channel in 0..<3 { words[(y * width + x) * 3 + channel] = UInt8(min(255, max(0, level))) }
                case .gray8: words[y * width + x] = UInt8(min(255, max(0, level)))
                case .gray16:
                    words.storeBytes(of: UInt16(7000 + 4 * level), toByteOffset: 2 * (y * width + x), as: UInt16.self)
                }
            }
        }
        return pixels
    }

    /// Whether each of `count` pictures at five a second moves, `from` the first index on.
    private func watch(
        _ sensor: inout MotionSensor, _ range: Range<Int>, _ picture: (Int) -> PixelBuffer
    ) -> [Bool] {
        range.map { sensor.observe(picture($0), at: .milliseconds(200 * $0)) }
    }

    @Test(arguments: PixelFormat.allCases)
    func `noise is no movement, and a small thing that arrives is`(format: PixelFormat) {
        var sensor = MotionSensor()
        let calm = watch(&sensor, 0..<60) { picture($0, format: format) }
        #expect(calm[0])
        #expect(!calm[10...].contains(true))
        // 1/30 of the picture's height, on every kind of place between the blocks.
        for (x, y) in [(320, 200), (325, 203), (101, 57), (3, 1), (627, 347), (444, 222)] {
            var copy = sensor
            let seen = watch(&copy, 60..<63) {
                picture($0, format: format, box: (x, y, 10, 12, 35))
            }
            #expect(seen == [true, true, true], "\(x), \(y)")
        }
    }

    @Test func `what stays is taken in, and what then leaves counts again`() {
        var sensor = MotionSensor()
        _ = watch(&sensor, 0..<60) { picture($0) }
        let staying = watch(&sensor, 60..<260) { picture($0, box: (300, 100, 20, 30, 50)) }
        #expect(staying.prefix(15).allSatisfy { $0 } && !staying.suffix(50).contains(true))
        let leaving = watch(&sensor, 260..<262) { picture($0) }
        #expect(leaving == [true, true])
    }

    @Test func `a light that drifts or flickers everywhere at once is no movement`() {
        var sensor = MotionSensor()
        _ = watch(&sensor, 0..<60) { picture($0) }
        let drifting = watch(&sensor, 60..<160) { picture($0, light: ($0 - 60) / 2) }
        #expect(!drifting.contains(true))
        let flickering = watch(&sensor, 160..<260) { picture($0, light: 50 + ($0 % 2) * 6) }
        #expect(!flickering.contains(true))
        let arriving = watch(&sensor, 260..<261) { picture($0, light: 50, box: (300, 100, 14, 14, 40)) }
        #expect(arriving == [true])
    }

    @Test func `another size, a gap and time that goes back begin anew`() {
        var sensor = MotionSensor()
        _ = watch(&sensor, 0..<20) { picture($0) }
        var at = Duration.seconds(4)
        func seen(after step: Duration, _ index: Int, width: Int = 640) -> Bool {
            at += step
            return sensor.observe(picture(index, width: width), at: at)
        }
        for (step, width) in [(Duration.seconds(11), 640), (.seconds(-9), 640), (.milliseconds(200), 320)] {
            let before = seen(after: .milliseconds(200), 20)
            #expect(!before)
            let broken = seen(after: step, 21, width: width)
            #expect(broken)
            // Too little is known of the next ones.
            let next = (22..<40).map { seen(after: .milliseconds(200), $0, width: width) }
            #expect(next[0] && !next.suffix(8).contains(true))
            for index in 40..<60 { _ = seen(after: .milliseconds(200), index) }
        }
        for (width, height) in [(1, 1), (3, 2), (17, 900), (45, 45)] {
            var tiny = MotionSensor()
            let first = tiny.observe(picture(1, width: width, height: height), at: .zero)
            #expect(first)
            _ = tiny.observe(picture(2, width: width, height: height), at: .seconds(1))
        }
    }

    /// Share of frames in which something moves, after a while.
    private func share(_ description: SceneDescription, from first: Double, to last: Double) -> Double {
        let renderer = SceneRenderer(description)
        var sensor = MotionSensor()
        var moving = 0
        let rate = description.framesPerSecond
        for index in 0..<Int(last * rate) {
            let isMoving = sensor.observe(renderer.render(index).pixels, at: .seconds(Double(index) / rate))
            if isMoving, Double(index) >= first * rate { moving += 1 }
        }
        return Double(moving) / ((last - first) * rate)
    }

    @Test(arguments: [SceneDescription.Spectrum.visible, .thermal])
    func `an empty scene stands still, and one with people does not`(spectrum: SceneDescription.Spectrum) {
        let empty = SceneDescription(
            framesPerSecond: 5, seconds: 60, seed: 3, spectrum: spectrum, agentsPerMinute: 0)
        #expect(share(empty, from: 15, to: 60) < 0.02)
        let busy = SceneDescription(framesPerSecond: 5, seconds: 40, seed: 3, spectrum: spectrum, agentsPerMinute: 40)
        #expect(share(busy, from: 5, to: 40) > 0.9)
        let slow = SceneDescription(framesPerSecond: 1, seconds: 60, seed: 3, spectrum: spectrum, agentsPerMinute: 40)
        #expect(share(slow, from: 5, to: 60) > 0.9)
    }

    @Test func `rain is taken in within a minute, and people in it are seen`() {
        let rain = SceneDescription(
            framesPerSecond: 5, seconds: 140, seed: 3, agentsPerMinute: 0,
            rain: [RainSpell(second: 0, duration: 140, strength: 0.6)])
        #expect(share(rain, from: 60, to: 140) < 0.15)
        var people = rain
        people.agentsPerMinute = 40
        #expect(share(people, from: 60, to: 100) > 0.8)
    }

    @Test func `a look at 1920x1080 takes less than a millisecond`() {
        let pictures = (0..<4).map { picture($0, width: 1920, height: 1080) }
        var sensor = MotionSensor()
        var best = Int64.max
        for index in 0..<60 {
            var (start, end) = (timespec(), timespec())
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start)
            _ = sensor.observe(pictures[index % 4], at: .milliseconds(200 * index))
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end)
            best = min(best, Int64(end.tv_sec - start.tv_sec) * 1_000_000_000 + Int64(end.tv_nsec - start.tv_nsec))
        }
        // Half a millisecond is wanted, and reached; other processes share the caches.
        #expect(best < 1_000_000, "\(best) ns")
        print("motion sensor at 1920x1080: \(best / 1000) us")
    }
}
