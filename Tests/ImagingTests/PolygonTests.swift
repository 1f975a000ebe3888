import Basics
import FoundationEssentials
import Imaging
import Testing

@Suite struct PolygonTests {
    private static func points(_ pairs: [(Double, Double)]) -> [Polygon.Point] {
        pairs.map { Polygon.Point($0.0, $0.1) }
    }

    private static func flaw(_ pairs: [(Double, Double)]) -> Polygon.Flaw? {
        do throws(Polygon.Flaw) {
            _ = try Polygon(points(pairs))
            return nil
        } catch {
            return error
        }
    }

    @Test func whatEnclosesAnAreaIsAPolygon() throws {
        let notch = try Polygon(Self.points([(0, 0), (1, 0), (1, 1), (0.5, 0.5), (0, 1)]))
        #expect(notch.area == 0.75)
        #expect(notch.contains(0.5, 0.4) && !notch.contains(0.5, 0.6) && notch.contains(0.1, 0.8))
        #expect(!notch.contains(1.2, 0.4))
        // The other way round it is the same area.
        let back = try Polygon(notch.points.reversed())
        #expect(back.area == 0.75 && back.contains(0.5, 0.4) && !back.contains(0.5, 0.6))
        // A corner on a straight edge does no harm.
        #expect(try Polygon(Self.points([(0, 0), (0.5, 0), (1, 0), (1, 1)])).area == 0.5)
    }

    @Test func whatIsNoneIsRefusedWithTheReason() {
        #expect(Self.flaw([(0, 0), (1, 0)]) == .points(2))
        #expect(Self.flaw((0..<65).map { (Double($0) / 65, 0) }) == .points(65))
        #expect(Self.flaw([(0, 0), (1, 0), (1, -0.1)]) == .outside(3))
        #expect(Self.flaw([(0, 0), (1, 0), (.nan, 1)]) == .outside(3))
        #expect(Self.flaw([(0, 0), (1, 0), (.infinity, 1)]) == .outside(3))
        // A bow tie, a spike, a point given twice, an edge that touches another, a line, a dot.
        #expect(Self.flaw([(0, 0), (1, 1), (1, 0), (0, 1)]) == .crossing(1, 3))
        #expect(Self.flaw([(0, 0), (1, 0), (0.5, 0), (0.5, 1)]) == .crossing(1, 2))
        #expect(Self.flaw([(0, 0), (1, 0), (1, 0), (0, 1)]) == .crossing(1, 2))
        #expect(Self.flaw([(0, 0), (1, 0), (1, 1), (0.5, 0), (0, 1)]) == .crossing(1, 3))
        #expect(Self.flaw([(0, 0), (0, 1), (0, 0.5)]) != nil)
        #expect(Self.flaw([(0.5, 0.5), (0.5, 0.5), (0.5, 0.5)]) != nil)
        #expect(Self.flaw([(0, 0), (0.001, 0), (0, 0.001)]) == .empty)
    }

    @Test func theShareOfABoxIsWhatLiesInAtLeastOne() throws {
        let left = try Polygon(Self.points([(0, 0), (0.5, 0), (0.5, 1), (0, 1)]))
        let middle = try Polygon(Self.points([(0.25, 0), (0.75, 0), (0.75, 1), (0.25, 1)]))
        let all = Box(x1: 0, y1: 0, x2: 1, y2: 1)
        #expect([left].share(of: all) == 0.5)
        #expect([left, middle].share(of: all) == 0.75)
        #expect([left, middle, left].share(of: all) == 0.75)
        #expect([left].share(of: Box(x1: 0.6, y1: 0, x2: 0.7, y2: 1)) == 0)
        #expect([Polygon]().share(of: all) == 0)
        // Without an area the middle counts.
        #expect([left].share(of: Box(x1: 0.2, y1: 0.2, x2: 0.2, y2: 0.4)) == 1)
        #expect([left].share(of: Box(x1: 0.7, y1: 0.2, x2: 0.7, y2: 0.4)) == 0)
    }

    @Test func filesHoldThePoints() throws {
        let polygon = try Polygon(Self.points([(0, 0.25), (1, 0.1), (0.3, 1)]))
        let json = try JSONEncoder().encode(polygon)
        #expect(String(decoding: json, as: UTF8.self) == "[[0,0.25],[1,0.1],[0.3,1]]")
        #expect(try JSONDecoder().decode(Polygon.self, from: json) == polygon)
        for damaged in ["[[0,0],[1,1]]", "[[0,0],[1],[0,1]]", "[[0,0],[2,0],[0,1]]"] {
            #expect(throws: DecodingError.self) {
                try JSONDecoder().decode(Polygon.self, from: Data(damaged.utf8))
            }
        }
    }

    /// Every pixel that the polygon touches is black, and no other one but for a hair.
    @Test(arguments: 0..<120 as Range<UInt64>)
    func theMaskCoversEveryPixelThatThePolygonTouches(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var polygon: Polygon?
        while polygon == nil {
            let count = 3 + random.index(below: 6)
            polygon = try? Polygon((0..<count).map { _ in .init(random.uniform(), random.uniform()) })
        }
        let shape = try #require(polygon)
        let (width, height) = (1 + random.index(below: 60), 1 + random.index(below: 40))
        let picture = PixelBuffer(width: width, height: height, format: .gray8)
        picture.mutableBytes.initializeMemory(as: UInt8.self, repeating: 9)
        var mask = PrivacyMask([shape])
        mask.blacken(picture)
        for y in 0..<height {
            for x in 0..<width {
                var touches = false
                var isNear = false
                for step in 0..<144 {
                    // Points of the pixel, and of a slightly larger one.
                    let (across, down) = (Double(step % 12) / 11, Double(step / 12) / 11)
                    touches =
                        touches
                        || shape.contains((Double(x) + across) / Double(width), (Double(y) + down) / Double(height))
                    let (wide, far) = (across * 1.2 - 0.1, down * 1.2 - 0.1)
                    isNear =
                        isNear || shape.contains((Double(x) + wide) / Double(width), (Double(y) + far) / Double(height))
                }
                let isBlack = picture.bytes[y * width + x] == 0
                #expect(isBlack || !touches, "(\(x), \(y)) of \(width)x\(height)")
                // A thin tip may slip between the points.
                if isBlack && !isNear { #expect(Self.edgePasses(shape, x, y, width, height)) }
            }
        }
    }

    /// Whether an edge comes near a pixel.
    private static func edgePasses(_ shape: Polygon, _ x: Int, _ y: Int, _ width: Int, _ height: Int) -> Bool {
        shape.points.indices.contains { index in
            let (from, to) = (shape.points[index], shape.points[(index + 1) % shape.points.count])
            return (0...2000).contains { step in
                let share = Double(step) / 2000
                let column = (from.x + (to.x - from.x) * share) * Double(width)
                let row = (from.y + (to.y - from.y) * share) * Double(height)
                return (Double(x) - 0.1...Double(x) + 1.1).contains(column)
                    && (Double(y) - 0.1...Double(y) + 1.1).contains(row)
            }
        }
    }

    @Test func colourAndGrayBecomeBlackAndDeepGrayBecomesTheLowestValueOfTheRest() throws {
        let square = try Polygon(Self.points([(0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75)]))
        var mask = PrivacyMask([square])
        for (width, height) in [(8, 8), (16, 4), (8, 8)] {
            let colour = PixelBuffer(width: width, height: height, format: .rgb24)
            colour.mutableBytes.initializeMemory(as: UInt8.self, repeating: 200)
            mask.blacken(colour)
            let deep = PixelBuffer(width: width, height: height, format: .gray16)
            deep.mutableBytes.withMemoryRebound(to: UInt16.self) { values in
                // Hottest where it is private, and the coldest, too.
                for index in values.indices { values[index] = UInt16(3000 + index) }
                values[height / 2 * width + width / 2] = 7
            }
            mask.blacken(deep)
            for y in 0..<height {
                for x in 0..<width {
                    let isInside = (width / 4..<3 * width / 4).contains(x) && (height / 4..<3 * height / 4).contains(y)
                    let index = y * width + x
                    #expect((0..<3).allSatisfy { colour.bytes[3 * index + $0] == (isInside ? 0 : 200) })
                    #expect(deep.samples16[index] == (isInside ? 3000 : UInt16(3000 + index)))
                }
            }
            let shown = deep.stretchedTo8Bits()
            #expect(shown.bytes[height / 2 * width + width / 2] == 0)
        }
        let whole = PixelBuffer(width: 4, height: 4, format: .gray16)
        whole.mutableBytes.initializeMemory(as: UInt8.self, repeating: 9)
        var all = PrivacyMask([try Polygon(Self.points([(0, 0), (1, 0), (1, 1), (0, 1)]))])
        all.blacken(whole)
        #expect(whole.samples16.allSatisfy { $0 == 0 })
    }
}
