import Imaging
import ObjectAnomaly
import Tensors
import Testing

@Suite struct MaskPastingTests {
    private let pasting = MaskPasting(width: 40, height: 30)

    private func paste(_ logits: [Float], side: Int, _ box: Box) -> Silhouette {
        pasting(logits, side: side, over: box, workspace: Workspace())
    }

    private func pieces(_ silhouette: Silhouette) -> [String] {
        var lines: [String] = []
        silhouette.forEachPiece { lines.append("\($0): \($1)") }
        return lines
    }

    @Test func `A mask that is sure everywhere covers the pixels whose centres lie in the box`() {
        let found = paste([50, 50, 50, 50], side: 2, Box(x1: 3, y1: 4, x2: 9, y2: 6))
        #expect(pieces(found) == ["4: 3..<9", "5: 3..<9"])
        #expect(found.area == 12)
    }

    @Test func `Half a mask covers half of the box, to the middle between the cells`() {
        let found = paste([50, -50, 50, -50], side: 2, Box(x1: 10, y1: 10, x2: 18, y2: 12))
        #expect(pieces(found) == ["10: 10..<14", "11: 10..<14"])
    }

    @Test func `A box beyond the picture's edge covers what is inside`() {
        let found = paste([Float](repeating: 50, count: 100), side: 10, Box(x1: 36, y1: -5, x2: 46, y2: 5))
        #expect(found.x + found.width == 40 && found.y == 0)
        #expect(found.area == 4 * 5)
    }

    @Test(arguments: [
        Box(x1: 5, y1: 5, x2: 5, y2: 9), Box(x1: 9, y1: 9, x2: 5, y2: 5), Box(x1: 100, y1: 100, x2: 120, y2: 110),
        Box(x1: .nan, y1: 0, x2: 10, y2: 10), Box(x1: 0, y1: 0, x2: .nan, y2: .nan),
    ])
    func `A box without area, outside, or not of numbers covers nothing`(_ box: Box) {
        #expect(paste([50, 50, 50, 50], side: 2, box).area == 0)
    }
}
