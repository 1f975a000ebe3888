import Basics
import Foundation
import Imaging
import Streams
import TestSupport
import Testing

/// A camera that does what a test tells it to. No real device was ever seen by these tests.
private final class FakeDevice: VideoDevice {
    enum Step {
        case picture([UInt8], sequence: UInt32? = nil, isDamaged: Bool = false)
        /// Nothing is there, for some waits.
        case silence(Int)
        case fault(Int32)
    }

    var formats: [UInt32]
    var present: VideoFormat
    var padding = 0
    var steps: [Step] = []
    var isCapturing = true
    var startFault: Int32?
    var hasTime = true
    private(set) var isStarted = false
    private(set) var askedRate: Double?
    private let clocks: ManualClocks
    private var count: UInt32 = 0

    init(_ formats: [DeviceRequest.Format], width: Int, height: Int, padding: Int = 0, clocks: ManualClocks) {
        self.formats = formats.map(\.code)
        self.clocks = clocks
        self.padding = padding
        present = VideoFormat(code: 0, width: 0, height: 0, bytesPerRow: 0)
        present = sized(VideoFormat(code: self.formats[0], width: width, height: height, bytesPerRow: 0))
    }

    private func sized(_ format: VideoFormat) -> VideoFormat {
        var format = format
        let bytes = format.code == DeviceRequest.Format.grey.code ? 1 : 2
        format.bytesPerRow = format.code == DeviceRequest.Format.mjpeg.code ? 0 : format.width * bytes + padding
        return format
    }

    func check() throws(VideoFault) { if !isCapturing { throw VideoFault(ENOTTY) } }
    func offered() throws(VideoFault) -> [UInt32] { formats }
    func format() throws(VideoFault) -> VideoFormat { present }

    func setFormat(_ format: VideoFormat) throws(VideoFault) -> VideoFormat {
        // As drivers do: an unknown format becomes the first one, an impossible size the nearest.
        var given = format
        if !formats.contains(given.code) { given.code = formats[0] }
        given.width = min(given.width, 640)
        present = sized(given)
        return present
    }

    func rate(asking wanted: Double?) throws(VideoFault) -> Double? {
        askedRate = wanted
        return wanted.map { min($0, 30) }
    }

    func start() throws(VideoFault) {
        if let startFault { throw VideoFault(startFault) }
        isStarted = true
    }

    func wait(milliseconds: Int32) throws(VideoFault) -> Bool {
        guard let step = steps.first else {
            clocks.advance(by: .milliseconds(Int64(milliseconds)))
            return false
        }
        guard case .silence(let left) = step else { return true }
        clocks.advance(by: .milliseconds(Int64(milliseconds)))
        if left > 1 { steps[0] = .silence(left - 1) } else { steps.removeFirst() }
        return false
    }

    func take<Result>(
        _ body: (UnsafeRawBufferPointer, VideoStamp) throws(StreamError) -> Result
    ) throws(VideoFault) -> Swift.Result<Result, StreamError>? {
        guard !steps.isEmpty else { return nil }
        switch steps.removeFirst() {
        case .silence: return nil
        case .fault(let number): throw VideoFault(number)
        case .picture(let bytes, let sequence, let isDamaged):
            let time = Duration.seconds(100) + .milliseconds(Int64(count) * 40)
            let stamp = VideoStamp(sequence: sequence ?? count, isDamaged: isDamaged, time: hasTime ? time : nil)
            count += 1
            // A copy of exactly this size: what is read beyond it is found by the address sanitizer.
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
            defer { memory.deallocate() }
            memory.copyBytes(from: bytes)
            do throws(StreamError) {
                return .success(try body(UnsafeRawBufferPointer(memory), stamp))
            } catch {
                return .failure(error)
            }
        }
    }
}

@Suite struct DeviceTests {
    private let clocks = ManualClocks()

    private func reader(_ device: FakeDevice, _ change: (inout SourceDescription) -> Void = { _ in }) throws
        -> DeviceReader
    {
        var source = SourceDescription(url: try CameraURL("/dev/v4l/by-id/usb-Fake-video-index0"))
        change(&source)
        return try DeviceReader(
            source, device: device, interrupt: Interrupt(clocks: clocks), memory: PixelBufferPool(capacity: 4))
    }

    /// Rows of 16-bit samples, padded with noise; bits beyond `mask` are noise, too.
    private func rows(_ values: [UInt16], width: Int, padding: Int, isBigEndian: Bool, mask: UInt16) -> [UInt8] {
        var random = SeededGenerator(seed: 4)
        var bytes: [UInt8] = []
        for (index, value) in values.enumerated() {
            let dirty = value | UInt16(truncatingIfNeeded: random.next()) & ~mask
            let pair = [UInt8(dirty & 255), UInt8(dirty >> 8)]
            bytes += isBigEndian ? pair.reversed() : pair
            if index % width == width - 1 {
                bytes += (0..<padding).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            }
        }
        return bytes
    }

    @Test(
        arguments: [
            (DeviceRequest.Format.y10, UInt16(0x3FF)), (.y12, 0xFFF), (.y16, .max), (.y16be, .max),
        ], [(16, 0), (257, 6), (321, 62), (1, 2)])
    func `all values of all depths arrive bit for bit, whatever stands in unused bits and behind rows`(
        _ kind: (format: DeviceRequest.Format, mask: UInt16), _ shape: (width: Int, padding: Int)
    ) throws {
        let height = shape.width == 1 ? 300 : (Int(kind.mask) + 1) / shape.width + 1
        let device = FakeDevice(
            [kind.format], width: shape.width, height: height, padding: shape.padding, clocks: clocks)
        let pictures = (0..<3).map { picture in
            (0..<shape.width * height).map { UInt16(truncatingIfNeeded: $0 + picture * 21845) & kind.mask }
        }
        for values in pictures {
            let bytes = rows(
                values, width: shape.width, padding: shape.padding, isBigEndian: kind.format == .y16be, mask: kind.mask)
            // The padding of the last row may be missing.
            device.steps.append(.picture(Array(bytes.dropLast(shape.padding))))
        }
        let reader = try reader(device)
        #expect(reader.info.format == .gray16 && reader.info.width == shape.width && reader.info.height == height)
        for (index, values) in pictures.enumerated() {
            let picture = try #require(try reader.next())
            #expect(try #require(picture.pixels).samples16.elementsEqual(values))
            #expect(picture.time == .seconds(100) + .milliseconds(40 * index))
        }
    }

    @Test(arguments: [DeviceRequest.Format.yuyv, .uyvy, .grey], [0, 10])
    func `colours and grays are converted, padded or not`(_ format: DeviceRequest.Format, _ padding: Int) throws {
        let device = FakeDevice([format], width: 34, height: 5, padding: padding, clocks: clocks)
        // Black, middle gray and white by rows, in each format's own range.
        let levels: [UInt8] = format == .grey ? [0, 64, 128, 192, 255] : [16, 71, 126, 180, 235]
        var bytes: [UInt8] = []
        for level in levels {
            for x in 0..<34 {
                switch format {
                case .grey: bytes.append(level)
                case .yuyv: bytes += [level, 128]
                default: bytes += [128, level]
                }
                _ = x
            }
            bytes += [UInt8](repeating: 99, count: padding)
        }
        device.steps = [.picture(bytes)]
        let pixels = try #require(try reader(device).next()?.pixels)
        #expect(pixels.format == .rgb24 && pixels.width == 34 && pixels.height == 5)
        for (row, expected) in [0, 64, 128, 192, 255].enumerated() {
            for x in 0..<34 * 3 { #expect(abs(Int(pixels.bytes[row * 34 * 3 + x]) - expected) <= 3) }
        }
    }

    @Test(.enabled(if: Tool.hasFFmpeg, "ffmpeg is not installed"))
    func `motion JPEG is decoded, and a broken one left out`() throws {
        let folder = TemporaryFolder()
        let picture = Media.squares(width: 64, height: 48)
        try Media.encode(
            picture, width: 64, height: 48, count: 1, ["-pix_fmt", "yuvj422p", "-q:v", "2"], to: folder.file("a.jpg"),
            in: folder)
        let jpeg = [UInt8](try Data(contentsOf: URL(filePath: folder.file("a.jpg"))))
        let device = FakeDevice([.mjpeg], width: 64, height: 48, clocks: clocks)
        device.steps = [.picture(jpeg), .picture([1, 2, 3]), .picture([]), .picture(jpeg)]
        let reader = try reader(device)
        let pictures = try (0..<4).map { _ in try #require(try reader.next()).pixels }
        #expect(pictures.map { $0 != nil } == [true, false, false, true])
        #expect(pictures[0]?.width == 64 && reader.info.codec == "mjpeg" && reader.decodeErrors == 2)
    }

    @Test func `the wish decides, then what the driver does already, then the first that is understood`() throws {
        let both = FakeDevice([.yuyv, .y16], width: 32, height: 24, clocks: clocks)
        #expect(try reader(both).info.format == .rgb24)
        let wished = try reader(both) {
            $0.device.format = .y16
            $0.device.width = 4000
            $0.device.framesPerSecond = 60
        }
        // The driver gives the nearest to what it cannot.
        #expect(wished.info.format == .gray16 && wished.info.width == 640 && wished.info.framesPerSecond == 30)
        let unknown = FakeDevice([.y12], width: 32, height: 24, clocks: clocks)
        unknown.formats.insert(0x3231_564E, at: 0)
        unknown.present.code = 0x3231_564E
        #expect(try reader(unknown).info.codec == "y12")
    }

    @Test func `what cannot be opened has its reason, and all but nonsense is tried again`() throws {
        func code(_ change: (FakeDevice) -> Void, _ wish: DeviceRequest.Format? = nil) -> StreamError.Code? {
            let device = FakeDevice([.yuyv], width: 32, height: 24, clocks: clocks)
            change(device)
            return Media.error { _ = try reader(device) { $0.device.format = wish } }?.code
        }
        #expect(code({ $0.isCapturing = false }) == .noVideoStream)
        #expect(code({ $0.startFault = EBUSY }) == .unreachable)
        #expect(code({ $0.startFault = EACCES }) == .notReadable)
        #expect(code({ $0.startFault = ENODEV }) == .unreachable)
        #expect(code({ _ in }, .y16) == .unsupportedCodec)
        #expect(code({ $0.formats = [7] }) == .unsupportedCodec)
        #expect(code({ $0.present.bytesPerRow = 3 }) == .damaged)
        #expect(code({ $0.present.width = 1 << 30 }) == .damaged)
        let missing = try Media.source("v4l2:/dev/v4l/by-id/not-there")
        let error = Media.error {
            _ = try missing.open(interrupt: Interrupt(clocks: clocks), memory: PixelBufferPool(capacity: 1))
        }
        #expect(error?.code == .unreachable && missing.isLive)
    }

    @Test func `short, damaged and late pictures are counted and left out`() throws {
        let device = FakeDevice([.y16], width: 8, height: 4, clocks: clocks)
        let whole = [UInt8](repeating: 7, count: 64)
        device.steps = [
            .picture(whole), .picture(Array(whole.dropLast())), .picture([]), .picture(whole, isDamaged: true),
            .picture(whole, sequence: 9), .picture(whole, sequence: 5), .picture(whole, sequence: 10),
        ]
        let reader = try reader(device)
        let isWhole = try (0..<7).map { _ in try #require(try reader.next()).pixels != nil }
        #expect(isWhole == [true, false, false, false, true, false, true] && reader.decodeErrors == 4)
    }

    @Test func `a driver that does not count or tell the time is read nevertheless`() throws {
        let device = FakeDevice([.y16], width: 8, height: 4, clocks: clocks)
        device.hasTime = false
        device.steps = (0..<4).flatMap { _ in
            [.picture([UInt8](repeating: 1, count: 64), sequence: 0), FakeDevice.Step.silence(1)]
        }
        let reader = try reader(device)
        let times = try (0..<4).map { _ in try #require(try reader.next()).time }
        #expect(times == times.compactMap { $0 }.sorted() && Set(times).count == 4)
    }

    @Test func `a weak signal is stood, an unplugged camera and a silent one are told`() throws {
        let whole = FakeDevice.Step.picture([UInt8](repeating: 7, count: 64))
        let device = FakeDevice([.y16], width: 8, height: 4, clocks: clocks)
        device.steps = [.fault(EIO), .fault(EIO), whole, .silence(10), whole, .fault(ENODEV)]
        let reader = try reader(device)
        #expect(try reader.next()?.pixels != nil && reader.decodeErrors == 2)
        #expect(try reader.next()?.pixels != nil)
        #expect(Media.error { _ = try reader.next() }?.code == .connectionLost)
        device.steps = [FakeDevice.Step](repeating: .fault(EIO), count: 40)
        #expect(Media.error { _ = try reader.next() }?.code == .connectionLost)
        device.steps = []
        let start = clocks.monotonic()
        #expect(Media.error { _ = try reader.next() }?.code == .stalled)
        #expect(clocks.monotonic() - start < .seconds(3))
    }

    @Test func `a stopped reader returns at once`() throws {
        let device = FakeDevice([.y16], width: 8, height: 4, clocks: clocks)
        let source = SourceDescription(url: try CameraURL("/dev/video9"))
        let interrupt = Interrupt(clocks: clocks)
        let reader = try DeviceReader(
            source, device: device, interrupt: interrupt, memory: PixelBufferPool(capacity: 1))
        interrupt.cancel()
        #expect(Media.error { _ = try reader.next() }?.code == .stopped)
    }
}
