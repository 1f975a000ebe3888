public import Analysis
public import Imaging

/// What an operator said about an event, as calibration needs it.
public struct LabelledIncident: Sendable, Hashable {
    public let startMs: Int64
    public let lastMs: Int64
    public let box: Box
    /// A false alarm; otherwise confirmed.
    public let isFalse: Bool

    public init(startMs: Int64, lastMs: Int64, box: Box, isFalse: Bool) {
        self.startMs = startMs
        self.lastMs = lastMs
        self.box = box
        self.isFalse = isFalse
    }

    public init(_ labelled: LabelledEvent) {
        let event = labelled.event
        self.init(
            startMs: event.startMs, lastMs: event.lastSeenMs, box: event.box,
            isFalse: labelled.acknowledgement.label == .falseAlarm)
    }

    fileprivate func isSame(_ sample: IncidentSample) -> Bool {
        startMs <= sample.lastMs && sample.startMs <= lastMs && box.intersection(with: sample.box).area > 0
    }
}

/// Turns the number of false alarms that an operator will stand into thresholds, for each regime of a profile.
///
/// The number holds for each regime while it lasts, so it holds for the day. Objects and pixels get half of it each when
/// both are judged; an event of both counts once, so the sum is rather below the number.
public struct AlarmBudget: Sendable {
    /// What is expected of one regime.
    public struct Forecast: Sendable, Hashable {
        public let regime: Regime
        public let objects: EventRules.Thresholds
        public let pixels: EventRules.Thresholds
        /// False events per day of this regime with these thresholds, and where the true number lies with 90 %.
        public let perDay: Double
        public let interval: ClosedRange<Double>
        /// Days watched, incidents that count, and incidents left out as probably real.
        public let days: Double
        public let incidents: Int
        public let leftOut: Int
    }

    /// Less evidence says nothing; the learned thresholds, which lie above all that was seen, are better then.
    public static let leastWatchedMs: Int64 = 300_000

    private let profile: ProfileRecord
    private let evidence: BudgetEvidence
    private let labels: [LabelledIncident]

    /// - Parameter zones: only incidents that count in them do.
    public init(
        _ profile: ProfileRecord, _ evidence: BudgetEvidence, labels: [LabelledIncident] = [],
        zones: ZoneMap = .everywhere
    ) {
        self.profile = profile
        self.evidence = evidence.counting(in: zones)
        self.labels = labels
    }

    /// What to expect with thresholds for `perDay` false events a day; nil keeps the learned thresholds, which lie above
    /// all that held-out time showed.
    public func forecasts(perDay: Double?) -> [Forecast] { profile.regimes.map { forecast($0, perDay) } }

    private func forecast(_ part: RegimeRecord, _ perDay: Double?) -> Forecast {
        let learned = part.thresholds
        let (judgesObjects, judgesPixels) = (part.objectClasses > 0, part.patchClasses > 0)
        let isProven = evidence.watchedMs[part.regime] ?? 0 >= Self.leastWatchedMs
        let share = isProven ? perDay.map { judgesObjects && judgesPixels ? $0 / 2 : $0 } : nil
        let (objects, pixels) = (model(part, \.object, learned.exitObject), model(part, \.pixels, learned.exitPixel))
        let objectLevels = Self.levels(objects, share, learned: learned.enterObject)
        let pixelLevels = Self.levels(pixels, share, learned: learned.enterPixel)
        let judged =
            (judgesObjects ? [(model: objects, enter: objectLevels.enter)] : [])
            + (judgesPixels ? [(model: pixels, enter: pixelLevels.enter)] : [])
        let intervals = judged.map { $0.model.interval(at: $0.enter) }
        return Forecast(
            regime: part.regime, objects: objectLevels, pixels: pixelLevels,
            perDay: judged.reduce(0) { $0 + $1.model.perDay(at: $1.enter) },
            interval: intervals.reduce(0) { $0 + $1.lowerBound }...intervals.reduce(0) { $0 + $1.upperBound },
            days: evidence.days(in: part.regime), incidents: judged.reduce(0) { $0 + $1.model.count },
            leftOut: judged.reduce(0) { $0 + $1.model.leftOut })
    }

    /// - Parameter share: false events a day that this detector may raise; nil keeps the learned threshold.
    private static func levels(
        _ model: FalseAlarmModel, _ share: Double?, learned: Float
    ) -> EventRules.Thresholds {
        guard let share else { return EventRules.Thresholds(enter: learned, exit: model.base) }
        // The two must differ; what was noted from the base on has no exit below it.
        let enter = max(model.threshold(perDay: share), 1.02 * model.base)
        return EventRules.Thresholds(enter: enter, exit: max(model.base, 0.75 * enter))
    }

    private func model(
        _ part: RegimeRecord, _ level: KeyPath<IncidentSample, Float>, _ base: Float
    ) -> FalseAlarmModel {
        let incidents = evidence.incidents.filter { $0.regime == part.regime }.compactMap { sample in
            let label = labels.first { $0.isSame(sample) }
            return label?.isFalse == false
                ? nil : FalseAlarmModel.Incident(level: sample[keyPath: level], isCertain: label != nil)
        }
        return FalseAlarmModel(incidents, base: base, days: evidence.days(in: part.regime))
    }
}
