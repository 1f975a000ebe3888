public import Basics

/// One picture of one camera, and when it happened.
public struct Frame: Sendable {
    /// The camera's name in the configuration.
    public let camera: String
    /// Counts frames that left Capture for this camera, from 0; never reused across reconnects.
    public let sequence: UInt64
    /// Position on the stream's own clock (presentation timestamp), from the first frame of the first connection on.
    public let presentationTime: Duration
    /// When the frame left the decoder.
    public let arrival: MonotonicTime
    /// When it happened, in Unix milliseconds UTC; derived once per connection.
    public let wallTimeMs: Int64
    public let pixels: PixelBuffer

    public init(
        camera: String, sequence: UInt64, presentationTime: Duration, arrival: MonotonicTime, wallTimeMs: Int64,
        pixels: PixelBuffer
    ) {
        self.camera = camera
        self.sequence = sequence
        self.presentationTime = presentationTime
        self.arrival = arrival
        self.wallTimeMs = wallTimeMs
        self.pixels = pixels
    }
}
