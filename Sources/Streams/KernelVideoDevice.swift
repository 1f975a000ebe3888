internal import CVideoDevice
internal import Glibc

/// A device of Video4Linux, streaming through buffers that driver and process share.
final class KernelVideoDevice: VideoDevice {
    private let device: Int32
    private var buffers: [UnsafeMutableRawBufferPointer] = []
    private var isStreaming = false

    private static let bufferCount: UInt32 = 4

    init(_ path: String) throws(VideoFault) {
        var device: Int32 = -1
        try Self.check(mon_video_open(path, &device))
        self.device = device
    }

    deinit {
        if isStreaming { mon_video_stop(device) }
        for buffer in buffers { mon_video_unmap(buffer.baseAddress, UInt64(buffer.count)) }
        mon_video_close(device)
    }

    private static func check(_ number: Int32) throws(VideoFault) {
        guard number == 0 else { throw VideoFault(number) }
    }

    func check() throws(VideoFault) { try Self.check(mon_video_check(device)) }

    func offered() throws(VideoFault) -> [UInt32] {
        var codes: [UInt32] = []
        var code: UInt32 = 0
        while codes.count < 256, mon_video_offered(device, UInt32(codes.count), &code) == 0 { codes.append(code) }
        return codes
    }

    func format() throws(VideoFault) -> VideoFormat {
        var format = mon_video_format()
        try Self.check(mon_video_get_format(device, &format))
        return VideoFormat(format)
    }

    func setFormat(_ wanted: VideoFormat) throws(VideoFault) -> VideoFormat {
        var format = mon_video_format(
            code: wanted.code, width: UInt32(clamping: wanted.width), height: UInt32(clamping: wanted.height),
            bytes_per_row: 0, size: 0)
        try Self.check(mon_video_set_format(device, &format))
        return VideoFormat(format)
    }

    func rate(asking wanted: Double?) throws(VideoFault) -> Double? {
        var (numerator, denominator) = (UInt32(1000), UInt32(1000))
        if let wanted {
            denominator = UInt32(clamping: Int(wanted * 1000))
            _ = mon_video_set_interval(device, &numerator, &denominator)
        } else if mon_video_get_interval(device, &numerator, &denominator) != 0 {
            return nil
        }
        return numerator > 0 && denominator > 0 ? Double(denominator) / Double(numerator) : nil
    }

    func start() throws(VideoFault) {
        var count = Self.bufferCount
        try Self.check(mon_video_buffers(device, &count))
        guard count >= 2 else { throw VideoFault(ENOMEM) }
        for index in 0..<count {
            var memory: UnsafeMutableRawPointer?
            var size: UInt64 = 0
            try Self.check(mon_video_map(device, index, &memory, &size))
            buffers.append(UnsafeMutableRawBufferPointer(start: memory, count: Int(size)))
            try Self.check(mon_video_queue(device, index))
        }
        try Self.check(mon_video_start(device))
        isStreaming = true
    }

    func wait(milliseconds: Int32) throws(VideoFault) -> Bool {
        let result = mon_video_wait(device, milliseconds)
        guard result >= 0 else { throw VideoFault(-result) }
        return result > 0
    }

    func take<Result>(
        _ body: (UnsafeRawBufferPointer, VideoStamp) throws(StreamError) -> Result
    ) throws(VideoFault) -> Swift.Result<Result, StreamError>? {
        var taken = mon_video_buffer()
        let number = mon_video_dequeue(device, &taken)
        if number == EAGAIN { return nil }
        try Self.check(number)
        guard Int(taken.index) < buffers.count else { throw VideoFault(EIO) }
        let memory = buffers[Int(taken.index)]
        let bytes = UnsafeRawBufferPointer(rebasing: memory[..<min(Int(taken.used), memory.count)])
        let stamp = VideoStamp(
            sequence: taken.sequence, isDamaged: taken.is_damaged != 0,
            time: taken.is_monotonic != 0 ? .nanoseconds(taken.nanoseconds) : nil)
        let result: Swift.Result<Result, StreamError>
        do throws(StreamError) {
            result = .success(try body(bytes, stamp))
        } catch {
            result = .failure(error)
        }
        try Self.check(mon_video_queue(device, taken.index))
        return result
    }
}

extension VideoFormat {
    fileprivate init(_ format: mon_video_format) {
        self.init(
            code: format.code, width: Int(format.width), height: Int(format.height),
            bytesPerRow: Int(format.bytes_per_row))
    }
}
