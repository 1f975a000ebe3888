import Analysis
import Basics
import Imaging
import Testing

@Suite struct RegimeTests {
    private func picture(
        width: Int = 64, height: Int = 48, _ colour: (_ x: Int, _ y: Int) -> (UInt8, UInt8, UInt8)
    ) -> PixelBuffer {
        let pixels = PixelBuffer(width: width, height: height, format: .rgb24)
        for y in 0..<height {
            for x in 0..<width {
                let offset = y * pixels.bytesPerRow + 3 * x
                (pixels.mutableBytes[offset], pixels.mutableBytes[offset + 1], pixels.mutableBytes[offset + 2]) =
                    colour(x, y)
            }
        }
        return pixels
    }

    private func plain(_ format: PixelFormat) -> PixelBuffer {
        let pixels = PixelBuffer(width: 20, height: 10, format: format)
        pixels.mutableBytes.initializeMemory(as: UInt8.self, repeating: 90)
        return pixels
    }

    @Test func `sixteen bits are thermal and one channel is night`() {
        #expect(Regime(plain(.gray16)) == .thermal)
        #expect(Regime(plain(.gray8)) == .infraredNight)
    }

    @Test func `a colour picture is day`() {
        #expect(Regime(picture { x, y in (120, UInt8(130 + x % 20), UInt8(100 + y)) }) == .day)
    }

    @Test func `a colour stream without colour is night`() {
        #expect(Regime(picture { x, y in (UInt8(4 * x), UInt8(4 * x), UInt8(4 * x)) }) == .infraredNight)
    }

    @Test func `noise of one grey level in the colours does not make day`() {
        var random = SeededGenerator(seed: 3)
        let noisy = picture { x, _ in
            func channel() -> UInt8 { UInt8(3 * x + 10 + random.index(below: 3)) }
            return (channel(), channel(), channel())
        }
        #expect(Regime(noisy) == .infraredNight)
    }

    @Test func `a small coloured caption does not make day`() {
        #expect(Regime(picture { x, y in x < 8 && y < 4 ? (255, 0, 0) : (80, 80, 80) }) == .infraredNight)
    }

    @Test(arguments: [(1, 1), (1, 500), (47, 49), (641, 359)])
    func `pictures of any size are recognised`(width: Int, height: Int) {
        #expect(Regime(picture(width: width, height: height) { _, _ in (200, 60, 60) }) == .day)
        #expect(Regime(picture(width: width, height: height) { _, _ in (60, 60, 60) }) == .infraredNight)
    }
}
