/// How a picture is fitted into a network's input: shrunk or enlarged with its shape kept, then padded right and below.
public struct InputFit: Hashable, Sendable {
    /// Size of the original picture in pixels.
    public let originalWidth: Int
    public let originalHeight: Int
    /// Size after resizing, before padding; boxes are clipped to it.
    public let width: Int
    public let height: Int
    /// Size of the network's input.
    public let paddedWidth: Int
    public let paddedHeight: Int

    /// Fits into a rectangle whose long side is `longSide` and short side `shortSide`, whichever way the picture lies.
    public init(originalWidth: Int, originalHeight: Int, longSide: Int, shortSide: Int, multiple: Int = 32) {
        let scale = min(
            Double(longSide) / Double(max(originalWidth, originalHeight)),
            Double(shortSide) / Double(min(originalWidth, originalHeight)))
        self.init(
            originalWidth: originalWidth, originalHeight: originalHeight,
            width: max(1, Int(Double(originalWidth) * scale + 0.5)),
            height: max(1, Int(Double(originalHeight) * scale + 0.5)), multiple: multiple)
    }

    /// Resizes to exactly `width` x `height` and pads both to a multiple.
    public init(originalWidth: Int, originalHeight: Int, width: Int, height: Int, multiple: Int = 32) {
        precondition(originalWidth > 0 && originalHeight > 0 && width > 0 && height > 0 && multiple > 0)
        self.originalWidth = originalWidth
        self.originalHeight = originalHeight
        self.width = width
        self.height = height
        paddedWidth = (width + multiple - 1) / multiple * multiple
        paddedHeight = (height + multiple - 1) / multiple * multiple
    }

    /// Input pixels per original pixel.
    public var scaleX: Float { Float(Double(width) / Double(originalWidth)) }
    public var scaleY: Float { Float(Double(height) / Double(originalHeight)) }
}
