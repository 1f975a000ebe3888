internal import CLibAV
internal import Imaging

/// How a picture is to be turned and mirrored to stand upright: one of eight ways.
struct Orientation: Equatable {
    /// Rows become columns. Done first.
    var isTransposed = false
    var isMirrored = false
    var isUpsideDown = false

    static let upright = Orientation()

    init() {}

    /// From libav's matrix of nine numbers, which maps stored places to shown ones; odd angles are not turned.
    init(_ matrix: UnsafePointer<Int32>) {
        let (a, b, c, d) = (matrix[0], matrix[1], matrix[3], matrix[4])
        if a != 0 && d != 0 && b == 0 && c == 0 {
            (isMirrored, isUpsideDown) = (a < 0, d < 0)
        } else if b != 0 && c != 0 && a == 0 && d == 0 {
            // A stored column becomes a shown row: c moves stored rows sideways, b stored columns down.
            (isTransposed, isMirrored, isUpsideDown) = (true, c < 0, b < 0)
        }
    }

    /// The matrix among a stream's or a picture's side data.
    init(_ bytes: UnsafePointer<UInt8>?, count: Int) {
        guard let bytes, count >= 9 * MemoryLayout<Int32>.size else {
            self.init()
            return
        }
        let matrix = (0..<9).map { UnsafeRawPointer(bytes).loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self) }
        self.init(matrix)
    }

    /// Size of a turned picture.
    func size(width: Int, height: Int) -> (width: Int, height: Int) {
        isTransposed ? (height, width) : (width, height)
    }

    /// Writes `source` turned into `target`, whose size is `size`.
    func turn(_ source: PixelBuffer, into target: PixelBuffer) {
        switch source.format {
        case .rgb24: move(source, target, as: (UInt8, UInt8, UInt8).self)
        case .gray8: move(source, target, as: UInt8.self)
        case .gray16: move(source, target, as: UInt16.self)
        }
    }

    private func move<Pixel>(_ source: PixelBuffer, _ target: PixelBuffer, as: Pixel.Type) {
        let from = source.bytes.bindMemory(to: Pixel.self)
        let to = target.mutableBytes.bindMemory(to: Pixel.self)
        let (width, height) = (target.width, target.height)
        for y in 0..<height {
            let row = isUpsideDown ? height - 1 - y : y
            for x in 0..<width {
                let column = isMirrored ? width - 1 - x : x
                to[y * width + x] = from[isTransposed ? column * source.width + row : row * source.width + column]
            }
        }
    }
}
