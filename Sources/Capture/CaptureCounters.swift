/// What became of every frame of a source. `arrived` always equals the sum of the other frame counts.
public struct CaptureCounters: Sendable, Hashable {
    /// Frames that the decoder gave.
    public var arrived: UInt64 { taken + waiting + droppedSuperseded + droppedStopped + droppedDamaged }
    /// Frames that the consumer took.
    public var taken: UInt64 = 0
    /// Frames that wait for the consumer now.
    public var waiting: UInt64 = 0
    /// Frames replaced by newer ones before the consumer came.
    public var droppedSuperseded: UInt64 = 0
    /// Frames that were waiting when the source was stopped.
    public var droppedStopped: UInt64 = 0
    /// Frames that the decoder could only guess.
    public var droppedDamaged: UInt64 = 0

    /// Connections made.
    public var connections: UInt64 = 0
    /// Connections lost and attempts that failed.
    public var failures: UInt64 = 0
    /// Packets that could not be read or decoded.
    public var decodeErrors: UInt64 = 0
    /// Frames whose timestamp was missing.
    public var missingTimestamps: UInt64 = 0
    /// Frames whose timestamp stood still, went back or jumped.
    public var reanchoredTimestamps: UInt64 = 0
    /// Times that wall time was derived anew within a connection.
    public var wallReanchors: UInt64 = 0
    /// Frames whose wall time came from the camera's sender reports.
    public var senderTimes: UInt64 = 0

    public init() {}
}
