/// Blackens parts of pictures: every pixel that a polygon touches, whatever their size.
///
/// 16-bit pictures are measurements that are looked at between their lowest and highest values: there black is the lowest
/// value of the rest of the picture, so that the rest looks as it did.
public struct PrivacyMask: Sendable {
    public let polygons: [Polygon]
    private var size: (width: Int, height: Int)?
    /// Pixels of each row, in order and apart, for pictures of `size`.
    private var rows: [[Range<Int>]] = []

    public init(_ polygons: [Polygon]) { self.polygons = polygons }

    /// For the picture's creator only, before it is shared.
    public mutating func blacken(_ picture: PixelBuffer) {
        prepare(picture.width, picture.height)
        switch picture.format {
        case .rgb24, .gray8: fill(picture, with: UInt8.zero, samples: picture.format.bytesPerPixel)
        case .gray16: fill(picture, with: lowest(picture), samples: 1)
        }
    }

    private func fill<Sample>(_ picture: PixelBuffer, with black: Sample, samples: Int) {
        picture.mutableBytes.withMemoryRebound(to: Sample.self) { pixels in
            for (row, pieces) in rows.enumerated() {
                for piece in pieces {
                    let first = row * picture.width
                    pixels[samples * (first + piece.lowerBound)..<samples * (first + piece.upperBound)].update(
                        repeating: black)
                }
            }
        }
    }

    /// Outside the polygons; 0 where there is nothing else.
    private func lowest(_ picture: PixelBuffer) -> UInt16 {
        let pixels = picture.samples16
        var lowest: UInt16?
        for (row, pieces) in rows.enumerated() {
            var start = row * picture.width
            let ends = pieces.map { ($0.lowerBound + row * picture.width, $0.upperBound + row * picture.width) }
            for (end, next) in ends + [((row + 1) * picture.width, 0)] {
                for index in start..<end { lowest = min(lowest ?? .max, pixels[index]) }
                start = next
            }
        }
        return lowest ?? 0
    }

    private mutating func prepare(_ width: Int, _ height: Int) {
        guard size ?? (0, 0) != (width, height) else { return }
        size = (width, height)
        rows = (0..<height).map { row in
            let (top, bottom) = (Double(row) / Double(height), Double(row + 1) / Double(height))
            var pieces = polygons.flatMap { $0.extents(from: top, to: bottom) }.map { piece in
                let first = Int((piece.lowerBound * Double(width)).rounded(.down))
                let end = Int((piece.upperBound * Double(width)).rounded(.up))
                return min(first, width - 1)..<min(max(end, first + 1), width)
            }
            pieces.sort { $0.lowerBound < $1.lowerBound }
            return pieces.reduce(into: []) { merged, piece in
                if let last = merged.last, piece.lowerBound <= last.upperBound {
                    merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, piece.upperBound)
                } else {
                    merged.append(piece)
                }
            }
        }
    }
}
