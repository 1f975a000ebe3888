import Alerting
import Analysis
import Basics

/// What was learned about one regime of a camera.
struct ProfilePart: Encodable {
    let record: RegimeRecord
    /// Nil when pixels are not judged.
    let report: ProfileReport?
    /// Thresholds in force, and what they are expected to bring.
    let forecast: AlarmBudget.Forecast?
    /// False alarms a day that the operator will stand; nil leaves the learned thresholds.
    let budget: Double?

    /// All parts of a verified version.
    static func all(
        _ record: ProfileRecord, folder: String, forecasts: [AlarmBudget.Forecast], budget: Double?
    ) throws(AnalysisError) -> [ProfilePart] {
        var parts: [ProfilePart] = []
        for part in record.regimes {
            parts.append(
                ProfilePart(
                    record: part, report: try ProfileReport(folder: "\(folder)/\(part.regime.rawValue)"),
                    forecast: forecasts.first { $0.regime == part.regime }, budget: budget))
        }
        return parts
    }

    var title: String { record.regime.words }

    private var enterPixel: Float { forecast?.pixels.enter ?? record.thresholds.enterPixel }
    private var enterObject: Float { forecast?.objects.enter ?? record.thresholds.enterObject }

    var distribution: ScoreDistribution? {
        report.flatMap { ScoreDistribution($0, threshold: Double(enterPixel)) }
    }

    var lines: [(String, String)] {
        var lines = [("regime", title), ("material", material)]
        if let report {
            let few = report.classes.reduce(0) { $0 + $1.etalons(covering: 0.9) }
            lines.append(
                (
                    "patches",
                    "\(Self.rows(record.patchRows, leftOut: record.patchRowsLeftOut)) of \(record.patchClasses) kinds; "
                        + "\(record.etalons) etalons, of which \(few) stand for 90 %"
                ))
        }
        let objects = Self.rows(record.objectRows, leftOut: record.objectRowsLeftOut)
        lines.append(
            (
                "objects",
                record.objectClasses > 0
                    ? "\(objects) of \(record.objectClasses) kinds" : "\(objects) seen, too few: not judged"
            ))
        lines.append(("events open at", thresholds))
        if let forecast { lines.append(("", FalseAlarmText.expectation(forecast, budget: budget))) }
        if report != nil {
            let peaks = record.pixelPeaks
            lines.append(
                (
                    "normal pictures",
                    "half reach surprise \(Self.number(peaks.median)), one in 20 \(Self.number(peaks.p95)), none more "
                        + "than \(Self.number(peaks.maximum))"
                ))
            lines.append(("normal patches", "share that is at least as surprising:"))
        }
        return lines
    }

    private var material: String {
        let days = Double(record.lastWallMs - record.firstWallMs) / 86_400_000
        return "\(record.framesLearned) pictures learned, \(record.framesHeldOut) held out; "
            + "\(FalseAlarmText.time(days)) from \(UTCTime.readable(record.firstWallMs)) on; learned in "
            + "v\(record.learnedInVersion)"
    }

    func plot(columns: Int) -> TextPlot? { distribution.map { TextPlot($0, columns: columns) } }

    private var thresholds: String {
        var words: [String] = []
        if record.patchClasses > 0 { words.append("\(Self.number(enterPixel)) (pixels)") }
        if record.objectClasses > 0 { words.append("\(Self.number(enterObject)) (objects)") }
        return "surprise " + words.joined(separator: ", ")
    }

    private static func rows(_ count: Int, leftOut: Int) -> String {
        leftOut == 0 ? "\(count)" : "\(count) (\(leftOut) left out, which did not recur)"
    }

    private static func number(_ value: Float) -> String { EventText.number(value) }

    // MARK: - JSON

    private enum CodingKeys: String, CodingKey {
        case regime, learned, expected, classes
        case heldOut = "held_out"
    }

    private struct Expected: Encodable {
        let enterPixel: Float
        let enterObject: Float
        let perDay: Double
        let low: Double
        let high: Double
        let days: Double
        let incidents: Int
        let budget: Double?

        private enum CodingKeys: String, CodingKey {
            case low, high, days, incidents, budget
            case enterPixel = "enter_pixel"
            case enterObject = "enter_object"
            case perDay = "per_day"
        }
    }

    private struct Quantile: Encodable {
        let share: Double
        let surprise: Double
    }

    private struct PatchClass: Encodable {
        let share: Double
        let coverage: [Double]
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(record.regime, forKey: .regime)
        try values.encode(record, forKey: .learned)
        if let forecast {
            try values.encode(
                Expected(
                    enterPixel: forecast.pixels.enter, enterObject: forecast.objects.enter, perDay: forecast.perDay,
                    low: forecast.interval.lowerBound, high: forecast.interval.upperBound, days: forecast.days,
                    incidents: forecast.incidents, budget: budget),
                forKey: .expected)
        }
        guard let report else { return }
        try values.encode(report.heldOut.map { Quantile(share: $0.share, surprise: $0.surprise) }, forKey: .heldOut)
        try values.encode(
            report.classes.map { PatchClass(share: $0.share, coverage: $0.coverage) }, forKey: .classes)
    }
}
