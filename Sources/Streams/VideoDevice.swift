/// A video device of this machine, as far as reading it takes: the calls to the kernel, so that tests can replace them.
///
/// Every method throws what the kernel says is wrong.
package protocol VideoDevice: AnyObject {
    /// Throws `ENOTTY` for what does not capture video.
    func check() throws(VideoFault)
    /// Codes of the formats it offers.
    func offered() throws(VideoFault) -> [UInt32]
    func format() throws(VideoFault) -> VideoFormat
    /// Asks for a format; returns what the device does instead.
    func setFormat(_ format: VideoFormat) throws(VideoFault) -> VideoFormat
    /// Pictures per second; asks for some first unless nil. Returns nil when the device does not say.
    func rate(asking wanted: Double?) throws(VideoFault) -> Double?
    /// Begins; `buffers` must be given back as fast as they are taken.
    func start() throws(VideoFault)
    /// Whether a picture may be there within the time.
    func wait(milliseconds: Int32) throws(VideoFault) -> Bool
    /// The oldest picture, or nil when there is none; `body` must not keep its bytes.
    func take<Result>(
        _ body: (UnsafeRawBufferPointer, VideoStamp) throws(StreamError) -> Result
    ) throws(VideoFault) -> Swift.Result<Result, StreamError>?
}

/// What the kernel says is wrong, as an `errno`.
package struct VideoFault: Error, Hashable {
    package let number: Int32

    package init(_ number: Int32) { self.number = number }
}

/// A format of pictures.
package struct VideoFormat: Hashable, Sendable {
    /// Four letters, the first lowest; the highest bit tells the big-endian variant.
    package var code: UInt32
    package var width: Int
    package var height: Int
    /// From the start of one row to the next; 0 for compressed pictures.
    package var bytesPerRow: Int

    package init(code: UInt32, width: Int, height: Int, bytesPerRow: Int) {
        self.code = code
        self.width = width
        self.height = height
        self.bytesPerRow = bytesPerRow
    }
}

/// What is known of one picture.
package struct VideoStamp: Hashable, Sendable {
    package var sequence: UInt32
    /// Whether the driver says that something is wrong with the picture.
    package var isDamaged: Bool
    /// When it was taken, by the monotonic clock; nil when the driver uses another one.
    package var time: Duration?

    package init(sequence: UInt32, isDamaged: Bool, time: Duration?) {
        self.sequence = sequence
        self.isDamaged = isDamaged
        self.time = time
    }
}
