import Basics
import Imaging
import Testing

@Suite struct BilinearResizeTests {
    private func noise(_ width: Int, _ height: Int, _ format: PixelFormat, seed: UInt64) -> PixelBuffer {
        var random = SeededGenerator(seed: seed)
        let picture = PixelBuffer(width: width, height: height, format: format)
        for index in 0..<picture.byteCount { picture.mutableBytes[index] = UInt8(random.index(below: 256)) }
        return picture
    }

    /// Bilinear interpolation in double precision, pixel centres aligned, edges repeated.
    private func exact(_ picture: PixelBuffer, width: Int, height: Int, x: Int, y: Int, channel: Int) -> Double {
        func taps(_ target: Int, _ from: Int, _ to: Int) -> (Int, Int, Double) {
            let position = min(max((Double(target) + 0.5) * Double(from) / Double(to) - 0.5, 0), Double(from - 1))
            let left = Int(position)
            return (left, min(left + 1, from - 1), position - Double(left))
        }
        let (left, right, u) = taps(x, picture.width, width)
        let (top, bottom, v) = taps(y, picture.height, height)
        func sample(_ x: Int, _ y: Int) -> Double {
            Double(picture.bytes[(y * picture.width + x) * picture.format.bytesPerPixel + channel])
        }
        return (1 - v) * ((1 - u) * sample(left, top) + u * sample(right, top))
            + v * ((1 - u) * sample(left, bottom) + u * sample(right, bottom))
    }

    @Test(
        "Resizing stays within one grey level of exact interpolation",
        arguments: [(1, 1, 5, 3), (7, 5, 7, 9), (33, 17, 20, 31), (64, 48, 32, 24), (5, 9, 1, 1), (40, 30, 43, 32)])
    func matchesExactInterpolation(sizes: (Int, Int, Int, Int)) {
        for format in [PixelFormat.rgb24, .gray8] {
            let picture = noise(sizes.0, sizes.1, format, seed: 7)
            let target = PixelBuffer(width: sizes.2, height: sizes.3, format: format)
            picture.resizeBilinear(into: target)
            let channels = format.bytesPerPixel
            for y in 0..<target.height {
                for x in 0..<target.width {
                    for channel in 0..<channels {
                        let found = Double(target.bytes[(y * target.width + x) * channels + channel])
                        let expected = exact(
                            picture, width: target.width, height: target.height, x: x, y: y, channel: channel)
                        #expect(abs(found - expected) <= 1.01, "\(x),\(y) of \(sizes)")
                    }
                }
            }
        }
    }

    @Test("A flat picture stays flat and equal size copies")
    func flatAndCopy() {
        let flat = PixelBuffer(width: 13, height: 11, format: .rgb24)
        for index in 0..<flat.byteCount { flat.mutableBytes[index] = 201 }
        let larger = PixelBuffer(width: 29, height: 37, format: .rgb24)
        flat.resizeBilinear(into: larger)
        #expect(larger.bytes.allSatisfy { $0 == 201 })
        let picture = noise(13, 11, .rgb24, seed: 1)
        let same = PixelBuffer(width: 13, height: 11, format: .rgb24)
        picture.resizeBilinear(into: same)
        #expect(same.bytes.elementsEqual(picture.bytes))
    }

    @Test("Normalisation pads with zero and repeats grey")
    func normalisation() {
        let picture = PixelBuffer(width: 2, height: 1, format: .gray8)
        picture.mutableBytes[0] = 100
        picture.mutableBytes[1] = 200
        let rule = InputNormalisation(mean: [100, 50, 0], deviation: [2, 4, 5])
        var out = [Float](repeating: .nan, count: 3 * 2 * 3)
        out.withUnsafeMutableBufferPointer {
            rule.write(picture, paddedWidth: 3, paddedHeight: 2, to: $0.baseAddress!)
        }
        #expect(out == [0, 12.5, 20, 50, 37.5, 40, 0, 0, 0] + [Float](repeating: 0, count: 9))
    }

    @Test("Fitting keeps the shape, whichever way the picture lies")
    func fitting() {
        let wide = InputFit(originalWidth: 320, originalHeight: 240, longSide: 400, shortSide: 256)
        #expect((wide.width, wide.height, wide.paddedWidth, wide.paddedHeight) == (341, 256, 352, 256))
        let tall = InputFit(originalWidth: 250, originalHeight: 333, longSide: 260, shortSide: 200)
        #expect((tall.width, tall.height, tall.paddedWidth, tall.paddedHeight) == (195, 260, 224, 288))
    }
}
