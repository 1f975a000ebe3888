public import Alerting
public import Analysis
public import Streams

extension CameraSettings {
    /// How capture opens the camera.
    /// - Parameter environment: where `CREDENTIALS_DIRECTORY` is looked up.
    /// - Throws: `StreamError` for an address of no supported kind, `ServiceError` for an unusable password file.
    public func sourceDescription(environment: [String: String]) throws -> SourceDescription {
        var description = try description(of: source, environment)
        description.pace = pace == .maximum ? .maximum : .realtime
        if let frameRate { description.imagesPerSecond = frameRate }
        description.device = device
        return description
    }

    /// How the stream for snapshots is opened; nil without one. Throws as `sourceDescription`.
    public func snapshotDescription(environment: [String: String]) throws -> SourceDescription? {
        try snapshotSource.map { try description(of: $0, environment) }
    }

    private func description(of address: SourceAddress, _ environment: [String: String]) throws -> SourceDescription {
        if address.verdictLog != nil {
            throw StreamError(
                .unsupportedSource, "a recorded verdict log has no pictures; only the daemon can replay it")
        }
        let password = try password(environment: environment)?.revealed
        var description = SourceDescription(url: try CameraURL(address.unredacted, password: password))
        description.transport = transport
        description.verifiesCertificate = verifiesCertificate
        description.authorities = authorities
        description.hardwareDecoding = hardwareDecoding
        description.privacy = privacy
        return description
    }

    /// How often the camera is analysed.
    /// - Parameter isLossless: whether the source waits until a frame was judged.
    public func analysis(isLossless: Bool) -> AnalysisRate {
        // Twice in the quiet time, or an event would close between two sweeps.
        let sweep = min(AnalysisRate.usualSweep, rules.quietTime * 0.45)
        return AnalysisRate(
            framesPerSecond: analysisRate, motionGating: motionGating, sweep: sweep, isLossless: isLossless)
    }

    /// When evidence becomes an event: what the operator set, and what was learned where nothing is set.
    public func eventRules(_ profile: ProfileRecord, _ evidence: BudgetEvidence, labels: [LabelledIncident] = [])
        -> EventRules
    {
        var result = confirmation
        for forecast in budget(profile, evidence, labels: labels).forecasts(perDay: falseAlarmsPerDay) {
            result.regimes[forecast.regime] = EventRules.Levels(
                objects: thresholds(forecast.objects), pixels: thresholds(forecast.pixels))
        }
        return result
    }

    /// What thresholds to expect which false alarms from, where things count.
    public func budget(
        _ profile: ProfileRecord, _ evidence: BudgetEvidence, labels: [LabelledIncident] = []
    ) -> AlarmBudget {
        AlarmBudget(profile, evidence, labels: labels, zones: ZoneMap(zones))
    }

    /// The same without a profile, for recorded verdicts: in every light what the operator set; nil when that is nothing.
    public var fixedRules: EventRules? {
        guard let enter = rules.enter else { return nil }
        let thresholds = EventRules.Thresholds(enter: enter, exit: min(rules.exit ?? 0.75 * enter, 0.99 * enter))
        var result = confirmation
        (result.objects, result.pixels) = (thresholds, thresholds)
        return result
    }

    /// How events are confirmed and closed, whatever the thresholds.
    public var confirmation: EventRules {
        // Regimes that were not learned are not judged.
        let never = EventRules.Thresholds(enter: .greatestFiniteMagnitude, exit: 0)
        var result = EventRules(objects: never, pixels: never)
        result.confirmFrames = rules.confirmFrames
        result.confirmWindow = rules.confirmWindow
        result.quietTime = rules.quietTime
        result.maximumDuration = rules.maximumDuration
        result.zones = ZoneMap(zones)
        return result
    }

    private func thresholds(_ learned: EventRules.Thresholds) -> EventRules.Thresholds {
        let high = rules.enter ?? learned.enter
        // An operator who sets one of both keeps the learned distance between them.
        let low = rules.exit ?? (rules.enter.map { $0 * learned.exit / learned.enter } ?? learned.exit)
        return EventRules.Thresholds(enter: high, exit: min(low, 0.99 * high))
    }
}
