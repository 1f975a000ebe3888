internal import Basics
internal import FoundationEssentials
internal import Imaging

/// Writes independent random frames with boxes, to train and test detectors that know no classes.
public enum SceneDataset {
    /// One image of the data set.
    public struct Entry: Sendable, Codable, Hashable {
        /// One thing in it; edges in pixels.
        public struct Thing: Sendable, Codable, Hashable {
            public var x1: Float
            public var y1: Float
            public var x2: Float
            public var y2: Float
            public var kind: ThingKind
        }

        /// File name inside the folder.
        public var file: String
        public var width: Int
        public var height: Int
        public var boxes: [Thing]
    }

    /// Writes `count` PNG images and `annotations.json` (an array of `Entry`) into an existing or new folder.
    ///
    /// Every image has its own place, light, people and things; about one in four is thermal, stretched to 8 bits, and
    /// one in six infrared night. Things smaller than 8 pixels or mostly hidden by the picture's edge are not listed.
    /// - Throws: `ScenesError`.
    public static func export(folder: String, count: Int, seed: UInt64) throws(ScenesError) {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw ScenesError(.cannotWrite, "the folder \(folder) cannot be created", cause: error)
        }
        var random = SeededGenerator(seed: seed)
        var entries: [Entry] = []
        entries.reserveCapacity(count)
        for index in 0..<count {
            let (picture, truth) = sample(&random)
            var digits = String(index)
            digits = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
            let file = "\(digits).png"
            try VideoEncoder.writePNG(picture, to: "\(folder)/\(file)")
            let boxes = truth.objects.filter(isLearnable).map { object in
                Entry.Thing(
                    x1: object.box.x1, y1: object.box.y1, x2: object.box.x2, y2: object.box.y2, kind: object.kind)
            }
            entries.append(Entry(file: file, width: picture.width, height: picture.height, boxes: boxes))
        }
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            try encoder.encode(entries).write(to: URL(filePath: "\(folder)/annotations.json"), options: .atomic)
        } catch {
            throw ScenesError(.cannotWrite, "\(folder)/annotations.json cannot be written", cause: error)
        }
    }

    /// One random picture (`rgb24` or `gray8`) and its truth.
    static func sample(_ random: inout SeededGenerator) -> (picture: PixelBuffer, truth: GroundTruth) {
        let sizes = [(640, 360), (640, 360), (480, 270), (320, 240), (640, 480), (320, 256)]
        let (width, height) = sizes[random.index(below: sizes.count)]
        let isThermal = random.index(below: 4) == 0
        var scene = SceneDescription(
            width: width, height: height, framesPerSecond: 10, seconds: 12, seed: random.next(),
            spectrum: isThermal ? .thermal : .visible, agentsPerMinute: random.uniform(in: 0..<45),
            normalKinds: [.person, .person, .person, .cyclist])
        scene.noise = isThermal ? random.uniform(in: 5..<16) : random.uniform(in: 0.6..<4)
        for index in 0..<random.index(below: 6) {
            let kind = ThingKind.objects[random.index(below: ThingKind.objects.count)]
            let form: ScriptedAnomaly.Form = random.index(below: 2) == 0 ? .crossing : .leftBehind
            let second = form == .crossing ? 9 - random.uniform(in: 1..<9) : random.uniform(in: 2..<10)
            scene.anomalies.append(
                ScriptedAnomaly(form, kind, second: second, seed: random.next() &+ UInt64(index)))
        }
        if random.index(below: 3) == 0 {
            let kind = ThingKind.surfaces[random.index(below: ThingKind.surfaces.count)]
            scene.anomalies.append(ScriptedAnomaly(.surfaceChange, kind, second: 0, seed: random.next()))
        }
        scene.lightChanges = [
            LightChange(
                second: 0, duration: 0, gain: random.uniform(in: 0.45..<1.25), infrared: random.index(below: 5) == 0)
        ]
        let (pixels, truth) = SceneRenderer(scene).render(80 + random.index(below: 20))
        let picture = isThermal ? stretched(pixels) : pixels
        if random.index(below: 3) > 0 { BlockArtefacts.apply(to: picture, step: Float(random.uniform(in: 3..<16))) }
        return (picture, truth)
    }

    /// Whether enough of a thing is visible to be learned from.
    private static func isLearnable(_ object: TruthObject) -> Bool {
        object.box.width >= 8 && object.box.height >= 8
            && Float(object.area) >= 0.15 * object.box.area
    }

    /// 16-bit counts between their 0.5 % and 99.5 % quantiles, spread over 0...255.
    private static func stretched(_ picture: PixelBuffer) -> PixelBuffer {
        let samples = picture.samples16
        let sorted = samples.sorted()
        let low = Float(sorted[sorted.count / 200])
        let high = Float(sorted[sorted.count - 1 - sorted.count / 200])
        let result = PixelBuffer(width: picture.width, height: picture.height, format: .gray8)
        let bytes = result.mutableBytes
        for index in samples.indices {
            let share = (Float(samples[index]) - low) / max(high - low, 1)
            bytes[index] = UInt8(min(max(share * 255, 0), 255))
        }
        return result
    }
}
