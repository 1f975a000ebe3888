public import Analysis
internal import Basics
public import Imaging

/// Makes an event's pictures: the frame as it was, and the frame with heat map, boxes and captions.
///
/// A value without state; any thread.
public struct SnapshotRenderer: Sendable {
    /// The thresholds say where the heat map begins and which boxes are drawn.
    public let rules: EventRules
    /// JPEG quality, 1 ... 100.
    public var quality = 88

    public init(rules: EventRules) { self.rules = rules }

    /// Both pictures; `verdict` is the judgement on `frame`, and `event` was seen in it.
    public func render(_ frame: Frame, _ verdict: Verdict, _ event: Event) throws(ImagingError) -> [EventSnapshot] {
        try render(frame.pixels, .detect, timeMs: frame.wallTimeMs, verdict, event)
    }

    /// Both pictures from the main stream; `verdict` is the judgement on the frame that arrived at `verdict.arrival`.
    public func render(_ still: Still, _ verdict: Verdict, _ event: Event) throws(ImagingError) -> [EventSnapshot] {
        let timeMs = verdict.wallTimeMs + (still.arrival - verdict.arrival).milliseconds
        return try render(still.pixels, .main, timeMs: timeMs, verdict, event)
    }

    private func render(
        _ pixels: PixelBuffer, _ stream: EventSnapshot.Stream, timeMs: Int64, _ verdict: Verdict, _ event: Event
    ) throws(ImagingError) -> [EventSnapshot] {
        let clean = try JPEG.encode(pixels, quality: quality)
        let annotated = try JPEG.encode(annotate(pixels, verdict, event, timeMs: timeMs), quality: quality)
        return [(EventSnapshot.Kind.annotated, annotated), (.clean, clean)].map { kind, jpeg in
            EventSnapshot(kind: kind, stream: stream, timeMs: timeMs, sequence: verdict.sequence, jpeg: jpeg)
        }
    }

    /// The annotated picture, before compression. It may be of any size: what the verdict found is scaled to it.
    /// - Parameter timeMs: of the picture, Unix milliseconds UTC; the verdict's unless given.
    public func annotate(
        _ pixels: PixelBuffer, _ verdict: Verdict, _ event: Event, timeMs: Int64? = nil
    ) -> PixelBuffer {
        var canvas = Canvas(pixels)
        canvas.heat(
            verdict.map.surprise, columns: verdict.map.width, rows: verdict.map.height, low: rules.pixels.exit,
            high: rules.pixels.enter + 2)

        let toPixels = (x: Float(pixels.width) / Float(verdict.width), y: Float(pixels.height) / Float(verdict.height))
        let scale = max(1, Int((Float(min(pixels.width, pixels.height)) / 200).rounded()))
        let colour = event.kind == .pixel ? Colour.notice : .alarm
        for object in verdict.objects where object.surprise >= rules.objects.exit {
            let thickness = max(1, scale / 2)
            if let silhouette = object.silhouette, silhouette.area > 0 {
                canvas.shade(silhouette, x: toPixels.x, y: toPixels.y, .alarm, thickness: thickness)
            } else {
                canvas.outline(object.box.scaled(x: toPixels.x, y: toPixels.y), .alarm, thickness: thickness)
            }
        }
        let box = event.box.scaled(
            x: Float(pixels.width) / Float(event.width), y: Float(pixels.height) / Float(event.height))
        canvas.outline(box, colour, thickness: scale + 1)
        // The bar covers what is below, so the label must know its height.
        let bar = drawBar(&canvas, timeMs: timeMs ?? verdict.wallTimeMs, event, scale)
        drawLabel(&canvas, Self.label(event), box, colour, scale, bottom: canvas.height - bar)
        return canvas.picture()
    }

    /// Such as "UNKNOWN 4.2": what it is, and its highest surprise so far.
    static func label(_ event: Event) -> String {
        let tenths = Int((min(event.surprise, 99) * 10).rounded())
        return "\(event.kind == .pixel ? "ANOMALY" : "UNKNOWN") \(tenths / 10).\(tenths % 10)"
    }

    /// A filled label above the box; below or inside it where there is no room.
    private func drawLabel(
        _ canvas: inout Canvas, _ text: String, _ box: Box, _ colour: Colour, _ scale: Int, bottom: Int
    ) {
        let size = Canvas.textSize(text, scale: scale)
        let margin = 2 * scale
        // Captions have no descenders, so the two lowest rows serve as the lower margin.
        let (width, height) = (size.width + 2 * margin, size.height + margin)
        let left = max(0, min(Int(box.x1.rounded(.down)), canvas.width - width))
        let above = Int(box.y1.rounded(.down)) - height
        let below = Int(box.y2.rounded(.up))
        let top = above >= 0 ? above : below + height <= bottom ? below : max(0, above + height)
        canvas.fill(x: left, y: top, width: width, height: height, colour)
        canvas.write(text, x: left + margin, y: top + margin, scale: scale, .black)
    }

    /// Camera, time and id along the lower edge; returns the height.
    private func drawBar(_ canvas: inout Canvas, timeMs: Int64, _ event: Event, _ scale: Int) -> Int {
        // Captions of small pictures would not fit otherwise.
        let scale = max(1, scale - 1)
        let margin = 3 * scale
        let height = Canvas.textSize("", scale: scale).height + 2 * margin - 2 * scale
        let top = canvas.height - height
        canvas.fill(x: 0, y: top, width: canvas.width, height: height, .black, opacity: 0.65)
        let y = top + margin
        let time = UTCTime.readable(timeMs)
        let timeWidth = Canvas.textSize(time, scale: scale).width
        let timeLeft = canvas.width - margin - timeWidth
        let room = (timeLeft - 3 * margin) / (Canvas.textSize("mm", scale: scale).width / 2 + scale)
        canvas.write(String(event.camera.prefix(max(0, room))), x: margin, y: y, scale: scale, .white)
        canvas.write(time, x: max(margin, timeLeft), y: y, scale: scale, .white)

        let id = String(event.id.description.prefix(13))
        let idWidth = Canvas.textSize(id, scale: scale).width
        let cameraWidth = Canvas.textSize(event.camera, scale: scale).width
        let idLeft = margin + cameraWidth + 4 * margin
        if idLeft + idWidth + 4 * margin < timeLeft {
            canvas.write(id, x: idLeft, y: y, scale: scale, Colour(170, 170, 170))
        }
        return height
    }
}
