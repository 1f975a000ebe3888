public import Imaging

/// What a learning run was asked to do; a run resumes only if nothing of it changed.
public struct LearningPlan: Sendable, Codable, Hashable {
    /// Clips or streams, in order, without credentials.
    public var sources: [String]
    /// Analysed frames per second of stream time; 0: every frame.
    public var framesPerSecond: Double
    /// Frames to gather at most.
    public var maximumFrames: Int
    public var seed: UInt64
    /// Whether the material can be read again from its start, as files can: a resumed run then skips what it has.
    public var isRepeatable: Bool
    /// What is black in every picture; nil for nothing.
    public var privacy: [Polygon]?

    public init(
        sources: [String], framesPerSecond: Double, maximumFrames: Int, seed: UInt64, isRepeatable: Bool,
        privacy: [Polygon] = []
    ) {
        self.sources = sources
        self.framesPerSecond = framesPerSecond
        self.maximumFrames = maximumFrames
        self.seed = seed
        self.isRepeatable = isRepeatable
        self.privacy = privacy.isEmpty ? nil : privacy
    }
}

/// How far a learning run has come.
public struct LearningProgress: Sendable, Hashable {
    /// What is being done, in the operator's words.
    public let stage: String
    /// Of this stage, in 0...1.
    public let fraction: Double

    public init(stage: String, fraction: Double) {
        self.stage = stage
        self.fraction = fraction
    }
}
