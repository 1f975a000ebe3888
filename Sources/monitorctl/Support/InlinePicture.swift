import ArgumentParser
import FoundationEssentials
import Imaging

/// How a picture is shown in the terminal.
enum PictureForm: String, ExpressibleByArgument, CaseIterable {
    /// Where the terminal can.
    case auto
    case never
    /// The graphics protocols of kitty and of iTerm2.
    case kitty, iterm
    /// Two pixels in each character, as coloured half blocks: any terminal with colours.
    case blocks

    /// What the terminal that the environment tells of understands; nil where it shows text only.
    static var native: PictureForm? {
        let program = Terminal.environment("TERM_PROGRAM")
        let terminal = Terminal.environment("TERM")
        // Multiplexers pass neither protocol on.
        guard Terminal.environment("TMUX").isEmpty, !["screen", "tmux"].contains(where: terminal.hasPrefix) else {
            return nil
        }
        if !Terminal.environment("KITTY_WINDOW_ID").isEmpty || ["xterm-kitty", "xterm-ghostty"].contains(terminal) {
            return .kitty
        }
        return ["iTerm.app", "WezTerm", "mintty"].contains(program) ? .iterm : nil
    }
}

/// A picture as text that makes a terminal show it.
struct InlinePicture {
    let jpeg: [UInt8]
    /// Columns of the terminal at most.
    let columns: Int

    /// Nil where this form shows nothing here.
    /// - Throws: `ImagingError` for a damaged picture.
    func text(_ form: PictureForm) throws -> String? {
        switch form {
        case .auto: try PictureForm.native.flatMap { try text($0) }
        case .never: nil
        case .kitty: try kitty()
        case .iterm: try iterm()
        case .blocks: try blocks()
        }
    }

    /// Cells are about twice as high as wide.
    private static let widest = 80

    private func picture() throws -> PixelBuffer { try JPEG.decode(jpeg).asRGB }

    /// Raw pixels, packed, in pieces of at most 4096 characters.
    private func kitty() throws -> String {
        let picture = try picture()
        let packed = Deflate(.zlib).pack(Array(picture.bytes), isLast: true)
        let text = Array(Data(packed).base64EncodedString().utf8)
        var result = ""
        for start in stride(from: 0, to: text.count, by: 4096) {
            let piece = String(decoding: text[start..<min(start + 4096, text.count)], as: UTF8.self)
            let more = start + 4096 < text.count ? 1 : 0
            let size = "a=T,f=24,o=z,s=\(picture.width),v=\(picture.height),c=\(min(columns, Self.widest)),q=2,"
            result += "\u{1B}_G\(start == 0 ? size : "")m=\(more);\(piece)\u{1B}\\"
        }
        return result + "\n"
    }

    private func iterm() throws -> String {
        // Only what decodes is sent on.
        _ = try picture()
        return "\u{1B}]1337;File=inline=1;size=\(jpeg.count);width=\(min(columns, Self.widest));preserveAspectRatio=1:"
            + Data(jpeg).base64EncodedString() + "\u{7}\n"
    }

    private func blocks() throws -> String {
        let picture = try picture()
        let width = min(columns, Self.widest, picture.width)
        let height = max(2, 2 * (width * picture.height / picture.width / 2))
        let isTrue = ["truecolor", "24bit"].contains(Terminal.environment("COLORTERM"))
        var result = ""
        for row in stride(from: 0, to: height, by: 2) {
            for column in 0..<width {
                let top = picture.mean(column, row, of: width, height)
                let bottom = picture.mean(column, row + 1, of: width, height)
                result += "\u{1B}[38;\(Self.colour(top, isTrue));48;\(Self.colour(bottom, isTrue))m▀"
            }
            result += "\u{1B}[0m\n"
        }
        return result
    }

    /// In full, or as the nearest of the 216 colours that nearly all terminals have.
    private static func colour(_ rgb: SIMD3<Int>, _ isTrue: Bool) -> String {
        if isTrue { return "2;\(rgb.x);\(rgb.y);\(rgb.z)" }
        func level(_ value: Int) -> Int { value < 48 ? 0 : value < 115 ? 1 : (value - 35) / 40 }
        return "5;\(16 + 36 * level(rgb.x) + 6 * level(rgb.y) + level(rgb.z))"
    }
}

extension PixelBuffer {
    /// Gray pictures with three equal samples.
    fileprivate var asRGB: PixelBuffer {
        guard format == .gray8 else { return self }
        let result = PixelBuffer(width: width, height: height, format: .rgb24)
        let target = result.mutableBytes
        for (index, value) in bytes.enumerated() {
            for sample in 0..<3 { target[3 * index + sample] = value }
        }
        return result
    }

    /// Mean colour of one cell of a grid of `columns` x `rows` over an `rgb24` picture, which is at least as fine.
    fileprivate func mean(_ column: Int, _ row: Int, of columns: Int, _ rows: Int) -> SIMD3<Int> {
        let (left, right) = (
            column * width / columns, max(column * width / columns + 1, (column + 1) * width / columns)
        )
        let (top, bottom) = (row * height / rows, max(row * height / rows + 1, (row + 1) * height / rows))
        var sum = SIMD3<Int>()
        for y in top..<min(bottom, height) {
            for x in left..<min(right, width) {
                let place = 3 * (y * width + x)
                sum &+= SIMD3(Int(bytes[place]), Int(bytes[place + 1]), Int(bytes[place + 2]))
            }
        }
        let count = max(1, (min(bottom, height) - top) * (min(right, width) - left))
        return SIMD3(sum.x / count, sum.y / count, sum.z / count)
    }
}
