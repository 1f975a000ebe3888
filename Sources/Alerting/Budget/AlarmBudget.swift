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

    public init(_ profile: ProfileRecord, _ evidence: BudgetEvidence, labels: [LabelledIncident] = []) {
        self.profile = profile
        self.evidence = evidence
        self.labels = labels
    }

    /// What to expect with thresholds for `perDay` false events a day; nil keeps the learned thresholds, which lie above
    /// all that held-out time showed.
    public func forecasts(perDay: Double?) -> [Forecast] {
        profile.regimes.map { part in
            let (objects, pixels) = (
                model(part, \.object, part.thresholds.exitObject), model(part, \.pixels, part.thresholds.exitPixel)
            )
            let judged = [part.objectClasses > 0, part.patchClasses > 0].count { $0 }
            let isProven = evidence.watchedMs[part.regime] ?? 0 >= Self.leastWatchedMs
            let share = perDay.map { $0 / Double(max(1, judged)) }
            func level(_ model: FalseAlarmModel, _ enter: Float, _ exit: Float) -> EventRules.Thresholds {
                guard isProven, let share else { return EventRules.Thresholds(enter: enter, exit: exit) }
                let high = max(model.threshold(perDay: share), exit * 1.02)
                return EventRules.Thresholds(enter: high, exit: max(exit, 0.75 * high))
            }
            let objectLevel = level(objects, part.thresholds.enterObject, part.thresholds.exitObject)
            let pixelLevel = level(pixels, part.thresholds.enterPixel, part.thresholds.exitPixel)
            let models = [(objects, objectLevel, part.objectClasses > 0), (pixels, pixelLevel, part.patchClasses > 0)]
                .filter(\.2)
            let intervals = models.map { $0.0.interval(at: $0.1.enter) }
            return Forecast(
                regime: part.regime, objects: objectLevel, pixels: pixelLevel,
                perDay: models.reduce(0) { $0 + $1.0.perDay(at: $1.1.enter) },
                interval: intervals.reduce(0) { $0 + $1.lowerBound }...intervals.reduce(0) { $0 + $1.upperBound },
                days: evidence.days(in: part.regime), incidents: models.reduce(0) { $0 + $1.0.count },
                leftOut: models.reduce(0) { $0 + $1.0.leftOut })
        }
    }

    /// The same rules with each regime's thresholds.
    public func rules(_ rules: EventRules, perDay: Double?) -> EventRules {
        var rules = rules
        for forecast in forecasts(perDay: perDay) {
            rules.regimes[forecast.regime] = EventRules.Levels(objects: forecast.objects, pixels: forecast.pixels)
        }
        return rules
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
