internal import Basics
internal import Imaging

/// Reads motion JPEG over HTTP. Such streams have no clock: a picture's time is when it was complete.
final class MotionJPEGReader: PictureSource {
    private(set) var info: StreamInfo
    var decodeErrors: UInt64 { pictures.decodeErrors + splitter.damaged }

    private let source: SourceDescription
    private let interrupt: Interrupt
    private let connection: HTTPConnection
    private let pictures: JPEGDecoder
    private var splitter = JPEGSplitter()
    private var rate = RateMeter()
    private let piece: UnsafeMutableRawBufferPointer
    private var hasPicture = false

    init(
        _ source: SourceDescription, _ connection: HTTPConnection, interrupt: Interrupt, memory: any PictureMemory
    ) throws(StreamError) {
        self.source = source
        self.interrupt = interrupt
        self.connection = connection
        pictures = try JPEGDecoder(source, memory: memory)
        info = StreamInfo(
            width: 0, height: 0, framesPerSecond: nil, codec: "mjpeg", format: .rgb24, sourceWidth: 0, sourceHeight: 0)
        piece = .allocate(byteCount: 64 << 10, alignment: 16)
    }

    deinit {
        // Closing may wait for the server.
        interrupt.arm(after: .milliseconds(200))
        piece.deallocate()
    }

    func next() throws(StreamError) -> Picture? {
        interrupt.arm(after: source.silenceLimit(info, isFirst: !hasPicture))
        defer { interrupt.disarm() }
        while !splitter.next() {
            if interrupt.check() { throw StreamError.reading(source, 0, interrupt) }
            let count = try connection.read(piece)
            splitter.append(UnsafeRawBufferPointer(rebasing: piece[..<count]))
        }
        hasPicture = true
        let time = Duration.nanoseconds(interrupt.now.nanoseconds)
        if let rate = rate.note(time, known: info.framesPerSecond) { info.framesPerSecond = rate }
        return Picture(pixels: try pictures.decode(splitter.complete, &info), time: time)
    }
}
