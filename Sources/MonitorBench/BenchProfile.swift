import Analysis
import Basics

/// The profile that the bench judges with.
enum BenchProfile {
    /// Learns a small one from the calm part of the scene; nothing of it is kept.
    static func learn(_ scene: BenchScene, engine: AnalysisEngine, clocks: some Clocks) throws -> CameraProfile {
        let folder = try TemporaryFolder()
        let store = ProfileStore(root: folder.path)
        let plan = LearningPlan(
            sources: ["scene"], framesPerSecond: 0, maximumFrames: BenchScene.learnedFrames, seed: 1,
            isRepeatable: true)
        let learner = try ProfileLearner(profile: "bench", plan: plan, engine: engine, store: store)
        try scene.forEachCalmFrame { try learner.gather($0) }
        _ = try learner.finish(wallTimeMs: clocks.wallTimeMs()) { _ in }
        return try CameraProfile.load("bench", from: store, for: engine.model)
    }
}
