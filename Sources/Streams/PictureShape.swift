internal import CLibAV

/// What must be known of a decoded picture to turn it into one of ours.
struct PictureShape: Equatable {
    /// As decoded, in pixels.
    var width: Int
    var height: Int
    /// libav's pixel format.
    var format: Int32
    /// Width of a pixel in heights.
    var pixelAspect = 1.0
    var orientation = Orientation.upright
    /// Whether its rows come from two moments in turn.
    var isInterlaced = false
    var space = AVCOL_SPC_UNSPECIFIED
    var range = AVCOL_RANGE_UNSPECIFIED

    init(width: Int, height: Int, format: Int32, aspect: AVRational, orientation: Orientation) {
        (self.width, self.height, self.format) = (width, height, format)
        self.orientation = orientation
        guard aspect.num > 0, aspect.den > 0 else { return }
        let ratio = Double(aspect.num) / Double(aspect.den)
        if (0.25...4).contains(ratio) { pixelAspect = ratio }
    }

    /// - Parameter orientation: what the container says; the picture's own word counts more.
    init(_ frame: UnsafeMutablePointer<AVFrame>, _ orientation: Orientation) {
        var upright = orientation
        if let data = av_frame_get_side_data(frame, AV_FRAME_DATA_DISPLAYMATRIX) {
            upright = Orientation(data.pointee.data, count: data.pointee.size)
        }
        self.init(
            width: Int(frame.pointee.width), height: Int(frame.pointee.height), format: frame.pointee.format,
            aspect: frame.pointee.sample_aspect_ratio, orientation: upright)
        isInterlaced = frame.pointee.interlaced_frame != 0 && height >= 16
        space = frame.pointee.colorspace
        range = frame.pointee.color_range
    }

    /// Whether the picture is handed out as `gray16`.
    var isDeepGray: Bool { isBigEndian != nil }

    /// Byte order of a deep gray format; nil for every other format.
    var isBigEndian: Bool? {
        switch AVPixelFormat(format) {
        case AV_PIX_FMT_GRAY16LE, AV_PIX_FMT_GRAY14LE, AV_PIX_FMT_GRAY12LE, AV_PIX_FMT_GRAY10LE, AV_PIX_FMT_GRAY9LE:
            false
        case AV_PIX_FMT_GRAY16BE, AV_PIX_FMT_GRAY14BE, AV_PIX_FMT_GRAY12BE, AV_PIX_FMT_GRAY10BE, AV_PIX_FMT_GRAY9BE:
            true
        default: nil
        }
    }

    /// Whether black is 0 and white the largest value, rather than 16 and 235.
    var isFullRange: Bool {
        if range != AVCOL_RANGE_UNSPECIFIED { return range == AVCOL_RANGE_JPEG }
        return switch AVPixelFormat(format) {
        case AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUVJ444P, AV_PIX_FMT_YUVJ440P, AV_PIX_FMT_YUVJ411P,
            AV_PIX_FMT_GRAY8:
            true
        default: false
        }
    }
}
