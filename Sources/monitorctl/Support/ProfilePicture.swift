import Analysis
import Imaging

/// A profile as a picture: for each part the score distribution, and below it the etalons of each kind of patch.
struct ProfilePicture: ~Copyable {
    private var canvas: Canvas
    private var top = margin

    private static let width = 1040
    private static let margin = 32
    private static let chartHeight = 330
    private static let smallHeight = 150
    private static let smallColumns = 3
    private static let smallPitch = 236
    private static let gap = 36

    private static let ink = Colour(40, 44, 52)
    private static let faint = Colour(226, 229, 233)
    private static let soft = Colour(110, 118, 130)
    private static let bars = Colour(96, 150, 205)
    private static let sums = Colour(214, 120, 32)

    static func draw(_ document: ProfileDocument) -> PixelBuffer {
        let height = margin + document.parts.reduce(74) { $0 + Self.height($1) }
        var picture = ProfilePicture(height: height)
        picture.canvas.write(
            "\(document.profile) v\(document.version)", x: margin, y: picture.top, scale: 3, ink)
        picture.canvas.write(
            "learned \(document.learned), model \(document.model)", x: margin, y: picture.top + 36, scale: 2, soft)
        picture.top += 74
        for part in document.parts { picture.draw(part) }
        return picture.finished()
    }

    private init(height: Int) {
        canvas = Canvas(PixelBuffer(width: Self.width, height: height, format: .rgb24))
        canvas.fill(x: 0, y: 0, width: Self.width, height: height, .white)
    }

    private consuming func finished() -> PixelBuffer { canvas.picture() }

    private static func rows(_ part: ProfilePart) -> Int {
        ((part.report?.classes.count ?? 0) + smallColumns - 1) / smallColumns
    }

    private static func height(_ part: ProfilePart) -> Int {
        (part.distribution == nil ? 40 : chartHeight + 120) + rows(part) * smallPitch + 96
    }

    private mutating func draw(_ part: ProfilePart) {
        heading(part.title)
        guard let report = part.report, let distribution = part.distribution else {
            canvas.write("pixels are not judged", x: Self.margin, y: top, scale: 2, Self.soft)
            top += 40
            return
        }
        draw(distribution)
        let etalons = report.classes.reduce(0) { $0 + $1.coverage.count }
        caption("The \(etalons) etalons: share of its kind's patches that each stands for")
        canvas.write("bars: one etalon each, the largest first", x: Self.margin, y: top, scale: 2, Self.bars)
        write("line: their sum", x: Self.width - Self.margin, y: top, anchor: 1, scale: 2, Self.sums)
        top += 36
        for (index, kind) in report.classes.enumerated() {
            let column = index % Self.smallColumns
            if index > 0, column == 0 { top += Self.smallPitch }
            draw(kind, index, column: column)
        }
        top += Self.smallPitch
    }

    private mutating func heading(_ title: String) {
        canvas.fill(x: Self.margin, y: top, width: Self.width - 2 * Self.margin, height: 2, Self.ink)
        canvas.write(title, x: Self.margin, y: top + 10, scale: 2, Self.ink)
        top += 44
    }

    private mutating func caption(_ text: String) {
        canvas.write(text, x: Self.margin, y: top, scale: 2, Self.ink)
        top += 30
    }

    /// Writes around a place; 0 begins there, 1 ends there.
    private mutating func write(_ text: String, x: Int, y: Int, anchor: Float, scale: Int = 1, _ colour: Colour) {
        let width = Canvas.textSize(text, scale: scale).width
        canvas.write(text, x: x - Int(anchor * Float(width)), y: y, scale: scale, colour)
    }

    // MARK: - The distribution

    private mutating func draw(_ distribution: ScoreDistribution) {
        caption("Normal patches of held-out time: share that is at least as surprising")
        let (left, right) = (Self.margin + 70, Self.width - Self.margin - 20)
        let (high, low) = (top + 6, top + 6 + Self.chartHeight)
        func x(_ surprise: Double) -> Int { left + Int(Double(right - left) * surprise / distribution.width) }
        func y(_ logShare: Double) -> Int { high + Int(Double(low - high) * logShare / ScoreDistribution.rarest) }
        for decade in ScoreDistribution.decades {
            canvas.fill(x: left, y: y(decade.logShare), width: right - left, height: 1, Self.faint)
            write(decade.name, x: left - 10, y: y(decade.logShare) - 8, anchor: 1, scale: 2, Self.soft)
        }
        for value in 0...Int(distribution.width) {
            canvas.fill(x: x(Double(value)), y: high, width: 1, height: low - high + 6, Self.faint)
            write(String(value), x: x(Double(value)), y: low + 12, anchor: 0.5, scale: 2, Self.soft)
        }
        var former = high
        for column in left..<right {
            let surprise = (Double(column - left) + 0.5) * distribution.width / Double(right - left)
            let edge = y(distribution.logShare(atLeast: surprise))
            canvas.fill(x: column, y: edge, width: 1, height: low - edge, Self.bars, opacity: 0.35)
            canvas.fill(x: column, y: min(former, edge) - 1, width: 1, height: abs(edge - former) + 3, Self.bars)
            former = edge
        }
        let mark = x(distribution.threshold)
        canvas.fill(x: mark - 1, y: high, width: 3, height: low - high, .alarm)
        let words = "events open at \(EventText.number(Float(distribution.threshold)))"
        let isLeft = mark + 12 + Canvas.textSize(words, scale: 2).width > right
        write(words, x: isLeft ? mark - 10 : mark + 10, y: high + 8, anchor: isLeft ? 1 : 0, scale: 2, .alarm)
        canvas.fill(x: left, y: low, width: right - left, height: 2, Self.ink)
        canvas.fill(x: left - 1, y: high, width: 2, height: low - high, Self.ink)
        write("surprise (-log10 of how often)", x: (left + right) / 2, y: low + 38, anchor: 0.5, scale: 2, Self.soft)
        top = low + 78
    }

    // MARK: - The etalons

    private mutating func draw(_ kind: ProfileReport.PatchClass, _ index: Int, column: Int) {
        let pitch = (Self.width - 2 * Self.margin + Self.gap) / Self.smallColumns
        let (left, width) = (Self.margin + column * pitch + 40, pitch - Self.gap - 40)
        let low = top + 30 + Self.smallHeight
        let name = "kind \(index + 1): \(EventText.number(Float(100 * kind.share))) % of all"
        canvas.write(name, x: left, y: top, scale: 2, Self.ink)
        guard let most = kind.coverage.first, most > 0 else { return }
        for share in [0, 0.5, 1.0] {
            let line = low - Int(share * Double(Self.smallHeight))
            canvas.fill(x: left, y: line, width: width, height: 1, Self.faint)
            write("\(Int(100 * share)) %", x: left - 5, y: line - 4, anchor: 1, Self.sums)
        }
        var sum = 0.0
        var former = low
        let count = kind.coverage.count
        for (place, share) in kind.coverage.enumerated() {
            let (start, end) = (left + place * width / count, left + (place + 1) * width / count)
            let bar = max(1, Int(share / most * Double(Self.smallHeight)))
            canvas.fill(x: start, y: low - bar, width: max(1, end - start - 1), height: bar, Self.bars)
            sum += share
            let line = low - Int(sum * Double(Self.smallHeight))
            canvas.fill(x: start, y: line - 1, width: max(2, end - start), height: 2, Self.sums)
            canvas.fill(x: start, y: line - 1, width: 2, height: former - line + 2, Self.sums)
            former = line
        }
        canvas.fill(x: left, y: low, width: width, height: 1, Self.ink)
        let tallest = "\(EventText.number(Float(100 * most))) %"
        canvas.write(tallest, x: left + 20, y: low - Self.smallHeight + 4, scale: 2, Self.bars)
        canvas.write(
            "\(kind.etalons(covering: 0.9)) of \(count) hold 90 %", x: left, y: low + 8, scale: 2, Self.soft)
    }
}
