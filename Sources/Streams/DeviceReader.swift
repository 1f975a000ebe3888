internal import Basics
internal import CLibAV
internal import CVideoDevice
internal import Glibc
package import Imaging

/// Reads a video device of this machine. It may be plugged in and out at any time.
package final class DeviceReader: PictureSource {
    package private(set) var info: StreamInfo
    package var decodeErrors: UInt64 { badPictures + (jpegs?.decodeErrors ?? 0) }

    private let source: SourceDescription
    private let interrupt: Interrupt
    private let device: any VideoDevice
    private let kind: DeviceRequest.Format
    private let format: VideoFormat
    private let memory: any PictureMemory
    private let converter: FrameConverter
    private var jpegs: JPEGDecoder?
    private var frame: UnsafeMutablePointer<AVFrame>?
    private var badPictures: UInt64 = 0
    private var faultsInRow = 0
    private var lastSequence: UInt32?
    private var hasPicture = false

    /// Faults in a row after which a device counts as lost.
    private static let faultLimit = 16
    /// Waiting is cut into pieces this long, so that stopping is prompt.
    private static let slice: Int32 = 50

    /// - Parameter device: opened, and not yet streaming.
    package init(
        _ source: SourceDescription, device: any VideoDevice, interrupt: Interrupt, memory: any PictureMemory
    ) throws(StreamError) {
        self.source = source
        self.interrupt = interrupt
        self.device = device
        self.memory = memory
        converter = FrameConverter(maximumWidth: source.maximumWidth, memory: memory)
        let rate: Double?
        do throws(VideoFault) {
            try device.check()
            (kind, format) = try Self.agree(device, source.device)
            rate = try device.rate(asking: source.device.framesPerSecond)
            try device.start()
        } catch {
            throw Self.opening(source, error)
        }
        guard (1...16_384).contains(format.width), (1...16_384).contains(format.height),
            kind == .mjpeg || format.bytesPerRow >= format.width * kind.bytesPerPixel
        else {
            throw StreamError(
                .damaged,
                "\(source.url) announces pictures of \(format.width)x\(format.height) pixels in rows of "
                    + "\(format.bytesPerRow) bytes")
        }
        info = StreamInfo(
            width: 0, height: 0, framesPerSecond: rate.flatMap { (0.02...1000).contains($0) ? $0 : nil },
            codec: kind.rawValue, format: kind.mask == nil ? .rgb24 : .gray16, sourceWidth: format.width,
            sourceHeight: format.height)
        (info.width, info.height) = converter.outputSize(shape)
        if kind == .mjpeg { jpegs = try JPEGDecoder(source, memory: memory) }
        frame = av_frame_alloc()
        guard frame != nil else { throw StreamError.noMemory(source) }
    }

    deinit { av_frame_free(&frame) }

    package func next() throws(StreamError) -> Picture? {
        interrupt.arm(after: source.silenceLimit(info, isFirst: !hasPicture))
        defer { interrupt.disarm() }
        while true {
            if interrupt.check() { throw StreamError.reading(source, 0, interrupt) }
            do throws(VideoFault) {
                guard try device.wait(milliseconds: Self.slice) else { continue }
                guard let taken = try device.take(picture) else { continue }
                faultsInRow = 0
                hasPicture = true
                switch taken {
                case .success(let picture): return picture
                case .failure(let error): throw VideoFault(error.code == .outOfResources ? ENOMEM : EIO)
                }
            } catch {
                // A weak signal or cable fails now and then; what is unplugged fails for good.
                badPictures += 1
                faultsInRow += 1
                guard error.number == EIO, faultsInRow < Self.faultLimit else {
                    throw StreamError(
                        .connectionLost, "\(source.url) was lost (\(Self.text(error))); is it plugged in?")
                }
            }
        }
    }

    // MARK: Agreeing on a format

    private static func agree(
        _ device: any VideoDevice, _ wishes: DeviceRequest
    ) throws(VideoFault) -> (DeviceRequest.Format, VideoFormat) {
        let present = try device.format()
        let offered = try device.offered()
        let understood = DeviceRequest.Format.allCases.filter { offered.contains($0.code) }
        // What the driver does already comes first, as its owner may have set it.
        let kinds = wishes.format.map { [$0] } ?? understood.filter { $0.code == present.code } + understood
        for kind in kinds {
            var wanted = present
            wanted.code = kind.code
            wanted.width = wishes.width ?? present.width
            wanted.height = wishes.height ?? present.height
            let given = try wanted == present ? present : device.setFormat(wanted)
            if given.code == kind.code { return (kind, given) }
        }
        throw VideoFault(ENOTSUP)
    }

    fileprivate static func opening(_ source: SourceDescription, _ fault: VideoFault) -> StreamError {
        let url = source.url
        switch fault.number {
        case ENOENT, ENODEV, ENXIO:
            return StreamError(.unreachable, "\(url) is not there; is the camera plugged in?")
        case EACCES, EPERM:
            return StreamError(.notReadable, "\(url) may not be used; is the service's user in the group video?")
        case EBUSY: return StreamError(.unreachable, "\(url) is used by another program")
        case ENOTTY, EINVAL: return StreamError(.noVideoStream, "\(url) is no device that captures video")
        case ENOTSUP:
            return StreamError(.unsupportedCodec, "\(url) offers no format of pictures that is asked for or understood")
        case ENOMEM: return StreamError.noMemory(source)
        default: return StreamError(.unreachable, "\(url) cannot be opened (\(text(fault)))")
        }
    }

    private static func text(_ fault: VideoFault) -> String { String(cString: strerror(fault.number)) }

    // MARK: Pictures

    private func picture(_ bytes: UnsafeRawBufferPointer, _ stamp: VideoStamp) throws(StreamError) -> Picture {
        let time = stamp.time ?? .nanoseconds(interrupt.now.nanoseconds)
        // Drivers that do not count say 0 every time.
        let isLate = lastSequence.map { stamp.sequence < $0 && $0 - stamp.sequence < 1000 } ?? false
        if !isLate { lastSequence = stamp.sequence }
        let needed = kind == .mjpeg ? 1 : format.bytesPerRow * (format.height - 1) + format.width * kind.bytesPerPixel
        guard !stamp.isDamaged, !isLate, bytes.count >= needed, let base = bytes.baseAddress else {
            badPictures += 1
            return Picture(pixels: nil, time: time)
        }
        if let jpegs { return Picture(pixels: try jpegs.decode(bytes, &info), time: time) }
        if let mask = kind.mask {
            let pixels = memory.take(width: format.width, height: format.height, format: .gray16)
            DeepGray.copy(
                base, bytesPerRow: format.bytesPerRow, isBigEndian: kind == .y16be, mask: mask, into: pixels)
            return Picture(pixels: pixels, time: time)
        }
        guard let frame else { throw StreamError.noMemory(source) }
        frame.pointee.data.0 = UnsafeMutablePointer(mutating: base.assumingMemoryBound(to: UInt8.self))
        frame.pointee.linesize.0 = Int32(clamping: format.bytesPerRow)
        frame.pointee.height = Int32(format.height)
        defer { frame.pointee.data.0 = nil }
        return Picture(pixels: converter.convert(frame, shape), time: time)
    }

    private var shape: PictureShape {
        let pixels: AVPixelFormat =
            switch kind {
            case .yuyv: AV_PIX_FMT_YUYV422
            case .uyvy: AV_PIX_FMT_UYVY422
            case .grey: AV_PIX_FMT_GRAY8
            case .mjpeg: AV_PIX_FMT_YUVJ420P
            case .y10, .y12, .y16, .y16be: AV_PIX_FMT_GRAY16LE
            }
        return PictureShape(
            width: format.width, height: format.height, format: pixels.rawValue, aspect: AVRational(num: 1, den: 1),
            orientation: .upright)
    }
}

extension DeviceRequest.Format {
    /// Video4Linux's code.
    package var code: UInt32 {
        let letters: String =
            switch self {
            case .yuyv: "YUYV"
            case .uyvy: "UYVY"
            case .mjpeg: "MJPG"
            case .grey: "GREY"
            case .y10: "Y10 "
            case .y12: "Y12 "
            case .y16, .y16be: "Y16 "
            }
        let code = letters.utf8.reversed().reduce(0) { $0 << 8 | UInt32($1) }
        return self == .y16be ? mon_video_big_endian(code) : code
    }

    /// Bits of a 16-bit sample that mean something: drivers leave anything in the others. Nil for other formats.
    var mask: UInt16? {
        switch self {
        case .y10: 0x3FF
        case .y12: 0xFFF
        case .y16, .y16be: .max
        case .yuyv, .uyvy, .mjpeg, .grey: nil
        }
    }

    /// Of pictures that are not compressed.
    var bytesPerPixel: Int { self == .grey ? 1 : 2 }
}

extension SourceDescription {
    func openDevice(interrupt: Interrupt, memory: any PictureMemory) throws(StreamError) -> DeviceReader {
        var status = stat()
        guard stat(url.secret, &status) == 0 || errno != ENOENT else {
            // A confined process may only say that it has no right to what was not there when it began.
            throw StreamError(.unreachable, "\(url) is not there; is the camera plugged in?")
        }
        let device: KernelVideoDevice
        do throws(VideoFault) {
            device = try KernelVideoDevice(url.secret)
        } catch {
            throw DeviceReader.opening(self, error)
        }
        return try DeviceReader(self, device: device, interrupt: interrupt, memory: memory)
    }
}
