package import Imaging

/// Decides what each frame of a learning run is for. The same frames get the same answers in every pass.
package struct MaterialSieve {
    /// A frame that belongs to the material.
    package struct Place: Hashable, Sendable {
        package let regime: Regime
        /// Counts the frames of this regime from 0.
        package let index: Int
        /// Kept aside: not learned from, but used to calibrate.
        package let isHeldOut: Bool
    }

    private let framesPerSecond: Double
    private let limits: LearningMaterial.Limits
    private var gate: FrameGate
    private var recogniser = RegimeRecogniser()
    private var counts: [Regime: Int] = [:]

    package init(framesPerSecond: Double, limits: LearningMaterial.Limits = .init()) {
        self.framesPerSecond = framesPerSecond
        self.limits = limits
        gate = FrameGate(framesPerSecond: framesPerSecond)
    }

    /// Frames of all regimes so far.
    package var total: Int { counts.values.reduce(0, +) }

    /// The next clip begins: its time and its light have nothing to do with those of the one before.
    package mutating func beginSource() {
        gate = FrameGate(framesPerSecond: framesPerSecond)
        recogniser = RegimeRecogniser()
    }

    /// Where the next frame belongs; nil for one beyond the rate, and while the light switches.
    package mutating func place(_ frame: Frame) -> Place? {
        guard gate.admits(frame.presentationTime) else { return nil }
        guard case .steady(let regime) = recogniser.observe(frame.pixels, at: frame.presentationTime) else {
            return nil
        }
        let index = counts[regime, default: 0]
        counts[regime] = index + 1
        return Place(regime: regime, index: index, isHeldOut: limits.isHeldOut(block: limits.block(index)))
    }
}
