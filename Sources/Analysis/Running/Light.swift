/// What a camera's light is doing at one frame.
public enum Light: Sendable, Hashable {
    /// It is one of the regimes, and stands still or drifts slowly.
    case steady(Regime)
    /// The whole picture has just changed at once and has not come to rest. `to` is the best guess so far; it equals
    /// `from` for lights that are switched on or off, a jump of the exposure, or a thermal camera's calibration.
    case switching(from: Regime, to: Regime)

    /// The regime to judge the frame with.
    public var regime: Regime {
        switch self {
        case .steady(let regime), .switching(from: _, to: let regime): regime
        }
    }

    public var isSwitching: Bool {
        if case .switching = self { true } else { false }
    }
}
