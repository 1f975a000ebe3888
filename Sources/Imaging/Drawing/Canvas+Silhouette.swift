extension Canvas {
    /// Tints what a silhouette covers and draws a line along its rim, inwards.
    ///
    /// - Parameter sx, sy: pixels of this picture per pixel of the silhouette's.
    public mutating func shade(
        _ silhouette: Silhouette, x sx: Float = 1, y sy: Float = 1, _ colour: Colour, thickness: Int,
        opacity: Float = 0.35
    ) {
        precondition(sx > 0 && sy > 0 && thickness >= 1)
        let grid = CoveredGrid(silhouette, x: sx, y: sy, canvasWidth: width, canvasHeight: height)
        for y in grid.top..<grid.top + grid.height {
            var start = grid.left
            while start < grid.left + grid.width {
                guard grid[start, y] else {
                    start += 1
                    continue
                }
                let isRim = grid.isRim(start, y, thickness)
                var end = start + 1
                while grid[end, y], grid.isRim(end, y, thickness) == isRim { end += 1 }
                fill(x: start, y: y, width: end - start, height: 1, colour, opacity: isRim ? 1 : opacity)
                start = end
            }
        }
    }
}

/// Which pixels of a canvas a silhouette of another scale covers: those whose centres it covers.
private struct CoveredGrid {
    let left: Int
    let top: Int
    let width: Int
    let height: Int
    private var covered: [Bool]

    init(_ silhouette: Silhouette, x sx: Float, y sy: Float, canvasWidth: Int, canvasHeight: Int) {
        func place(_ position: Int, _ scale: Float, _ limit: Int) -> Int {
            min(max(Int((Float(position) * scale - 0.5).rounded(.up)), 0), limit)
        }
        left = place(silhouette.x, sx, canvasWidth)
        top = place(silhouette.y, sy, canvasHeight)
        width = place(silhouette.x + silhouette.width, sx, canvasWidth) - left
        height = place(silhouette.y + silhouette.height, sy, canvasHeight) - top
        var covered = [Bool](repeating: false, count: width * height)
        let (left, top, width) = (left, top, width)
        silhouette.forEachPiece { row, columns in
            let first = place(columns.lowerBound, sx, canvasWidth) - left
            let range = first..<place(columns.upperBound, sx, canvasWidth) - left
            for y in place(row, sy, canvasHeight) - top..<place(row + 1, sy, canvasHeight) - top {
                for x in range { covered[y * width + x] = true }
            }
        }
        self.covered = covered
    }

    subscript(x: Int, y: Int) -> Bool {
        guard x >= left, x < left + width, y >= top, y < top + height else { return false }
        return covered[(y - top) * width + x - left]
    }

    /// Whether something uncovered lies within `thickness` pixels straight above, below or beside.
    func isRim(_ x: Int, _ y: Int, _ thickness: Int) -> Bool {
        (1...thickness).contains { distance in
            !self[x - distance, y] || !self[x + distance, y] || !self[x, y - distance] || !self[x, y + distance]
        }
    }
}
