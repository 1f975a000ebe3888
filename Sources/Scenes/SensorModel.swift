internal import Basics
internal import Imaging

/// Turns a painted canvas into what the sensor reports: brightness drift, infrared mode, noise.
struct SensorModel {
    /// Gaussian values with standard deviation 32, a power of two of them.
    private let grains: [Int8]
    /// Fixed-pattern offset of each thermal column, in counts.
    private let columns: [Int32]
    /// Brightness of the infrared lamp over the picture, 1/4096.
    private let lamp: [Int32]
    private let seed: UInt64
    /// Noise in 1/64 grey levels or in counts.
    private let amplitude: Double
    private let cloudPhase: Float

    init(description: SceneDescription) {
        var random = SeededGenerator(seed: description.seed ^ 0x5E45_0123)
        grains = (0..<1 << 16).map { _ in
            // Twelve uniforms minus six: near enough to a Gaussian, and the same on every machine.
            let sum = (0..<12).reduce(0.0) { total, _ in total + random.uniform() } - 6
            return Int8(min(max(sum * 32, -127), 127))
        }
        columns = (0..<description.width).map { _ in Int32(random.uniform(in: -5..<5)) }
        let centre = SIMD2(Float(description.width) / 2, Float(description.height) * 0.55)
        lamp = (0..<description.width * description.height).map { index in
            let point = SIMD2(Float(index % description.width), Float(index / description.width))
            let offset = (point - centre) / SIMD2(Float(description.width), Float(description.height))
            return Int32(4096 * (1.25 / (1 + 5.5 * (offset * offset).sum())))
        }
        seed = random.next()
        amplitude = description.noise
        cloudPhase = Float(random.uniform(in: 0..<6))
    }

    /// Relative brightness at a time: slow clouds times the scripted changes.
    static func light(_ changes: [LightChange], at second: Double) -> (gain: Double, infrared: Bool) {
        var gain = 1.0
        var infrared = false
        for change in changes where second >= change.second {
            let share = change.duration > 0 ? min(1, (second - change.second) / change.duration) : 1
            gain += (change.gain - gain) * share
            infrared = change.infrared
        }
        return (gain, infrared)
    }

    /// `rain` is 0...1: clouds as heavy as that take light away, except from the camera's own lamp.
    func expose(
        _ canvas: Canvas, frameIndex: Int, second: Double, light: (gain: Double, infrared: Bool), rain: Double,
        into buffer: PixelBuffer
    ) {
        let time = Float(second)
        let clouds = 1 + 0.045 * Turn.sine(time * 0.065 + cloudPhase) + 0.03 * Turn.sine(time * 0.21 + cloudPhase * 2)
        var random = SeededGenerator(seed: seed &+ UInt64(frameIndex) &* 0x9E37_79B9_7F4A_7C15)
        if canvas.channels == 1 {
            let drift = 14 * Turn.sine(time * 0.05 + cloudPhase) + Float((light.gain - 1) * 300)
            exposeThermal(canvas, drift: Int32(drift), &random, buffer)
        } else if light.infrared {
            exposeInfrared(canvas, gain: Int32(light.gain * 4096), &random, buffer)
        } else {
            exposeColour(canvas, gain: Int32(Float(light.gain * (1 - 0.2 * rain)) * clouds * 4096), &random, buffer)
        }
    }

    private func exposeColour(_ canvas: Canvas, gain: Int32, _ random: inout SeededGenerator, _ buffer: PixelBuffer) {
        let rowSamples = canvas.width * 3
        let output = buffer.mutableBytes
        // Standard deviation rises from 60 % in black to 140 % in white; grains have 32.
        let base = Int32(amplitude * 64 * 0.6 * 16 / 32)
        let slope = Int32(amplitude * 64 * 0.8 * 16 / 32)
        grains.withUnsafeBufferPointer { grains in
            for y in 0..<canvas.height {
                let offset = random.index(below: grains.count - rowSamples)
                let row = canvas.samples + y * rowSamples
                for x in 0..<rowSamples {
                    let value = (Int32(row[x]) &* gain) >> 12
                    let strength = base &+ ((value &* slope) >> 14)
                    let noisy = value &+ ((Int32(grains[offset &+ x]) &* strength) >> 4) &+ 32
                    output[y &* rowSamples &+ x] = UInt8(truncatingIfNeeded: min(max(noisy >> 6, 0), 255))
                }
            }
        }
    }

    private func exposeInfrared(_ canvas: Canvas, gain: Int32, _ random: inout SeededGenerator, _ buffer: PixelBuffer) {
        let output = buffer.mutableBytes
        let base = Int32(amplitude * 64 * 1.6 * 16 / 32)
        grains.withUnsafeBufferPointer { grains in
            for y in 0..<canvas.height {
                let offset = random.index(below: grains.count - canvas.width)
                for x in 0..<canvas.width {
                    let index = y &* canvas.width &+ x
                    let sample = canvas.samples + index &* 3
                    let luma = (Int32(sample[0]) &* 5 &+ Int32(sample[1]) &* 7 &+ Int32(sample[2]) &* 4) >> 4
                    let lit = (((luma &* lamp[index]) >> 12) &* gain) >> 12
                    let noisy = lit &+ ((Int32(grains[offset &+ x]) &* base) >> 4) &+ 32
                    let level = UInt8(truncatingIfNeeded: min(max(noisy >> 6, 0), 255))
                    output[index &* 3] = level
                    output[index &* 3 &+ 1] = level
                    output[index &* 3 &+ 2] = level
                }
            }
        }
    }

    private func exposeThermal(_ canvas: Canvas, drift: Int32, _ random: inout SeededGenerator, _ buffer: PixelBuffer) {
        let output = buffer.mutableBytes.bindMemory(to: UInt16.self)
        let strength = Int32(amplitude * 16 / 32)
        grains.withUnsafeBufferPointer { grains in
            for y in 0..<canvas.height {
                let offset = random.index(below: grains.count - canvas.width)
                for x in 0..<canvas.width {
                    let index = y &* canvas.width &+ x
                    let noise = (Int32(grains[offset &+ x]) &* strength) >> 4
                    let value = Int32(canvas.samples[index]) &+ drift &+ columns[x] &+ noise
                    output[index] = UInt16(truncatingIfNeeded: min(max(value, 0), 16_383))
                }
            }
        }
    }
}
