import Basics

/// Writes CPTV recordings, sensible ones and hostile ones.
public struct CPTVForgery {
    public var version: UInt8 = 2
    public var width = 5
    public var height = 4
    public var compression: UInt8 = 1
    public var framesPerSecond: UInt8? = 9
    /// Pictures row by row, with the time on in the version's unit; nil marks a picture of the background.
    public var pictures: [(time: UInt32?, values: [UInt16])] = []
    /// Replaces the number of bits that each difference needs.
    public var bitWidth: UInt8?

    public init() {}

    /// The recording, unpacked.
    public var content: [UInt8] {
        var header = field("T", little(1_700_000_000_000_000, 8)) + field("X", little(UInt64(width), 4))
        header += field("Y", little(UInt64(height), 4)) + field("C", [compression]) + field("D", Array("forged".utf8))
        if let framesPerSecond { header += field("Z", [framesPerSecond]) }
        var result = Array("CPTV".utf8) + [version, UInt8(ascii: "H"), framesPerSecond == nil ? 5 : 6] + header
        var previous = [UInt16](repeating: 0, count: width * height)
        for picture in pictures {
            let (bits, data) = compression == 0 ? (16, raw(picture.values)) : packed(picture.values, previous)
            let fields = picture.time.map { field("t", little(UInt64($0), 4)) } ?? field("g", [1])
            result += [UInt8(ascii: "F"), 3] + field("w", [bits]) + field("f", little(UInt64(data.count), 4)) + fields
            result += data
            previous = picture.values
        }
        return result
    }

    /// The recording as a file.
    public var file: [UInt8] { Self.gzip(content) }

    /// A gzip file that stores `content` without compressing it.
    public static func gzip(_ content: [UInt8]) -> [UInt8] {
        var result: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
        var rest = content[...]
        repeat {
            let piece = rest.prefix(0xFFFF)
            rest = rest.dropFirst(piece.count)
            let count = UInt16(piece.count)
            result += [
                rest.isEmpty ? 1 : 0, UInt8(count & 255), UInt8(count >> 8), UInt8(~count & 255), UInt8(~count >> 8),
            ]
            result += piece
        } while !rest.isEmpty
        var sum = ~UInt32(0)
        for byte in content {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum >> 1 ^ (sum & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
        for number in [~sum, UInt32(truncatingIfNeeded: content.count)] {
            result += (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        }
        return result
    }

    private func little(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }

    private func field(_ code: Character, _ data: [UInt8]) -> [UInt8] {
        [UInt8(data.count), code.asciiValue ?? 0] + data
    }

    private func raw(_ values: [UInt16]) -> [UInt8] { values.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] } }

    /// Differences to the picture before, along the snake, each to the one before it.
    private func packed(_ values: [UInt16], _ previous: [UInt16]) -> (UInt8, [UInt8]) {
        let along = values.indices.map { index in
            let (row, column) = index.quotientAndRemainder(dividingBy: width)
            let place = row & 1 == 0 ? index : row * width + width - 1 - column
            return Int(values[place]) - Int(previous[place])
        }
        let steps = zip(along.dropFirst(), along).map { $0 - $1 }
        let largest = steps.map { $0 < 0 ? ~$0 : $0 }.max() ?? 0
        let bits = bitWidth.map(Int.init) ?? (Int.bitWidth - largest.leadingZeroBitCount + 1)
        var result = little(UInt64(bitPattern: Int64(along[0])), 4)
        var (held, count) = (UInt64(0), 0)
        for step in steps {
            held = held << UInt64(bits) | UInt64(bitPattern: Int64(step)) & (1 << UInt64(bits) - 1)
            count += bits
            while count >= 8 {
                count -= 8
                result.append(UInt8(truncatingIfNeeded: held >> UInt64(count)))
            }
        }
        if count > 0 { result.append(UInt8(truncatingIfNeeded: held << UInt64(8 - count))) }
        return (UInt8(bits), result)
    }
}
