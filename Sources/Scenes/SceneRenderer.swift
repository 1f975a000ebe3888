internal import Basics
public import Imaging

/// Renders the frames of one scene, in any order; the same description and index give the same pixels.
///
/// Not thread-safe: one renderer per thread.
public final class SceneRenderer {
    public let description: SceneDescription

    private let place: Backdrop
    private let canvas: Canvas
    private let sensor: SensorModel
    private let pool = PixelBufferPool(capacity: 4)
    private let weather: Weather
    /// nil where it never rains.
    private var wetGround: WetGround?
    /// Of normal agents, in the order of their start, and how long the longest takes.
    private let normal: [Passage]
    private let longest: Double
    private let scripted: [Passage]
    private let marks: [SurfaceMark]
    private let left: [LeftThing]
    private let soft: Float

    private struct LeftThing {
        let kind: ThingKind
        let style: Style
        let anomaly: Int
        let since: Double
        let until: Double?
        let x: Float
        let z: Float
        let carrier: Passage
    }

    /// Something that stands on the ground in one frame.
    private struct Standing {
        let kind: ThingKind
        let style: Style
        let isAnomaly: Bool
        let anomaly: Int?
        let placement: Placement
        let phase: Float
        let lifted: Float
    }

    /// Paints the background, which takes most of the time of the first frame. The size must be at least 64 × 48 and at
    /// most 8192 in both directions.
    public init(_ description: SceneDescription) {
        precondition((64...8192).contains(description.width) && (48...8192).contains(description.height))
        precondition(description.framesPerSecond > 0)
        self.description = description
        let place = Backdrop(description: description)
        self.place = place
        canvas = Canvas(width: description.width, height: description.height, channels: place.canvas.channels)
        sensor = SensorModel(description: description)
        soft = description.spectrum == .visible ? 1.2 : 1.8
        weather = Weather(spells: description.rain)
        wetGround = description.rain.isEmpty ? nil : WetGround(place: place, seed: description.seed ^ 0x3A1E_77D5)
        normal = Self.normalPassages(description, place)
        longest = normal.reduce(0) { max($0, $1.duration) }
        var passages: [Passage] = []
        var marks: [SurfaceMark] = []
        var left: [LeftThing] = []
        for (index, script) in description.anomalies.enumerated() {
            var random = SeededGenerator(seed: description.seed &* 31 &+ script.seed &* 7919 &+ UInt64(index) &+ 0xA403)
            switch script.form {
            case .crossing:
                passages.append(
                    .across(
                        script.kind, start: script.second, place: place, isAnomaly: true, anomaly: index,
                        random: &random))
            case .surfaceChange:
                marks.append(SurfaceMark(script: script, anomaly: index, place: place, random: &random))
            case .leftBehind:
                let thing = Self.leftThing(script, index, place, &random)
                left.append(thing)
                passages.append(thing.carrier)
            }
        }
        scripted = passages
        self.marks = marks
        self.left = left
    }

    /// One frame and what it shows. The buffer is the caller's until released, then it is used again.
    ///
    /// - Returns: `rgb24` for visible scenes, `gray16` for thermal ones, of the described size.
    public func render(_ frameIndex: Int) -> (pixels: PixelBuffer, truth: GroundTruth) {
        let second = Double(frameIndex) / description.framesPerSecond
        let rain = weather.rain(at: second)
        let light = SensorModel.light(description.lightChanges, at: second)
        canvas.reset(to: wetGround?.canvas(wetness: weather.wetness(at: second)) ?? place.canvas)
        var identities: [(kind: ThingKind, isAnomaly: Bool, anomaly: Int?)] = place.props.map { ($0, false, nil) }
        for mark in marks where mark.isPresent(at: second) {
            identities.append((mark.kind, true, mark.anomaly))
            mark.paint(on: canvas, owner: UInt8(identities.count), second: second)
        }
        let shadow = shadow(at: second, rain: rain)
        for thing in standing(at: second) {
            guard identities.count < 255 else { break }
            identities.append((thing.kind, thing.isAnomaly, thing.anomaly))
            thing.placement.paint(
                Figures.parts(thing.kind, style: thing.style, phase: thing.phase), on: canvas,
                owner: UInt8(identities.count), shadow: shadow.slope, strength: shadow.strength, softness: soft,
                lifted: thing.lifted)
        }
        if rain > 0 {
            var random = SeededGenerator(seed: description.seed ^ 0xD409_51A7 &+ UInt64(frameIndex) &* 0x9E37_79B9)
            RainStreaks.paint(
                on: canvas, strength: rain, isLit: light.infrared, groundRow: place.wallRow, random: &random)
        }
        let format: PixelFormat = description.spectrum == .visible ? .rgb24 : .gray16
        let pixels = pool.take(width: description.width, height: description.height, format: format)
        sensor.expose(canvas, frameIndex: frameIndex, second: second, light: light, rain: rain, into: pixels)
        return (pixels, truth(frameIndex, identities))
    }

    private static func normalPassages(_ description: SceneDescription, _ place: Backdrop) -> [Passage] {
        guard !description.normalKinds.isEmpty else { return [] }
        var random = SeededGenerator(seed: description.seed ^ 0xA6E4_7501)
        var passages: [Passage] = []
        // People who entered before the first frame are already on their way.
        var second = -40.0
        var (rate, changes) = (description.agentsPerMinute, description.activity[...])
        while second < description.seconds {
            while let change = changes.first, change.second <= second || rate <= 0 {
                second = max(second, change.second)
                (rate, changes) = (change.agentsPerMinute, changes.dropFirst())
            }
            guard rate > 0 else { break }
            second += 60 / rate * random.uniform(in: 0.3..<1.7)
            let kind = description.normalKinds[random.index(below: description.normalKinds.count)]
            passages.append(
                .across(kind, start: second, place: place, isAnomaly: false, anomaly: nil, random: &random))
        }
        return passages
    }

    private static func leftThing(
        _ script: ScriptedAnomaly, _ index: Int, _ place: Backdrop, _ random: inout SeededGenerator
    ) -> LeftThing {
        let style = Style(kind: script.kind, generator: &random, ambientHeat: place.ambientHeat)
        let near = Double(place.walkway.lowerBound)
        let far = Double(place.walkway.upperBound)
        let z = Float(random.uniform(in: near + (far - near) * 0.15..<near + (far - near) * 0.7))
        let half = Double(place.camera.halfWidth(depth: z))
        let x = Float(random.uniform(in: -half * 0.55..<half * 0.55))
        let carrier = Passage.carrier(x: x, z: z, second: script.second, place: place, anomaly: index, random: &random)
        return LeftThing(
            kind: script.kind, style: style, anomaly: index, since: script.second, until: script.untilSecond,
            x: x + carrier.facing * 0.5, z: z - 0.1, carrier: carrier)
    }

    /// Those that may be on their way; a week's passages are too many to ask every one for every frame.
    private func passages(around second: Double) -> [Passage] {
        func first(after limit: Double) -> Int {
            var (low, high) = (0, normal.count)
            while low < high {
                let middle = (low + high) / 2
                if normal[middle].start <= limit { low = middle + 1 } else { high = middle }
            }
            return low
        }
        return Array(normal[first(after: second - longest - 1)..<first(after: second)]) + scripted
    }

    /// The shadows of what moves: of the sun where it stands, softer the more it rains.
    private func shadow(at second: Double, rain: Double) -> (slope: SIMD2<Float>, strength: Float) {
        let overcast = Float(1 - 0.8 * rain)
        guard let sun = description.sun?.shadow(at: second) else {
            return (place.shadowSlope, place.shadowStrength * overcast)
        }
        return (place.shadowSlope * SIMD2(sun.side, 1), place.shadowStrength * sun.strength * overcast)
    }

    /// Far things first, so that nearer ones cover them.
    private func standing(at second: Double) -> [Standing] {
        var things: [Standing] = []
        func add(
            _ kind: ThingKind, _ style: Style, _ isAnomaly: Bool, _ anomaly: Int?, x: Float, z: Float, facing: Float,
            phase: Float, lifted: Float = 0
        ) {
            let point = place.camera.project(x: x, z: z)
            things.append(
                Standing(
                    kind: kind, style: style, isAnomaly: isAnomaly, anomaly: anomaly,
                    placement: Placement(camera: place.camera, column: point.x, row: point.y, facing: facing),
                    phase: phase, lifted: lifted))
        }
        for passage in passages(around: second) {
            guard let at = passage.place(at: second) else { continue }
            add(
                passage.kind, passage.style, passage.isAnomaly, passage.anomaly, x: at.x, z: at.z,
                facing: passage.facing,
                phase: passage.phase(walked: at.walked))
        }
        for thing in left {
            if second >= thing.since {
                guard second < (thing.until ?? .infinity) else { continue }
                add(thing.kind, thing.style, true, thing.anomaly, x: thing.x, z: thing.z, facing: 1, phase: 0)
            } else if let at = thing.carrier.place(at: second) {
                add(
                    thing.kind, thing.style, false, nil, x: at.x + thing.carrier.facing * 0.28, z: at.z - 0.1,
                    facing: 1,
                    phase: 0, lifted: 0.35)
            }
        }
        return things.sorted { $0.placement.row < $1.placement.row }
    }

    private func truth(
        _ frameIndex: Int, _ identities: [(kind: ThingKind, isAnomaly: Bool, anomaly: Int?)]
    ) -> GroundTruth {
        let width = description.width
        let height = description.height
        var low = [SIMD2<Int32>](repeating: SIMD2(.max, .max), count: 256)
        var high = [SIMD2<Int32>](repeating: SIMD2(-1, -1), count: 256)
        var area = [Int](repeating: 0, count: 256)
        let instances = [UInt8](UnsafeBufferPointer(start: canvas.owners, count: width * height))
        for y in 0..<height {
            for x in 0..<width {
                let owner = Int(canvas.owners[y &* width &+ x])
                guard owner > 0 else { continue }
                area[owner] &+= 1
                let point = SIMD2(Int32(truncatingIfNeeded: x), Int32(truncatingIfNeeded: y))
                low[owner] = pointwiseMin(low[owner], point)
                high[owner] = pointwiseMax(high[owner], point)
            }
        }
        let objects = identities.enumerated().compactMap { index, identity -> TruthObject? in
            let id = index + 1
            guard area[id] > 0 else { return nil }
            let box = Box(
                x1: Float(low[id].x), y1: Float(low[id].y), x2: Float(high[id].x + 1), y2: Float(high[id].y + 1))
            return TruthObject(
                id: UInt8(id), kind: identity.kind, isAnomaly: identity.isAnomaly, box: box, area: area[id],
                anomaly: identity.anomaly)
        }
        return GroundTruth(frameIndex: frameIndex, width: width, height: height, objects: objects, instances: instances)
    }
}
