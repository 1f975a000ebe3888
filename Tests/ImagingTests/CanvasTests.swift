import Basics
import Imaging
import Testing

@Suite struct CanvasTests {
    private static func gray(_ width: Int, _ height: Int, _ value: UInt8) -> PixelBuffer {
        let picture = PixelBuffer(width: width, height: height, format: .gray8)
        picture.mutableBytes.initializeMemory(as: UInt8.self, repeating: value)
        return picture
    }

    private static func pixel(_ picture: PixelBuffer, _ x: Int, _ y: Int) -> Colour {
        let offset = 3 * (y * picture.width + x)
        return Colour(picture.bytes[offset], picture.bytes[offset + 1], picture.bytes[offset + 2])
    }

    @Test func theOriginalStaysAsItWas() {
        let original = Self.gray(20, 10, 50)
        var canvas = Canvas(original)
        canvas.fill(x: 0, y: 0, width: 20, height: 10, .white)
        let picture = canvas.picture()
        #expect(picture.bytes.allSatisfy { $0 == 255 })
        #expect(original.bytes.allSatisfy { $0 == 50 })
    }

    @Test func fillsAreClippedAndBlended() {
        var canvas = Canvas(Self.gray(10, 10, 100))
        canvas.fill(x: -5, y: -5, width: 8, height: 8, .white)
        canvas.fill(x: 8, y: 8, width: 100, height: 100, .black, opacity: 0.5)
        canvas.fill(x: 50, y: 0, width: 5, height: 5, .white)
        canvas.fill(x: 0, y: 0, width: -5, height: 5, .black)
        let picture = canvas.picture()
        #expect(Self.pixel(picture, 2, 2) == .white)
        #expect(Self.pixel(picture, 3, 2) == Colour(100, 100, 100))
        #expect(Self.pixel(picture, 9, 9) == Colour(50, 50, 50))
    }

    @Test func anOutlineHasItsThicknessInsideTheBox() {
        var canvas = Canvas(Self.gray(40, 30, 100))
        canvas.outline(Box(x1: 10, y1: 5, x2: 30, y2: 25), .alarm, thickness: 3)
        let picture = canvas.picture()
        for position in 10..<13 { #expect(Self.pixel(picture, position, 15) == .alarm) }
        for position in 27..<30 { #expect(Self.pixel(picture, position, 15) == .alarm) }
        for position in 5..<8 { #expect(Self.pixel(picture, 20, position) == .alarm) }
        for position in 22..<25 { #expect(Self.pixel(picture, 20, position) == .alarm) }
        #expect(Self.pixel(picture, 20, 15) == Colour(100, 100, 100))
        #expect(Self.pixel(picture, 8, 15) == Colour(100, 100, 100))
        // The thin dark lines around and inside.
        #expect(Self.pixel(picture, 9, 15).red < 60)
        #expect(Self.pixel(picture, 13, 15).red < 80)
    }

    @Test(arguments: [
        Box(x1: -100, y1: -100, x2: 500, y2: 500), Box(x1: 5, y1: 5, x2: 5, y2: 5), Box(x1: 9, y1: 9, x2: 3, y2: 3),
        Box(x1: 200, y1: 200, x2: 300, y2: 300), Box(x1: 3.2, y1: 4.7, x2: 4.1, y2: 5.2),
    ])
    func oddBoxesDoNoHarm(box: Box) {
        var canvas = Canvas(Self.gray(20, 20, 0))
        canvas.outline(box, .white, thickness: 4)
        canvas.write("TEXT", x: Int(box.x1), y: Int(box.y1), scale: 2, .white)
        #expect(canvas.picture().byteCount == 1200)
    }

    @Test func everyCharacterHasItsOwnPicture() {
        var pictures: [[UInt8]: Character] = [:]
        for code in UInt8(32)...126 {
            var canvas = Canvas(Self.gray(5, 9, 0))
            canvas.write(String(UnicodeScalar(code)), x: 0, y: 0, scale: 1, .white)
            let picture = canvas.picture()
            let dots = Array(picture.bytes)
            #expect(code == 32 || dots.contains(255))
            #expect(pictures[dots] == nil, "\(UnicodeScalar(code)) looks like \(pictures[dots].map(String.init) ?? "")")
            pictures[dots] = Character(UnicodeScalar(code))
        }
    }

    @Test func textHasTheSizeItSays() {
        let size = Canvas.textSize("HHH", scale: 2)
        #expect(size == (34, 18))
        var canvas = Canvas(Self.gray(60, 30, 0))
        canvas.write("HHH", x: 10, y: 5, scale: 2, .white)
        let picture = canvas.picture()
        let columns = (0..<60).filter { x in (0..<30).contains { Self.pixel(picture, x, $0) == .white } }
        #expect(columns.first == 10 && columns.last == 43)
    }

    @Test func heatShowsBetweenItsThresholdsOnly() {
        var canvas = Canvas(Self.gray(80, 40, 100))
        // Cold on the left, hot on the right.
        canvas.heat([0, 0, 0, 8, 0, 0, 0, 8], columns: 4, rows: 2, low: 2, high: 6)
        let picture = canvas.picture()
        #expect(Self.pixel(picture, 10, 20) == Colour(100, 100, 100))
        #expect(Self.pixel(picture, 40, 20) == Colour(100, 100, 100))
        let hot = Self.pixel(picture, 75, 20)
        #expect(hot.red > 180 && hot.green > 180)
        // It fades in between two cells.
        #expect(Self.pixel(picture, 60, 20) != Colour(100, 100, 100))
        #expect(Self.pixel(picture, 60, 20).green < hot.green)
    }

    @Test func infiniteHeatIsJustHot() {
        var canvas = Canvas(Self.gray(20, 20, 100))
        canvas.heat([.infinity, 0, 0, .infinity], columns: 2, rows: 2, low: 2, high: 6)
        #expect(Self.pixel(canvas.picture(), 1, 1).red > 150)
    }

    @Test func theHeatRampGrowsLighter() {
        let lightness = (0...100).map { step -> Double in
            let colour = Colour.heat(Float(step) / 100)
            return 0.2126 * Double(colour.red) + 0.7152 * Double(colour.green) + 0.0722 * Double(colour.blue)
        }
        #expect(zip(lightness, lightness.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test(arguments: [(1, 1), (2, 1), (3, 2)])
    func `A silhouette is tinted inside and drawn along its rim, at any scale`(_ sx: Int, _ sy: Int) throws {
        // A block of 8 x 6 with a hole of 2 x 2.
        let rows: [UInt32] = [0, 19, 2, 6, 2, 19]
        let silhouette = try #require(Silhouette(x: 4, y: 3, width: 8, height: 6, runs: rows))
        let picture = PixelBuffer(width: 20 * sx, height: 12 * sy, format: .rgb24)
        picture.mutableBytes.initializeMemory(as: UInt8.self, repeating: 100)
        var canvas = Canvas(picture)
        canvas.shade(silhouette, x: Float(sx), y: Float(sy), Colour(255, 0, 0), thickness: 1, opacity: 0.5)
        let drawn = canvas.picture()
        var colours: [UInt8: Int] = [:]
        for index in 0..<drawn.width * drawn.height { colours[drawn.bytes[3 * index], default: 0] += 1 }
        #expect(colours[100] == (20 * 12 - 44) * sx * sy)
        #expect(drawn.bytes[3 * (3 * sy * drawn.width + 4 * sx)] == 255)
        #expect(colours[255, default: 0] + colours[177, default: 0] == 44 * sx * sy)
    }

    @Test func `A silhouette beyond the picture is clipped, an empty one draws nothing`() throws {
        let picture = PixelBuffer(width: 4, height: 4, format: .rgb24)
        picture.mutableBytes.initializeMemory(as: UInt8.self, repeating: 100)
        var canvas = Canvas(picture)
        canvas.shade(.empty, .alarm, thickness: 2)
        canvas.shade(try #require(Silhouette(x: -2, y: 3, width: 4, height: 5, runs: [0, 20])), .alarm, thickness: 1)
        canvas.shade(try #require(Silhouette(x: 90, y: 90, width: 4, height: 5, runs: [0, 20])), .alarm, thickness: 1)
        let drawn = canvas.picture()
        #expect((0..<16).map { drawn.bytes[3 * $0] == 100 } == (0..<16).map { $0 != 12 && $0 != 13 })
    }
}
