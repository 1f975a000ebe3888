public import Basics
public import Imaging
public import Streams

/// Reads a file frame by frame, as fast as the caller asks: for learning and evaluation.
///
/// Used by one thread. Damaged pictures are skipped and counted.
public final class FrameReader: Sequence, IteratorProtocol {
    public let source: SourceDescription
    private let decoder: any PictureSource
    private var stamper: FrameStamper
    private var damaged: UInt64 = 0
    private var taken: UInt64 = 0
    /// Why reading ended early; nil at a clean end. Only `Sequence` iteration, which cannot throw, leaves it here.
    public private(set) var failure: StreamError?

    /// Opens the source; its pace and `loops` are not used. Throws `StreamError`.
    ///
    /// - Parameters:
    ///   - decoding: in which process the stream is decoded.
    ///   - framesInUse: frames that the caller keeps at a time; more are allowed but cost new memory.
    public init(
        _ source: SourceDescription, camera: String = "file", clocks: any Clocks = SystemClocks(),
        decoding: DecodingPlace = .here, framesInUse: Int = 4
    ) throws(StreamError) {
        self.source = source
        let opener = source.opener(
            in: decoding, camera: camera, interrupt: Interrupt(clocks: clocks),
            memory: PixelBufferPool(capacity: framesInUse))
        decoder = try opener.open()
        stamper = FrameStamper(camera: camera, clocks: clocks, followsRealTime: source.isLive)
        stamper.begin(period: decoder.period)
    }

    /// What the source turned out to be; follows changes in mid-stream.
    public var info: StreamInfo { decoder.info }

    /// What became of the frames so far.
    public var counters: CaptureCounters {
        var counters = CaptureCounters()
        counters.taken = taken
        counters.droppedDamaged = damaged
        counters.connections = 1
        counters.decodeErrors = decoder.decodeErrors
        counters.missingTimestamps = stamper.missing
        counters.reanchoredTimestamps = stamper.reanchored
        return counters
    }

    /// The next frame, or nil at the end; throws `StreamError`.
    public func read() throws(StreamError) -> Frame? {
        while let picture = try decoder.next() {
            let position = stamper.place(picture.time)
            guard let pixels = picture.pixels else {
                damaged += 1
                continue
            }
            taken += 1
            return stamper.stamp(pixels, at: position, senderWallMs: picture.senderWallMs)
        }
        return nil
    }

    /// As `read`, but an error ends the sequence and is kept in `failure`.
    public func next() -> Frame? {
        guard failure == nil else { return nil }
        do throws(StreamError) {
            return try read()
        } catch {
            failure = error
            return nil
        }
    }
}
