/// One picture of an event.
public struct EventSnapshot: Sendable, Hashable {
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// With boxes, heat map and captions.
        case annotated
        /// The frame as the camera sent it.
        case clean
    }

    /// Which of a camera's streams a picture was taken from.
    public enum Stream: String, Sendable, Codable {
        /// The one that is analysed.
        case detect
        /// The sharper one beside it.
        case main
    }

    public let kind: Kind
    public let stream: Stream
    /// When the frame happened, in Unix milliseconds UTC.
    public let timeMs: Int64
    /// Of the judged frame; a picture of the main stream was taken as near to it as there was one.
    public let sequence: UInt64
    public let jpeg: [UInt8]

    public init(kind: Kind, stream: Stream = .detect, timeMs: Int64, sequence: UInt64, jpeg: [UInt8]) {
        self.kind = kind
        self.stream = stream
        self.timeMs = timeMs
        self.sequence = sequence
        self.jpeg = jpeg
    }
}
