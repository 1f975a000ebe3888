import Alerting
import Analysis
import Basics
import Service

/// What a stretch of the past would have looked like with another number of false alarms a day.
struct BudgetComparison {
    /// One regime's thresholds now and then, and what they are expected to bring.
    struct Part {
        let now: AlarmBudget.Forecast
        let then: AlarmBudget.Forecast
        /// Whether the detectors judge in this regime at all.
        let judgesObjects: Bool
        let judgesPixels: Bool
    }

    /// What would have become of a stored event.
    enum Fate: String {
        case opens = "opens"
        case doesNotOpen = "does-not-open"
        /// Other thresholds are not its measure: another version of the profile judged it, or one that kept no levels.
        case unknown = "unknown"
    }

    let camera: String
    let profile: String
    /// False alarms a day in the configuration; nil: the learned thresholds.
    let budgetNow: Double?
    let budgetThen: Double
    let sinceMs: Int64
    let untilMs: Int64
    let parts: [Part]
    /// Oldest first.
    let events: [(event: Event, fate: Fate)]
    /// Places that were noted since and would have become events, but did not: nothing but their level was kept.
    let more: Int

    /// - Parameter settings: of the camera.
    init(
        _ settings: CameraSettings, budget: Double, record: ProfileRecord, evidence: BudgetEvidence, reader: EventReader,
        sinceMs: Int64, untilMs: Int64
    ) throws(StoreError) {
        camera = settings.name
        profile = record.identity
        budgetNow = settings.falseAlarmsPerDay
        budgetThen = budget
        self.sinceMs = sinceMs
        self.untilMs = untilMs
        let labels = try reader.labels(camera: settings.name, since: 0).map(LabelledIncident.init)
        let model = AlarmBudget(record, evidence, labels: labels)
        let now = model.forecasts(perDay: settings.falseAlarmsPerDay)
        let then = model.forecasts(perDay: budget)
        let parts = zip(zip(now, then), record.regimes).map { forecasts, regime in
            Part(
                now: forecasts.0, then: forecasts.1, judgesObjects: regime.objectClasses > 0,
                judgesPixels: regime.patchClasses > 0)
        }
        self.parts = parts
        var events: [(event: Event, fate: Fate)] = []
        var page = try reader.anomalies(camera: settings.name, since: sinceMs)
        while let last = page.last {
            events += page.filter { $0.startMs < untilMs }.map { ($0, Self.fate($0, record, parts)) }
            page = try reader.anomalies(camera: settings.name, since: sinceMs, after: last)
        }
        self.events = events
        let range = sinceMs..<untilMs
        more = evidence.incidents.count { sample in
            guard range.contains(sample.startMs), let part = parts.first(where: { $0.now.regime == sample.regime }) else {
                return false
            }
            return !part.now.opens(sample.object, sample.pixels) && part.then.opens(sample.object, sample.pixels)
        }
    }

    private static func fate(_ event: Event, _ record: ProfileRecord, _ parts: [Part]) -> Fate {
        guard event.provenance.profile == record.identity, event.objectLevel > 0 || event.pixelLevel > 0,
            let part = parts.first(where: { $0.now.regime == event.regime })
        else { return .unknown }
        return part.then.opens(event.objectLevel, event.pixelLevel) ? .opens : .doesNotOpen
    }

    func count(_ fate: Fate) -> Int { events.count { $0.fate == fate } }
}

extension AlarmBudget.Forecast {
    /// Whether what held these levels becomes an event.
    fileprivate func opens(_ object: Float, _ pixel: Float) -> Bool { object >= objects.enter || pixel >= pixels.enter }
}

/// The published form: docs/schema/rethreshold.json.
struct BudgetComparisonDocument: Encodable {
    private struct Thresholds: Encodable {
        let enterObject: Float?
        let enterPixel: Float?
        let perDay: Double
        let low: Double
        let high: Double

        init(_ forecast: AlarmBudget.Forecast, _ part: BudgetComparison.Part) {
            enterObject = part.judgesObjects ? forecast.objects.enter : nil
            enterPixel = part.judgesPixels ? forecast.pixels.enter : nil
            (perDay, low, high) = (forecast.perDay, forecast.interval.lowerBound, forecast.interval.upperBound)
        }

        private enum CodingKeys: String, CodingKey {
            case low, high
            case enterObject = "enter_object"
            case enterPixel = "enter_pixel"
            case perDay = "per_day"
        }
    }

    private struct Regime: Encodable {
        let regime: String
        let days: Double
        let now: Thresholds
        let then: Thresholds
    }

    private struct Past: Encodable {
        let id: String
        let start: String
        let regime: String
        let objectLevel: Float
        let pixelLevel: Float
        let fate: String

        private enum CodingKeys: String, CodingKey {
            case id, start, regime, fate
            case objectLevel = "object_level"
            case pixelLevel = "pixel_level"
        }
    }

    private let schema = 1
    private let camera: String
    private let profile: String
    private let budgetNow: Double?
    private let budgetThen: Double
    private let since: String
    private let until: String
    private let regimes: [Regime]
    private let events: [Past]
    private let more: Int

    init(_ comparison: BudgetComparison) {
        camera = comparison.camera
        profile = comparison.profile
        budgetNow = comparison.budgetNow
        budgetThen = comparison.budgetThen
        since = UTCTime.rfc3339(comparison.sinceMs)
        until = UTCTime.rfc3339(comparison.untilMs)
        regimes = comparison.parts.map {
            Regime(
                regime: $0.now.regime.rawValue, days: $0.now.days, now: Thresholds($0.now, $0),
                then: Thresholds($0.then, $0))
        }
        events = comparison.events.map { event, fate in
            Past(
                id: event.id.description, start: UTCTime.rfc3339(event.startMs), regime: event.regime.rawValue,
                objectLevel: event.objectLevel, pixelLevel: event.pixelLevel, fate: fate.rawValue)
        }
        more = comparison.more
    }

    private enum CodingKeys: String, CodingKey {
        case schema, camera, profile, since, until, regimes, events, more
        case budgetNow = "budget_now"
        case budgetThen = "budget_then"
    }
}
