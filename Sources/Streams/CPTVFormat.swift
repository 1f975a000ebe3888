/// The parts of a CPTV recording: tagged fields, and pictures as differences in few bits.
///
/// Source: the format's public description by its makers, versions 1 and 2; both are alike but for the unit of time.
enum CPTVFormat {
    static let magic: [UInt8] = Array("CPTV".utf8)
    static let versions: ClosedRange<UInt8> = 1...2
    /// Thermal cameras have far fewer pixels; a damaged header must not make us take gigabytes.
    static let pixelLimit = 4 << 20
    /// Both versions come from cameras with this rate; newer recordings say theirs.
    static let usualRate = 9.0

    /// Fields of a header or of a picture by their code letters. Unknown ones are kept but not understood.
    struct Fields {
        private var values: [UInt8: [UInt8]] = [:]

        mutating func set(_ code: UInt8, _ value: [UInt8]) { values[code] = value }

        /// A little-endian number of at most eight bytes.
        subscript(_ letter: Character) -> UInt64? {
            guard let code = letter.asciiValue, let bytes = values[code], (1...8).contains(bytes.count) else {
                return nil
            }
            return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    /// Bytes of a picture's differences: the first value in full, the rest `bitWidth` bits each.
    static func byteCount(pixels: Int, bitWidth: Int) -> Int { 4 + ((pixels - 1) * bitWidth + 7) / 8 }

    /// Adds a picture's differences to the one before, which `values` holds, row by row.
    ///
    /// The differences run through the picture like a snake, every second row backwards, and each is a difference to the
    /// one before it. Returns false when a value leaves 16 bits, which only damage can do.
    static func apply(
        _ packed: UnsafeRawBufferPointer, bitWidth: Int, width: Int, to values: UnsafeMutableBufferPointer<UInt16>
    ) -> Bool {
        precondition(packed.count >= byteCount(pixels: values.count, bitWidth: bitWidth) && bitWidth <= 32)
        var difference = Int64(Int32(littleEndian: packed.loadUnaligned(as: Int32.self)))
        var bits: UInt64 = 0
        var held = 0
        var next = 4
        // One bit over 16 tells that a sum left the range, whatever it was.
        var seen: Int64 = 0
        for index in 0..<values.count {
            if index > 0 && bitWidth > 0 {
                while held < bitWidth {
                    bits = bits << 8 | UInt64(packed[next])
                    next += 1
                    held += 8
                }
                held -= bitWidth
                let field = bits >> UInt64(held) & (1 << UInt64(bitWidth) - 1)
                difference += Int64(bitPattern: field << UInt64(64 - bitWidth)) >> Int64(64 - bitWidth)
            }
            let (row, column) = index.quotientAndRemainder(dividingBy: width)
            let place = row & 1 == 0 ? index : row * width + width - 1 - column
            let value = Int64(values[place]) + difference
            seen |= value
            values[place] = UInt16(truncatingIfNeeded: value)
        }
        return seen & ~0xFFFF == 0
    }
}
