import Alerting
import Imaging

/// A camera's zones over one of its pictures, with the shares of width and height along its edges.
struct ZonePicture: ~Copyable {
    private var canvas: Canvas
    /// Pixels per dot of a caption.
    private let scale: Int

    /// Smaller pictures are enlarged, so that names can be read.
    private static let leastWidth = 960
    private static let soft = Colour(235, 235, 235)

    static func draw(_ zones: [Zone], over picture: PixelBuffer) -> PixelBuffer {
        var drawing = ZonePicture(picture)
        for zone in zones { drawing.fill(zone) }
        drawing.drawRulers()
        // Names last: no zone hides another one's.
        for zone in zones { drawing.name(zone) }
        return drawing.finished()
    }

    private init(_ picture: PixelBuffer) {
        let colour = picture.rgbCopy()
        let factor = (Self.leastWidth + picture.width - 1) / picture.width
        let large = PixelBuffer(width: picture.width * factor, height: picture.height * factor, format: .rgb24)
        colour.resizeBilinear(into: large)
        canvas = Canvas(large)
        scale = max(2, canvas.width / 640)
    }

    private consuming func finished() -> PixelBuffer { canvas.picture() }

    private static func colour(_ kind: Zone.Kind) -> Colour {
        switch kind {
        case .include: Colour(64, 200, 96)
        case .ignore: .notice
        case .privacy: Colour(190, 90, 230)
        }
    }

    private mutating func fill(_ zone: Zone) {
        let silhouette = Silhouette(zone.polygon, width: canvas.width, height: canvas.height)
        guard silhouette.area > 0 else { return }
        // What is private is black in every picture that is taken from now on.
        if zone.kind == .privacy { canvas.shade(silhouette, .black, thickness: 1, opacity: 0.6) }
        canvas.shade(silhouette, Self.colour(zone.kind), thickness: scale, opacity: 0.25)
        for point in zone.polygon.points {
            let (x, y) = (Int(point.x * Double(canvas.width)), Int(point.y * Double(canvas.height)))
            canvas.fill(x: x - 2 * scale, y: y - 2 * scale, width: 4 * scale, height: 4 * scale, .black, opacity: 0.6)
            canvas.fill(x: x - scale, y: y - scale, width: 2 * scale, height: 2 * scale, Self.colour(zone.kind))
        }
    }

    /// On the widest place of the zone.
    private mutating func name(_ zone: Zone) {
        let text = "\(zone.name) (\(zone.kind.rawValue))"
        let size = Canvas.textSize(text, scale: scale)
        let middle = Self.widestPlace(of: zone.polygon)
        let margin = 2 * scale
        let (width, height) = (size.width + 2 * margin, size.height + margin)
        let x = Int(middle.x * Double(canvas.width)) - width / 2
        let y = Int(middle.y * Double(canvas.height)) - height / 2
        let (left, top) = (max(0, min(x, canvas.width - width)), max(0, min(y, canvas.height - height)))
        canvas.fill(x: left, y: top, width: width, height: height, Self.colour(zone.kind))
        canvas.write(text, x: left + margin, y: top + margin, scale: scale, .black)
    }

    private static func widestPlace(of polygon: Polygon) -> Polygon.Point {
        let height = polygon.bounds.y.upperBound - polygon.bounds.y.lowerBound
        let rows = (1..<16).map { polygon.bounds.y.lowerBound + height * Double($0) / 16 }
        // Of rows about as wide the middle one.
        let order = rows.sorted { abs($0 - rows[7]) < abs($1 - rows[7]) }
        var best = (width: 0.0, point: polygon.points[0])
        for y in order {
            for span in polygon.spans(at: y) where span.upperBound - span.lowerBound > best.width * 1.25 {
                best = (span.upperBound - span.lowerBound, Polygon.Point((span.lowerBound + span.upperBound) / 2, y))
            }
        }
        return best.point
    }

    /// Tenths of the width along the upper edge, tenths of the height along the left one.
    private mutating func drawRulers() {
        for tenth in 1..<10 {
            let (x, y) = (canvas.width * tenth / 10, canvas.height * tenth / 10)
            let text = ".\(tenth)"
            let size = Canvas.textSize(text, scale: scale)
            canvas.fill(x: x - scale / 2, y: 0, width: scale, height: 4 * scale, Self.soft)
            canvas.fill(x: 0, y: y - scale / 2, width: 4 * scale, height: scale, Self.soft)
            label(text, x: x - size.width / 2, y: 5 * scale, size)
            label(text, x: 5 * scale, y: y - size.height / 2, size)
        }
    }

    private mutating func label(_ text: String, x: Int, y: Int, _ size: (width: Int, height: Int)) {
        canvas.fill(
            x: x - scale, y: y - scale, width: size.width + 2 * scale, height: size.height, .black, opacity: 0.45)
        canvas.write(text, x: x, y: y, scale: scale, Self.soft)
    }
}
