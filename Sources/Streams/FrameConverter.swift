internal import CLibAV
internal import Imaging

/// Turns decoded pictures of any pixel format into ours: upright, with square pixels, as `rgb24`, or as `gray16` with the
/// values untouched.
///
/// Follows changes of size, format, colours and orientation. Used by the capture thread only.
final class FrameConverter {
    private let maximumWidth: Int?
    private let memory: any PictureMemory
    /// For pictures that are still to be turned.
    private let lyingPool = PixelBufferPool(capacity: 1)
    private var scaler: OpaquePointer?
    private var prepared: PictureShape?
    /// Padded rows for the scaler; nil when the picture's own rows are safe to write.
    private var scratch: UnsafeMutableRawPointer?
    private var scratchStride = 0
    private var targets = [UnsafeMutablePointer<UInt8>?](repeating: nil, count: 4)
    private var targetStrides = [Int32](repeating: 0, count: 4)
    private var strides = [Int32](repeating: 0, count: 8)

    /// - Parameter memory: where the pictures are put.
    init(maximumWidth: Int?, memory: any PictureMemory) {
        self.maximumWidth = maximumWidth
        self.memory = memory
    }

    deinit {
        sws_freeContext(scaler)
        scratch?.deallocate()
    }

    /// Size of what `convert` returns. Thermal pictures are never scaled: their values are measurements.
    func outputSize(_ shape: PictureShape) -> (width: Int, height: Int) {
        var (width, height) = (shape.width, shape.height)
        if !shape.isDeepGray {
            let square = max(1, Int((Double(width) * shape.pixelAspect).rounded()))
            // Being wider must not make a picture larger than any may be.
            if square <= width || square * height <= PictureDecoder.pixelLimit { width = square }
        }
        (width, height) = shape.orientation.size(width: width, height: height)
        guard let maximumWidth, width > maximumWidth, !shape.isDeepGray else { return (width, height) }
        return (maximumWidth, max(1, (height * maximumWidth + width / 2) / width))
    }

    /// The picture in our format; nil when libav cannot convert it.
    func convert(_ frame: UnsafeMutablePointer<AVFrame>, _ shape: PictureShape) -> PixelBuffer? {
        guard shape.width > 0, shape.height > 0 else { return nil }
        let size = outputSize(shape)
        let isUpright = shape.orientation == .upright
        let lying = shape.orientation.size(width: size.width, height: size.height)
        let format: PixelFormat = shape.isDeepGray ? .gray16 : .rgb24
        let place: any PictureMemory = isUpright ? memory : lyingPool
        let buffer = place.take(width: lying.width, height: lying.height, format: format)
        if let bigEndian = shape.isBigEndian {
            guard copyDeepGray(frame, shape, bigEndian, into: buffer) else { return nil }
        } else {
            guard scale(frame, shape, into: buffer) else { return nil }
        }
        guard !isUpright else { return buffer }
        let turned = memory.take(width: size.width, height: size.height, format: format)
        shape.orientation.turn(buffer, into: turned)
        return turned
    }

    // MARK: Colour pictures

    private func scale(
        _ frame: UnsafeMutablePointer<AVFrame>, _ shape: PictureShape, into buffer: PixelBuffer
    ) -> Bool {
        guard prepareScaler(for: shape, buffer) else { return false }
        let stride = scratch == nil ? buffer.bytesPerRow : scratchStride
        targets[0] = (scratch ?? buffer.mutableBytes.baseAddress)?.assumingMemoryBound(to: UInt8.self)
        targetStrides[0] = Int32(stride)
        let rows = frame.withPlanes { planes, frameStrides in
            // Every second row is one moment; the scaler fills in the other rows.
            for plane in 0..<8 { strides[plane] = frameStrides[plane] * (shape.isInterlaced ? 2 : 1) }
            return planes.withMemoryRebound(to: UnsafePointer<UInt8>?.self, capacity: 8) { planes in
                sws_scale(scaler, planes, strides, 0, Self.rows(shape), targets, targetStrides)
            }
        }
        guard rows == Int32(buffer.height) else { return false }
        guard let scratch, let output = buffer.mutableBytes.baseAddress else { return true }
        for row in 0..<buffer.height {
            (output + row * buffer.bytesPerRow).copyMemory(
                from: scratch + row * stride, byteCount: buffer.bytesPerRow)
        }
        return true
    }

    private static func rows(_ shape: PictureShape) -> Int32 {
        Int32(shape.isInterlaced ? (shape.height + 1) / 2 : shape.height)
    }

    private func prepareScaler(for shape: PictureShape, _ buffer: PixelBuffer) -> Bool {
        if shape == prepared { return scaler != nil }
        sws_freeContext(scaler)
        prepared = shape
        prepareScratch(buffer)
        let isSmaller = buffer.width < shape.width || buffer.height < shape.height
        scaler = sws_getContext(
            Int32(shape.width), Self.rows(shape), AVPixelFormat(shape.format), Int32(buffer.width),
            Int32(buffer.height), AV_PIX_FMT_RGB24, isSmaller ? SWS_AREA : SWS_BILINEAR, nil, nil, nil)
        guard let scaler else { return false }
        let space =
            switch shape.space {
            case AVCOL_SPC_BT709: SWS_CS_ITU709
            case AVCOL_SPC_BT2020_NCL, AVCOL_SPC_BT2020_CL: SWS_CS_BT2020
            case AVCOL_SPC_SMPTE240M: SWS_CS_SMPTE240M
            case AVCOL_SPC_FCC: SWS_CS_FCC
            default: SWS_CS_DEFAULT
            }
        // Formats that are no luminance and chrominance refuse this, and need none of it.
        sws_setColorspaceDetails(
            scaler, sws_getCoefficients(space), shape.isFullRange ? 1 : 0, sws_getCoefficients(SWS_CS_DEFAULT), 1, 0,
            1 << 16, 1 << 16)
        return true
    }

    /// swscale writes whole vectors and runs past the end of rows that are not multiples of 16 pixels.
    private func prepareScratch(_ buffer: PixelBuffer) {
        scratch?.deallocate()
        scratch = nil
        guard buffer.width % 16 != 0 else { return }
        scratchStride = (buffer.width * 3 + 127) / 64 * 64
        scratch = .allocate(byteCount: scratchStride * buffer.height + 64, alignment: 64)
    }

    // MARK: Thermal pictures

    private func copyDeepGray(
        _ frame: UnsafeMutablePointer<AVFrame>, _ shape: PictureShape, _ bigEndian: Bool, into buffer: PixelBuffer
    ) -> Bool {
        frame.withPlanes { planes, strides in
            guard let source = planes[0] else { return false }
            DeepGray.copy(
                UnsafeRawPointer(source), bytesPerRow: Int(strides[0]), isBigEndian: bigEndian, mask: .max, into: buffer
            )
            return true
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
