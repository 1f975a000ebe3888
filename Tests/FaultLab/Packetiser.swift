/// Cuts coded pictures into RTP packets (RFC 3550) as RTSP carries them over TCP (RFC 2326, 10.12).
struct Packetiser {
    private var sequence: UInt16
    private static let source: [UInt8] = [0x4C, 0x61, 0x62, 0x21]
    private static let payloadType: UInt8 = 96
    private static let largest = 1300

    init(firstSequence: UInt16) { sequence = firstSequence }

    /// - Parameter time: in units of 1/90,000 s.
    mutating func packets(_ picture: Clip.Picture, _ codec: Clip.Codec, time: UInt32) -> [[UInt8]] {
        let payloads: [[UInt8]] =
            switch codec {
            case .h264: picture.parts.flatMap { Self.fragments($0, headerSize: 1, Self.h264Header) }
            case .h265: picture.parts.flatMap { Self.fragments($0, headerSize: 2, Self.h265Header) }
            // Of these an RTP payload is any piece (RFC 6416).
            case .mpeg4, .jpeg: picture.parts.flatMap { Self.pieces($0[...]) }.map { Array($0) }
            }
        return payloads.enumerated().map { index, payload in
            packet(payload, time, isLast: index == payloads.count - 1)
        }
    }

    /// An RTCP sender report: at `ntp` (seconds since 1900 in 32.32 bits) the stream's clock showed `time`.
    static func senderReport(ntp: UInt64, time: UInt32) -> [UInt8] {
        let body =
            [0x80, 200, 0, 6] + source + big(UInt32(ntp >> 32)) + big(UInt32(truncatingIfNeeded: ntp)) + big(time)
            + big(0) + big(0)
        return [0x24, 1, 0, UInt8(body.count)] + body
    }

    private mutating func packet(_ payload: [UInt8], _ time: UInt32, isLast: Bool) -> [UInt8] {
        let header =
            [0x80, (isLast ? 0x80 : 0) | Self.payloadType, UInt8(sequence >> 8), UInt8(truncatingIfNeeded: sequence)]
            + Self.big(time) + Self.source
        sequence &+= 1
        let size = header.count + payload.count
        return [0x24, 0, UInt8(size >> 8), UInt8(truncatingIfNeeded: size)] + header + payload
    }

    private static func big(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
    }

    private static func pieces(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        stride(from: bytes.startIndex, to: bytes.endIndex, by: largest).map {
            bytes[$0..<min($0 + largest, bytes.endIndex)]
        }
    }

    /// A NAL unit that fits goes as it is, a longer one in fragments.
    private static func fragments(
        _ unit: [UInt8], headerSize: Int, _ header: (_ unit: [UInt8], _ flags: UInt8) -> [UInt8]
    ) -> [[UInt8]] {
        guard unit.count > largest else { return [unit] }
        let pieces = pieces(unit.dropFirst(headerSize))
        return pieces.enumerated().map { index, piece in
            header(unit, (index == 0 ? 0x80 : 0) | (index == pieces.count - 1 ? 0x40 : 0)) + piece
        }
    }

    /// FU-A (RFC 6184).
    private static func h264Header(_ unit: [UInt8], _ flags: UInt8) -> [UInt8] {
        [unit[0] & 0xE0 | 28, flags | unit[0] & 31]
    }

    /// FU (RFC 7798).
    private static func h265Header(_ unit: [UInt8], _ flags: UInt8) -> [UInt8] {
        [unit[0] & 0x81 | 49 << 1, unit[1], flags | unit[0] >> 1 & 63]
    }
}
