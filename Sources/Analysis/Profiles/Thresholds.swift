/// Surprise values at which evidence begins and ends to count, learned from held-out time.
public struct Thresholds: Sendable, Codable, Hashable {
    /// Objects at or above this open an event.
    public var enterObject: Float
    /// Objects below this no longer keep an event open; lower than `enterObject`.
    public var exitObject: Float
    /// Regions at or above this open an event.
    public var enterPixel: Float
    /// Regions below this no longer keep an event open; lower than `enterPixel`.
    public var exitPixel: Float

    /// Lingering surprise beyond the usual, times this, is on the scale of the pixel thresholds.
    public var lingeringFactor: Float
    /// Surprise averaged over the size of a large object, times this, is on the scale of the pixel thresholds.
    public var broadFactor: Float

    public init(
        enterObject: Float, exitObject: Float, enterPixel: Float, exitPixel: Float, lingeringFactor: Float = 1,
        broadFactor: Float = 1
    ) {
        self.enterObject = enterObject
        self.exitObject = exitObject
        self.enterPixel = enterPixel
        self.exitPixel = exitPixel
        self.lingeringFactor = lingeringFactor
        self.broadFactor = broadFactor
    }

    /// Whether the values are in order: a file may say anything.
    var isProper: Bool {
        [enterObject, exitObject, enterPixel, exitPixel, lingeringFactor, broadFactor].allSatisfy {
            $0 > 0 && $0.isFinite
        }
            && exitObject < enterObject && exitPixel < enterPixel
    }
}

/// Distribution of one score's maxima over the held-out frames.
public struct HeldOutPeaks: Sendable, Codable, Hashable {
    public let median: Float
    public let p95: Float
    public let maximum: Float

    /// Of the frames' maxima as far as events would confirm them: an event needs three of five frames in a row, so a frame
    /// counts with the third highest maximum of the five that end with it, and a single odd frame moves nothing.
    package init(confirmable peaks: [Float]) {
        let (window, needed) = (5, 3)
        guard peaks.count >= window else {
            self.init(peaks)
            return
        }
        self.init((window...peaks.count).map { end in peaks[(end - window)..<end].sorted()[window - needed] })
    }

    /// All 0 without frames.
    package init(_ peaks: [Float]) {
        let sorted = peaks.sorted()
        func quantile(_ share: Double) -> Float {
            sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]
        }
        median = quantile(0.5)
        p95 = quantile(0.95)
        maximum = sorted.last ?? 0
    }
}

extension Thresholds {
    /// Above everything that held-out time showed, by a margin that grows with how much it varied; back at what one
    /// frame in twenty showed, or three quarters of the way there.
    ///
    /// - Parameter lingering: of the surprise beyond the usual; all 0 when held-out time was too short to tell.
    package init(
        pixels: HeldOutPeaks, broad: HeldOutPeaks? = nil, lingering: HeldOutPeaks, objects: HeldOutPeaks
    ) {
        let (enterPixel, exitPixel) = Self.pair(pixels)
        let enterLingering = max(Self.leastLingering, 1.25 * lingering.maximum + 0.1)
        let (enterObject, exitObject) = Self.pair(objects)
        self.init(
            enterObject: enterObject, exitObject: exitObject, enterPixel: enterPixel, exitPixel: exitPixel,
            lingeringFactor: enterPixel / enterLingering,
            broadFactor: broad.map { enterPixel / Self.pair($0, least: Self.leastBroad).enter } ?? 1)
    }

    /// Nothing as common as one patch or object in thirty opens an event, however quiet the held-out time was.
    private static let least: Float = 1.5

    /// Nor does anything that lingers and is not at least twice as rare as ever before at its place.
    private static let leastLingering: Float = 0.3

    /// Averages over many cells are low; this share of them is still rare.
    private static let leastBroad: Float = 0.5

    private static func pair(_ peaks: HeldOutPeaks, least: Float = Thresholds.least) -> (enter: Float, exit: Float) {
        let enter = max(least, peaks.maximum + 0.2 * (peaks.maximum - peaks.median) + 0.2)
        return (enter, max(0.75 * enter, min(peaks.p95, 0.9 * enter)))
    }
}
