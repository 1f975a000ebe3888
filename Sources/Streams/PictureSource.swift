package import Imaging

/// One decoded picture.
package struct Picture {
    /// nil when the decoder could only guess at parts of it.
    package let pixels: PixelBuffer?
    /// Presentation time on the stream's own clock; nil when the stream did not say.
    package let time: Duration?

    /// When the camera took it by the camera's own clock, in Unix milliseconds; nil unless its sender reports say so.
    package let senderWallMs: Int64?

    package init(pixels: PixelBuffer?, time: Duration?, senderWallMs: Int64? = nil) {
        self.pixels = pixels
        self.time = time
        self.senderWallMs = senderWallMs
    }
}

/// Something open that gives pictures one by one: a stream, a file, a device. Confined to one thread at a time.
package protocol PictureSource: AnyObject {
    /// What the source turned out to be; follows changes in mid-stream.
    var info: StreamInfo { get }
    /// Packets or pictures that could not be read or decoded so far.
    var decodeErrors: UInt64 { get }

    /// The next picture, or nil at the clean end of a file.
    ///
    /// Throws `stalled` when a camera sends nothing in time, `stopped` when interrupted.
    func next() throws(StreamError) -> Picture?
}

extension PictureSource {
    /// Nominal time between frames.
    package var period: Duration { .nanoseconds(Int64(1e9 / (info.framesPerSecond ?? 25))) }
}

extension SourceDescription {
    /// Opens the source within this process, by the reader of its kind.
    ///
    /// - Parameters:
    ///   - interrupt: ends opening and reading from any thread; must outlive the source.
    ///   - memory: where the pictures are put.
    package func open(interrupt: Interrupt, memory: any PictureMemory) throws(StreamError) -> any PictureSource {
        try Decoder(self, interrupt: interrupt, memory: memory)
    }
}
