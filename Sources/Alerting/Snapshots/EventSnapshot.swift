/// One picture of an event.
public struct EventSnapshot: Sendable, Hashable {
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// With boxes, heat map and captions.
        case annotated
        /// The frame as the camera sent it.
        case clean
    }

    public let kind: Kind
    /// When the frame happened, in Unix milliseconds UTC.
    public let timeMs: Int64
    public let sequence: UInt64
    public let jpeg: [UInt8]

    public init(kind: Kind, timeMs: Int64, sequence: UInt64, jpeg: [UInt8]) {
        self.kind = kind
        self.timeMs = timeMs
        self.sequence = sequence
        self.jpeg = jpeg
    }
}
