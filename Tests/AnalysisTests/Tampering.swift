import Imaging

/// What is done to a camera, and what only looks as if something had been; made from real or rendered pictures.
enum Tampering: String, CaseIterable {
    // To be found.
    case bag, hand, paint, blur, mist, black, turned, freeze
    // Not to be found.
    case third, halfExposure, doubleExposure, haze

    /// 8-bit pictures only. `number` counts frames, for noise.
    func apply(_ picture: PixelBuffer, number: Int) -> PixelBuffer {
        let (width, height) = (picture.width, picture.height)
        switch self {
        case .bag:
            return picture.mapped { x, y, value in
                // Close, dark and out of focus; a strip on the right stays free.
                x < width * 4 / 5 ? 40 + 30 * x / width + 20 * y / height + noise(x, y, number) : value
            }
        case .hand:
            return picture.mapped { x, y, _ in
                let (dx, dy) = (x - width / 3, y - height / 2)
                return max(20, 160 - (dx * dx + dy * dy) * 400 / (width * width)) + noise(x, y, number)
            }
        case .paint: return picture.mapped { x, y, _ in 140 + noise(x, y, number) }
        case .blur: return picture.blurred(radius: max(2, width / 150))
        case .mist: return picture.blurred(radius: max(4, width / 50))
        case .black: return picture.mapped { x, y, _ in 3 + noise(x, y, number) }
        case .turned: return picture.turned(across: width * 2 / 5, down: height / 4)
        case .freeze: return picture
        case .third: return picture.mapped { x, y, value in x < width / 3 ? 90 + noise(x, y, number) : value }
        case .halfExposure: return picture.mapped { _, _, value in value / 2 }
        case .doubleExposure: return picture.mapped { _, _, value in value * 3 / 2 }
        case .haze: return picture.mapped { _, _, value in (value * 3 + 190 * 5) / 8 }
        }
    }

    private func noise(_ x: Int, _ y: Int, _ number: Int) -> Int {
        let bits = UInt64(truncatingIfNeeded: x &* 7919 &+ y &* 104_729 &+ number &* 1_299_709)
        return Int((bits &* 0x9E37_79B9_7F4A_7C15) >> 62)
    }
}

extension PixelBuffer {
    private var channels: Int { format == .rgb24 ? 3 : 1 }

    fileprivate func mapped(_ change: (_ x: Int, _ y: Int, _ value: Int) -> Int) -> PixelBuffer {
        let result = PixelBuffer(width: width, height: height, format: format)
        let (source, target) = (bytes, result.mutableBytes)
        let row = width * channels
        for y in 0..<height {
            for index in 0..<row {
                let value = change(index / channels, y, Int(source[y &* row &+ index]))
                target[y &* row &+ index] = UInt8(min(max(value, 0), 255))
            }
        }
        return result
    }

    /// Twice a box of 2 r + 1 pixels in both directions.
    fileprivate func blurred(radius: Int) -> PixelBuffer {
        var result = self
        for _ in 0..<2 {
            result = result.averaged(along: channels, count: width, across: width * channels, lines: height, radius)
            result = result.averaged(along: width * channels, count: height, across: channels, lines: width, radius)
        }
        return result
    }

    private func averaged(along step: Int, count: Int, across: Int, lines: Int, _ radius: Int) -> PixelBuffer {
        let result = PixelBuffer(width: width, height: height, format: format)
        let (source, target) = (bytes, result.mutableBytes)
        for line in 0..<lines {
            for channel in 0..<channels {
                let start = line * across + channel
                func value(_ index: Int) -> Int { Int(source[start + min(max(index, 0), count - 1) * step]) }
                var sum = (-radius...radius).reduce(0) { $0 + value($1) }
                for index in 0..<count {
                    target[start + index * step] = UInt8(sum / (2 * radius + 1))
                    sum += value(index + radius + 1) - value(index - radius)
                }
            }
        }
        return result
    }

    /// The same picture from a place aside; what is missing comes from its other end.
    fileprivate func turned(across: Int, down: Int) -> PixelBuffer {
        let result = PixelBuffer(width: width, height: height, format: format)
        let row = bytesPerRow
        for y in 0..<height {
            for index in 0..<row {
                result.mutableBytes[y * row + index] =
                    bytes[(y + down) % height * row + (index + across * channels) % row]
            }
        }
        return result
    }
}
