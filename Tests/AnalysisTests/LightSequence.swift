import Analysis
import Basics
import Imaging

/// Pictures of a made-up yard under chosen light, and what a recogniser makes of them.
struct LightSequence {
    /// How a picture is exposed.
    enum Exposure: Equatable {
        /// In colour; `saturation` 1 is a colourful yard, 0.02 fog.
        case colour(gain: Double = 1, saturation: Double = 1)
        case infrared(gain: Double = 1)
        case thermal(offset: Int = 0)
        case black
        /// What a decoder shows that has lost its key frame.
        case damaged
    }

    var recogniser = RegimeRecogniser()
    /// What was said of each frame so far.
    private(set) var lights: [Light] = []
    /// When each of them was shown.
    private(set) var times: [Duration] = []
    private(set) var time = Duration.zero
    var framesPerSecond = 10.0
    var size = (width: 160, height: 96)
    private var random = SeededGenerator(seed: 9)

    /// The lights without repetitions.
    var course: [Light] { lights.reduce(into: []) { if $0.last != $1 { $0.append($1) } } }

    mutating func skip(_ duration: Duration) { time += duration }

    /// Shows an exposure for some seconds; `thing` covers a share of the picture's width with one colour.
    @discardableResult
    mutating func show(
        _ exposure: Exposure, seconds: Double, thing: (share: Double, colour: (Int, Int, Int))? = nil
    ) -> [Light] {
        let count = max(1, Int((seconds * framesPerSecond).rounded()))
        return (0..<count).map { _ in observe(picture(exposure, thing: thing)) }
    }

    mutating func observe(_ pixels: PixelBuffer) -> Light {
        let light = recogniser.observe(pixels, at: time)
        times.append(time)
        time += .seconds(1) / framesPerSecond
        lights.append(light)
        return light
    }

    mutating func picture(_ exposure: Exposure, thing: (share: Double, colour: (Int, Int, Int))? = nil) -> PixelBuffer {
        if case .thermal(let offset) = exposure { return thermal(offset) }
        let pixels = PixelBuffer(width: size.width, height: size.height, format: .rgb24)
        let covered = Int((thing?.share ?? 0) * Double(size.width))
        for y in 0..<size.height {
            for x in 0..<size.width {
                var colour = thing?.colour ?? (0, 0, 0)
                if x >= covered { colour = Self.yard(Double(x) / Double(size.width), Double(y) / Double(size.height)) }
                let shown = Self.exposed(colour, exposure)
                let noise = random.index(below: 5) - 2
                for (channel, value) in [shown.0, shown.1, shown.2].enumerated() {
                    let isPlain = exposure == .black || exposure == .damaged
                    pixels.mutableBytes[(y * size.width + x) * 3 + channel] =
                        UInt8(min(max(value + (isPlain ? 0 : noise), 0), 255))
                }
            }
        }
        return pixels
    }

    private mutating func thermal(_ offset: Int) -> PixelBuffer {
        let pixels = PixelBuffer(width: size.width, height: size.height, format: .gray16)
        let counts = pixels.mutableBytes.bindMemory(to: UInt16.self)
        for index in counts.indices {
            let row = index / size.width
            counts[index] = UInt16(7400 + offset + row * 100 / size.height + random.index(below: 25))
        }
        return pixels
    }

    /// Brick above, grass and slabs below, all with grain.
    private static func yard(_ x: Double, _ y: Double) -> (Int, Int, Int) {
        let grain = Int(20 * x) % 2 * 14 + Int(14 * y) % 2 * 10
        if y < 0.4 { return (150 + grain, 100 + grain, 84 + grain) }
        return x < 0.5 ? (84 + grain, 104 + grain, 60 + grain) : (132 + grain, 124 + grain, 112 + grain)
    }

    private static func exposed(_ colour: (Int, Int, Int), _ exposure: Exposure) -> (Int, Int, Int) {
        let gray = (colour.0 + 2 * colour.1 + colour.2) / 4
        switch exposure {
        case .colour(let gain, let saturation):
            func channel(_ value: Int) -> Int { Int((Double(gray) + Double(value - gray) * saturation) * gain) }
            return (channel(colour.0), channel(colour.1), channel(colour.2))
        case .infrared(let gain): return (Int(Double(gray) * gain), Int(Double(gray) * gain), Int(Double(gray) * gain))
        case .thermal, .black: return (0, 0, 0)
        case .damaged: return (128, 128, 128)
        }
    }
}
