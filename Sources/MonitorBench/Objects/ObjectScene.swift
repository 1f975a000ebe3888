import Basics
import Evaluation
import FoundationEssentials
import Imaging
import Scenes

/// Pictures of one camera: normal life to learn from, then pictures with known anomalies to judge.
struct ObjectScene {
    /// A picture and where something unknown is seen in it, in its pixels.
    struct Judged {
        let picture: PixelBuffer
        let anomalies: [Box]
    }

    let name: String
    /// Number of pictures to learn from, and how to get one.
    let learned: Int
    let learning: (Int) throws -> PixelBuffer
    /// The same for judging.
    let judged: Int
    let judging: (Int) throws -> Judged
}

extension ObjectScene {
    /// A place of the procedural scene: people and cyclists, later unknown things of all kinds among them.
    static func procedural(seed: UInt64, learned: Int, judged: Int) -> ObjectScene {
        let (rate, step) = (10.0, 4)
        let start = Double(learned * step) / rate
        let spacing = 5
        let kinds = ThingKind.objects.filter { ![.person, .cyclist].contains($0) }
        var random = SeededGenerator(seed: seed)
        let count = judged * spacing / 40
        let anomalies = (0..<count).map { index in
            let kind = kinds[(Int(seed) * 5 + index) % kinds.count]
            let second = start + 4 * Double(index)
            return index % 3 == 2
                ? ScriptedAnomaly(.leftBehind, kind, second: second, untilSecond: second + 8, seed: random.next())
                : ScriptedAnomaly(.crossing, kind, second: second, seed: random.next())
        }
        let renderer = SceneRenderer(
            SceneDescription(
                framesPerSecond: rate, seconds: start + Double(judged * spacing) / rate + 1, seed: seed,
                normalKinds: [.person, .person, .person, .cyclist], anomalies: anomalies))
        return ObjectScene(
            name: "scene \(seed)", learned: learned, learning: { renderer.render($0 * step).pixels }, judged: judged,
            judging: { index in
                let (pixels, truth) = renderer.render(learned * step + index * spacing)
                return Judged(picture: pixels, anomalies: truth.objects.filter(\.isAnomaly).map(\.box))
            })
    }

    /// UCSD Ped2: walkers, later whatever does not walk.
    static func ped2(_ folder: String, learned: Int, judged: Int) throws -> ObjectScene {
        let data = try UCSDPed2(folder)
        let frames = data.training.flatMap(\.frames)
        let shown = data.test.flatMap { clip in clip.frames.indices.map { (clip, $0) } }
        func picture(_ path: String) throws -> PixelBuffer {
            try JPEG.decode(try Data(contentsOf: URL(filePath: path)))
        }
        let (taken, asked) = (min(learned, frames.count), min(judged, shown.count))
        return ObjectScene(
            name: "ped2", learned: taken, learning: { try picture(frames[$0 * frames.count / taken]) }, judged: asked,
            judging: { index in
                let (clip, frame) = shown[index * shown.count / asked]
                return Judged(
                    picture: try picture(clip.frames[frame]),
                    anomalies: try clip.mask(frame).map(MaskComponents.boxes) ?? [])
            })
    }
}
