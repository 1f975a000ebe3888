import Basics
import FoundationEssentials
import Imaging
import Testing

@Suite struct SilhouetteTests {
    /// Two rows of a 4 x 3 rectangle at (10, 20): `..##`, `##..`, `.#..`.
    private let sample = Silhouette(x: 10, y: 20, width: 4, height: 3, runs: [2, 4, 3, 1, 2])

    @Test func `Pieces are told row by row, in the picture's own pixels`() throws {
        var pieces: [(Int, Range<Int>)] = []
        try #require(sample).forEachPiece { pieces.append(($0, $1)) }
        #expect(pieces.map(\.0) == [20, 21, 22])
        #expect(pieces.map(\.1) == [12..<14, 10..<12, 11..<12])
        #expect(sample?.area == 5)
    }

    @Test(arguments: 1...20)
    func `Runs hold what was covered`(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let (width, height) = (1 + random.index(below: 9), 1 + random.index(below: 9))
        let covered = (0..<width * height).map { _ in random.index(below: 3) == 0 }
        var runs: [UInt32] = [0]
        for (index, inside) in covered.enumerated() {
            if inside != (index == 0 ? false : covered[index - 1]) { runs.append(0) }
            runs[runs.count - 1] += 1
        }
        let silhouette = try #require(Silhouette(x: 0, y: 0, width: width, height: height, runs: runs))
        var found = [Bool](repeating: false, count: covered.count)
        silhouette.forEachPiece { row, columns in for column in columns { found[row * width + column] = true } }
        #expect(found == covered)
        #expect(silhouette.area == covered.count { $0 })
    }

    @Test func `Runs that do not fill the rectangle are refused`() {
        #expect(Silhouette(x: 0, y: 0, width: 4, height: 3, runs: [2, 4, 3, 1, 1]) == nil)
        #expect(Silhouette(x: 0, y: 0, width: 4, height: 3, runs: []) == nil)
        #expect(Silhouette(x: 0, y: 0, width: -4, height: -3, runs: [12]) == nil)
        #expect(Silhouette(x: 0, y: 0, width: .max, height: 2, runs: [12]) == nil)
        #expect(Silhouette(x: 0, y: 0, width: 0, height: 0, runs: []) == .empty)
    }

    @Test func `It survives JSON, and damaged JSON is refused`() throws {
        let sample = try #require(sample)
        let json = try JSONEncoder().encode(sample)
        #expect(try JSONDecoder().decode(Silhouette.self, from: json) == sample)
        let damaged = Data(#"{"x":0,"y":0,"width":4,"height":3,"runs":[2,4,3]}"#.utf8)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Silhouette.self, from: damaged) }
    }
}
