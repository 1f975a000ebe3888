package import Imaging

/// One decoded picture.
package struct Picture {
    /// nil when the decoder could only guess at parts of it.
    package let pixels: PixelBuffer?
    /// Presentation time on the stream's own clock; nil when the stream did not say.
    package internal(set) var time: Duration?

    /// When the camera took it by the camera's own clock, in Unix milliseconds; nil unless its sender reports say so.
    package internal(set) var senderWallMs: Int64?

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
    package var period: Duration { info.period }
}

extension SourceDescription {
    /// Opens the source within this process, by the reader of its kind.
    ///
    /// - Parameters:
    ///   - interrupt: ends opening and reading from any thread; must outlive the source.
    ///   - memory: where the pictures are put.
    package func open(interrupt: Interrupt, memory: any PictureMemory) throws(StreamError) -> any PictureSource {
        switch url.kind {
        case .file where CPTVReader.recognises(url.secret):
            return try CPTVReader(self, interrupt: interrupt, memory: memory)
        case .http:
            return try openHTTP(interrupt: interrupt, memory: memory)
        case .device:
            return try openDevice(interrupt: interrupt, memory: memory)
        case .file, .rtsp:
            let location = try MediaLocation(self)
            return try Decoder(self, location, interrupt: interrupt, memory: memory)
        }
    }

    /// Only the answer tells what a web address leads to.
    private func openHTTP(interrupt: Interrupt, memory: any PictureMemory) throws(StreamError) -> any PictureSource {
        let location = try MediaLocation(self)
        interrupt.arm(after: openTimeout)
        defer { interrupt.disarm() }
        let connection = try HTTPConnection(self, location, interrupt: interrupt)
        if connection.isMotionJPEG {
            return try MotionJPEGReader(self, connection, interrupt: interrupt, memory: memory)
        }
        return try Decoder(
            self, location, connection: connection, interrupt: interrupt, memory: memory)
    }
}
