public import Imaging

/// Pictures of the procedural scene to learn from and to judge: first nothing but normal life, then unknown things too.
public struct SceneMaterial: Sendable {
    /// A picture and where something unknown is seen in it, in its pixels.
    public struct Judged: Sendable {
        public let picture: PixelBuffer
        public let anomalies: [Box]
    }

    public let learning: [PixelBuffer]
    public let judging: [Judged]

    /// The scene's pictures per second, and how many of them pass between two that are learned from.
    private static let rate = 15.0
    private static let step = 5
    /// How long unknown things are about.
    private static let unusualSeconds = 30.0

    /// - Parameters:
    ///   - learned: pictures to learn from, a third of a second apart.
    ///   - judged: pictures to judge, at least 1.
    public init(learned: Int = 160, judged: Int = 60, seed: UInt64 = 1) {
        precondition(learned >= 1 && judged >= 1)
        let calm = learned * Self.step
        let start = Double(calm) / Self.rate
        let renderer = SceneRenderer(
            SceneDescription(
                width: 640, height: 360, framesPerSecond: Self.rate, seconds: start + Self.unusualSeconds, seed: seed,
                anomalies: [
                    ScriptedAnomaly(.crossing, .robot, second: start + 1, seed: 3),
                    ScriptedAnomaly(.leftBehind, .suitcase, second: start + 4, seed: 4),
                    ScriptedAnomaly(.crossing, .robot, second: start + 16, seed: 5),
                ]))
        learning = (0..<learned).map { renderer.render($0 * Self.step).pixels }
        let spacing = max(1, (renderer.description.frameCount - calm) / judged)
        judging = (0..<judged).map { index in
            let picture = renderer.render(calm + index * spacing)
            return Judged(
                picture: picture.pixels, anomalies: picture.truth.objects.filter(\.isAnomaly).map(\.box))
        }
    }
}
