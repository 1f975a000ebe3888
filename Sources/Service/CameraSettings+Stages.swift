public import Alerting
public import Analysis
public import Capture

extension CameraSettings {
    /// How capture opens the camera.
    /// - Parameter environment: where `CREDENTIALS_DIRECTORY` is looked up.
    /// - Throws: `CaptureError` for an address of no supported kind, `ServiceError` for an unusable password file.
    public func sourceDescription(environment: [String: String]) throws -> SourceDescription {
        let url = try CameraURL(source.unredacted, password: try password(environment: environment)?.revealed)
        var description = SourceDescription(url: url, pace: pace == .maximum ? .maximum : .realtime)
        if let frameRate { description.imagesPerSecond = frameRate }
        return description
    }

    /// When evidence becomes an event: what the operator set, and what the profile learned where nothing is set.
    public func eventRules(_ learned: Thresholds) -> EventRules {
        func thresholds(_ enter: Float, _ exit: Float) -> EventRules.Thresholds {
            let high = rules.enter ?? enter
            // An operator who sets one of both keeps the learned distance between them.
            let low = rules.exit ?? (rules.enter.map { $0 * exit / enter } ?? exit)
            return EventRules.Thresholds(enter: high, exit: min(low, 0.99 * high))
        }
        var result = EventRules(
            objects: thresholds(learned.enterObject, learned.exitObject),
            pixels: thresholds(learned.enterPixel, learned.exitPixel))
        result.confirmFrames = rules.confirmFrames
        result.confirmWindow = rules.confirmWindow
        result.quietTime = rules.quietTime
        result.maximumDuration = rules.maximumDuration
        return result
    }
}
