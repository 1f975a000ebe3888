import Analysis
import Basics
import Imaging
import Scenes

/// The procedural scene that the bench looks at: people on a walkway, and an unknown thing now and then.
struct BenchScene {
    let description: SceneDescription

    private static let rate = 15.0
    /// Frames of the calm part that a profile is learned from.
    static let learnedFrames = 120
    /// Learning sees a frame this often, so that people move between two of them.
    private static let learningStep = 5

    init(width: Int, height: Int) {
        let calm = Double(Self.learnedFrames * Self.learningStep) / Self.rate
        description = SceneDescription(
            width: width, height: height, framesPerSecond: Self.rate, seconds: calm + 20, seed: 11,
            anomalies: [
                ScriptedAnomaly(.crossing, .robot, second: calm + 2, seed: 3),
                ScriptedAnomaly(.leftBehind, .suitcase, second: calm + 6, seed: 4),
            ])
    }

    private func frame(_ pixels: PixelBuffer, _ index: Int) -> Frame {
        let time = Duration.nanoseconds(Int64(Double(index) / Self.rate * 1e9))
        return Frame(
            camera: "bench", sequence: UInt64(index), presentationTime: time,
            arrival: MonotonicTime(nanoseconds: time.nanoseconds), wallTimeMs: time.milliseconds, pixels: pixels)
    }

    /// Calls `body` with the frames of the calm part, one at a time.
    func forEachCalmFrame(_ body: (Frame) throws -> Void) rethrows {
        let renderer = SceneRenderer(description)
        for index in 0..<Self.learnedFrames {
            let number = index * Self.learningStep
            try body(frame(renderer.render(number).pixels, number))
        }
    }

    /// Frames spread evenly over the eventful part, all in memory.
    func pictures(_ count: Int) -> [Frame] {
        let renderer = SceneRenderer(description)
        let first = Self.learnedFrames * Self.learningStep
        let step = max(1, (description.frameCount - first) / count)
        return (0..<count).map { frame(renderer.render(first + $0 * step).pixels, first + $0 * step) }
    }
}
