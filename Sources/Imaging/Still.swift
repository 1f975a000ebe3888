public import Basics

/// One picture that was asked for, out of turn.
public struct Still: Sendable {
    public let pixels: PixelBuffer
    /// When it reached this machine.
    public let arrival: MonotonicTime

    public init(pixels: PixelBuffer, arrival: MonotonicTime) {
        self.pixels = pixels
        self.arrival = arrival
    }
}
