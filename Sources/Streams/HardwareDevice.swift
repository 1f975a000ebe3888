internal import CLibAV

/// A device that decodes in hardware. Where it cannot, libavcodec decodes in software by itself.
final class HardwareDevice {
    let name: String
    private var device: UnsafeMutablePointer<AVBufferRef>?
    private var copy: UnsafeMutablePointer<AVFrame>?

    /// Nil when this machine has no such device.
    init?(_ kind: AVHWDeviceType) {
        name = av_hwdevice_get_type_name(kind).map { String(cString: $0) } ?? "hardware"
        guard av_hwdevice_ctx_create(&device, kind, nil, nil, 0) >= 0 else { return nil }
        copy = av_frame_alloc()
    }

    deinit {
        av_frame_free(&copy)
        av_buffer_unref(&device)
    }

    /// To be called before the codec is opened.
    func lend(to codec: UnsafeMutablePointer<AVCodecContext>) { codec.pointee.hw_device_ctx = av_buffer_ref(device) }

    /// Whether a picture lies in the device's memory.
    func holds(_ frame: UnsafeMutablePointer<AVFrame>) -> Bool { frame.pointee.hw_frames_ctx != nil }

    /// Replaces a picture in the device's memory by a copy in ours.
    func fetch(_ frame: UnsafeMutablePointer<AVFrame>) -> Bool {
        guard let copy else { return false }
        av_frame_unref(copy)
        guard av_hwframe_transfer_data(copy, frame, 0) >= 0, av_frame_copy_props(copy, frame) >= 0 else { return false }
        av_frame_unref(frame)
        av_frame_move_ref(frame, copy)
        return true
    }
}
