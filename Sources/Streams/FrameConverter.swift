internal import CLibAV
internal import Imaging

/// Turns decoded pictures of any pixel format into ours: `rgb24`, or `gray16` with the values untouched.
///
/// Follows changes of size and format. Used by the capture thread only.
final class FrameConverter {
    private let maximumWidth: Int?
    private let memory: any PictureMemory
    private var scaler: OpaquePointer?
    private var key = Key()
    /// Padded rows for the scaler; nil when the picture's own rows are safe to write.
    private var scratch: UnsafeMutableRawPointer?
    private var scratchStride = 0
    private var targets = [UnsafeMutablePointer<UInt8>?](repeating: nil, count: 4)
    private var targetStrides = [Int32](repeating: 0, count: 4)

    private struct Key: Equatable {
        var width: Int32 = 0
        var height: Int32 = 0
        var format: Int32 = -1
        var space: UInt32 = 0
        var range: UInt32 = 0
    }

    /// - Parameter memory: where the pictures are put.
    init(maximumWidth: Int?, memory: any PictureMemory) {
        self.maximumWidth = maximumWidth
        self.memory = memory
    }

    deinit {
        sws_freeContext(scaler)
        scratch?.deallocate()
    }

    /// Whether a libav pixel format is handed out as `gray16`.
    static func isDeepGray(_ format: Int32) -> Bool { bigEndian(format) != nil }

    /// Byte order of a deep gray format; nil for every other format.
    private static func bigEndian(_ format: Int32) -> Bool? {
        switch AVPixelFormat(format) {
        case AV_PIX_FMT_GRAY16LE, AV_PIX_FMT_GRAY14LE, AV_PIX_FMT_GRAY12LE, AV_PIX_FMT_GRAY10LE, AV_PIX_FMT_GRAY9LE:
            false
        case AV_PIX_FMT_GRAY16BE, AV_PIX_FMT_GRAY14BE, AV_PIX_FMT_GRAY12BE, AV_PIX_FMT_GRAY10BE, AV_PIX_FMT_GRAY9BE:
            true
        default: nil
        }
    }

    /// Size of what `convert` returns. Thermal pictures are never scaled: their values are measurements.
    func outputSize(width: Int, height: Int, format: Int32) -> (width: Int, height: Int) {
        guard let maximumWidth, width > maximumWidth, !Self.isDeepGray(format) else { return (width, height) }
        return (maximumWidth, max(1, (height * maximumWidth + width / 2) / width))
    }

    /// The picture in our format; nil when libav cannot convert it.
    func convert(_ frame: UnsafeMutablePointer<AVFrame>) -> PixelBuffer? {
        let width = Int(frame.pointee.width)
        let height = Int(frame.pointee.height)
        guard width > 0, height > 0 else { return nil }
        if let bigEndian = Self.bigEndian(frame.pointee.format) {
            return copyDeepGray(frame, width, height, bigEndian)
        }
        let size = outputSize(width: width, height: height, format: frame.pointee.format)
        guard prepareScaler(for: frame, size) else { return nil }
        let buffer = memory.take(width: size.width, height: size.height, format: .rgb24)
        let stride = scratch == nil ? buffer.bytesPerRow : scratchStride
        targets[0] = (scratch ?? buffer.mutableBytes.baseAddress)?.assumingMemoryBound(to: UInt8.self)
        targetStrides[0] = Int32(stride)
        let rows = frame.withPlanes { planes, strides in
            planes.withMemoryRebound(to: UnsafePointer<UInt8>?.self, capacity: 8) { planes in
                sws_scale(scaler, planes, strides, 0, frame.pointee.height, targets, targetStrides)
            }
        }
        guard rows == Int32(size.height) else { return nil }
        if let scratch, let output = buffer.mutableBytes.baseAddress {
            for row in 0..<size.height {
                (output + row * buffer.bytesPerRow).copyMemory(
                    from: scratch + row * stride, byteCount: buffer.bytesPerRow)
            }
        }
        return buffer
    }

    private func prepareScaler(for frame: UnsafeMutablePointer<AVFrame>, _ size: (width: Int, height: Int)) -> Bool {
        let fresh = Key(
            width: frame.pointee.width, height: frame.pointee.height, format: frame.pointee.format,
            space: frame.pointee.colorspace.rawValue, range: frame.pointee.color_range.rawValue)
        if fresh == key { return scaler != nil }
        sws_freeContext(scaler)
        key = fresh
        prepareScratch(size)
        let isSameSize = size.width == Int(fresh.width) && size.height == Int(fresh.height)
        scaler = sws_getContext(
            fresh.width, fresh.height, AVPixelFormat(fresh.format), Int32(size.width), Int32(size.height),
            AV_PIX_FMT_RGB24, isSameSize ? SWS_BILINEAR : SWS_AREA, nil, nil, nil)
        if let scaler, fresh.range == AVCOL_RANGE_JPEG.rawValue || fresh.space == AVCOL_SPC_BT709.rawValue {
            let space = fresh.space == AVCOL_SPC_BT709.rawValue ? SWS_CS_ITU709 : SWS_CS_DEFAULT
            sws_setColorspaceDetails(
                scaler, sws_getCoefficients(space), fresh.range == AVCOL_RANGE_JPEG.rawValue ? 1 : 0,
                sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16, 1 << 16)
        }
        return scaler != nil
    }

    /// swscale writes whole vectors and runs past the end of rows that are not multiples of 16 pixels.
    private func prepareScratch(_ size: (width: Int, height: Int)) {
        scratch?.deallocate()
        scratch = nil
        guard size.width % 16 != 0 else { return }
        scratchStride = (size.width * 3 + 127) / 64 * 64
        scratch = .allocate(byteCount: scratchStride * size.height + 64, alignment: 64)
    }

    private func copyDeepGray(
        _ frame: UnsafeMutablePointer<AVFrame>, _ width: Int, _ height: Int, _ bigEndian: Bool
    ) -> PixelBuffer? {
        let buffer = memory.take(width: width, height: height, format: .gray16)
        guard let target = buffer.mutableBytes.baseAddress else { return nil }
        return frame.withPlanes { planes, strides in
            guard let source = planes[0] else { return nil }
            for row in 0..<height {
                let line = UnsafeRawPointer(source + row * Int(strides[0]))
                let output = target + row * buffer.bytesPerRow
                if bigEndian {
                    let samples = output.assumingMemoryBound(to: UInt16.self)
                    for x in 0..<width {
                        samples[x] = UInt16(bigEndian: line.loadUnaligned(fromByteOffset: x * 2, as: UInt16.self))
                    }
                } else {
                    output.copyMemory(from: line, byteCount: buffer.bytesPerRow)
                }
            }
            return buffer
        }
    }
}

extension UnsafeMutablePointer<AVFrame> {
    /// The plane pointers and line sizes, which C keeps in arrays of eight.
    fileprivate func withPlanes<Result>(
        _ body: (UnsafePointer<UnsafeMutablePointer<UInt8>?>, UnsafePointer<Int32>) -> Result
    ) -> Result {
        withUnsafePointer(to: &pointee.data) { planes in
            withUnsafePointer(to: &pointee.linesize) { strides in
                planes.withMemoryRebound(to: UnsafeMutablePointer<UInt8>?.self, capacity: 8) { planes in
                    strides.withMemoryRebound(to: Int32.self, capacity: 8) { strides in body(planes, strides) }
                }
            }
        }
    }
}
