import Basics
import Imaging
import Testing

@Suite struct JPEGTests {
    /// Smooth enough for JPEG to keep it nearly.
    private static func gradient(_ width: Int, _ height: Int, _ format: PixelFormat) -> PixelBuffer {
        let picture = PixelBuffer(width: width, height: height, format: format)
        let channels = format.bytesPerPixel
        for y in 0..<height {
            for x in 0..<width {
                for channel in 0..<channels {
                    let value = (x * (channel + 1) + y) * 120 / (width + height) + 30 * channel
                    picture.mutableBytes[(y * width + x) * channels + channel] = UInt8(min(value, 255))
                }
            }
        }
        return picture
    }

    @Test(arguments: [(1, 1), (7, 5), (16, 16), (33, 17), (640, 360)], [PixelFormat.rgb24, .gray8])
    func whatIsEncodedIsReadBackNearly(size: (Int, Int), format: PixelFormat) throws {
        let picture = Self.gradient(size.0, size.1, format)
        let data = try JPEG.encode(picture, quality: 95)
        #expect(data.starts(with: [0xFF, 0xD8]))
        let back = try JPEG.decode(data)
        #expect(back.width == size.0 && back.height == size.1 && back.format == format)
        let differences = zip(picture.bytes, back.bytes).map { abs(Int($0) - Int($1)) }
        #expect(differences.allSatisfy { $0 <= 12 })
    }

    @Test func lowerQualityIsSmaller() throws {
        var random = SeededGenerator(seed: 1)
        let picture = PixelBuffer(width: 200, height: 100, format: .rgb24)
        for index in picture.mutableBytes.indices { picture.mutableBytes[index] = UInt8(random.index(below: 256)) }
        #expect(try JPEG.encode(picture, quality: 30).count < JPEG.encode(picture, quality: 90).count / 2)
    }

    @Test func damagedPicturesAreRefused() throws {
        let data = try JPEG.encode(Self.gradient(64, 64, .rgb24))
        for broken in [[], [0xFF, 0xD8], Array(data.prefix(data.count / 2)), [UInt8](repeating: 65, count: 500)] {
            let error = #expect(throws: ImagingError.self) { try JPEG.decode(broken) }
            #expect(error?.code == .malformed)
        }
    }

    @Test func thermalPicturesAreStretchedForTheEye() throws {
        let picture = PixelBuffer(width: 100, height: 50, format: .gray16)
        let samples = picture.mutableBytes.bindMemory(to: UInt16.self)
        for index in samples.indices { samples[index] = UInt16(30_000 + index % 100) }
        // One dead and one hot pixel must not flatten the rest.
        samples[0] = 0
        samples[1] = 65535
        let stretched = picture.stretchedTo8Bits()
        #expect(stretched.format == .gray8)
        #expect(stretched.bytes[0] == 0 && stretched.bytes[1] == 255)
        let row = Array(stretched.bytes[100..<200])
        #expect(row.first == 0 && row.last == 255)
        #expect(zip(row, row.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(try JPEG.decode(JPEG.encode(picture)).format == .gray8)
    }

    @Test func aFlatThermalPictureIsMidGray() {
        let picture = PixelBuffer(width: 8, height: 8, format: .gray16)
        picture.mutableBytes.bindMemory(to: UInt16.self).update(repeating: 28_315)
        let stretched = picture.stretchedTo8Bits()
        #expect(stretched.bytes.allSatisfy { $0 == 128 })
    }
}
