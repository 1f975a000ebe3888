internal import CLibAV

/// A coded picture, and the decoder that it was meant for.
///
/// `@unchecked Sendable`: nobody writes to the packet; of the decoder only what never changes is used, for making another.
final class KeptPacket: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<AVPacket>
    let origin: PictureDecoder

    /// What the bookkeeping of a packet takes, so that a flood of empty ones is bounded, too.
    private static let overhead = 512

    /// Shares the packet's memory; nil when there is none left.
    init?(_ packet: UnsafePointer<AVPacket>, for origin: PictureDecoder) {
        guard let copy = av_packet_clone(packet) else { return nil }
        pointer = copy
        self.origin = origin
    }

    deinit {
        var pointer: UnsafeMutablePointer<AVPacket>? = pointer
        av_packet_free(&pointer)
    }

    /// Memory that it holds on to.
    var bytes: Int {
        let packet = pointer.pointee
        let sides = (0..<Int(packet.side_data_elems)).reduce(0) { $0 + Int(packet.side_data[$1].size) }
        return max(Int(packet.size), packet.buf.map { Int($0.pointee.size) } ?? 0) + sides + Self.overhead
    }

    var isKey: Bool { pointer.pointee.flags & AV_PKT_FLAG_KEY != 0 }
}
