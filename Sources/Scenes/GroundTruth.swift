public import Imaging

/// What a rendered frame really shows.
public struct GroundTruth: Sendable {
    public let frameIndex: Int
    public let width: Int
    public let height: Int
    /// Everything of which at least one pixel is visible.
    public let objects: [TruthObject]
    /// One byte per pixel, row-major `[height, width]`: the `id` of the object seen there, 0 for the background.
    public let instances: [UInt8]

    /// One byte per pixel, row-major: 1 where anything anomalous is seen.
    public var anomalyMask: [UInt8] {
        var table = [UInt8](repeating: 0, count: 256)
        for object in objects where object.isAnomaly { table[Int(object.id)] = 1 }
        return instances.map { table[Int($0)] }
    }

    /// Whether anything anomalous is visible.
    public var isAnomalous: Bool { objects.contains { $0.isAnomaly } }
}

/// One visible thing.
public struct TruthObject: Sendable, Codable, Hashable {
    /// Its value in `GroundTruth.instances`; the same thing keeps it from frame to frame only by chance.
    public let id: UInt8
    public let kind: ThingKind
    public let isAnomaly: Bool
    /// The tightest box around its visible pixels.
    public let box: Box
    /// Number of its visible pixels.
    public let area: Int
    /// Index in the scene's script, for things that belong to an anomaly.
    public let anomaly: Int?
}
