import Alerting
import Analysis

/// What a learning run tells at its end.
enum LearningSummary {
    static func text(_ record: ProfileRecord, _ forecasts: [AlarmBudget.Forecast], budget: Double?) -> String {
        let head = "profile \(record.identity) is in force"
        return
            ([head]
            + record.regimes.flatMap { part in lines(part, forecasts.first { $0.regime == part.regime }, budget) })
            .joined(separator: "\n")
    }

    private static func lines(_ part: RegimeRecord, _ forecast: AlarmBudget.Forecast?, _ budget: Double?) -> [String] {
        let objects =
            part.objectClasses > 0
            ? "\(part.objectRows) objects in \(part.objectClasses) pseudo-classes"
            : "objects are not judged (\(part.objectRows) were seen)"
        let pixels =
            part.patchClasses > 0
            ? "\(part.etalons) etalons in \(part.patchClasses) pseudo-classes" : "pixels are not judged"
        var lines = [
            "\(part.regime.words): \(part.framesLearned) pictures learned; \(pixels); \(objects)"
        ]
        guard let forecast else { return lines }
        lines.append(
            "  an event opens at surprise \(EventText.number(forecast.pixels.enter)) (pixels) or "
                + "\(EventText.number(forecast.objects.enter)) (objects); held-out pictures reached "
                + "\(EventText.number(part.pixelPeaks.maximum)) and \(EventText.number(part.objectPeaks.maximum))")
        lines.append("  " + FalseAlarmText.expectation(forecast, budget: budget))
        return lines
    }
}

/// Expected false alarms in words.
enum FalseAlarmText {
    /// `expected false alarms: 0.9 a day (0.2 to 3.1 with 90 %), told from 7.5 min and 12 incidents; budget 1`
    static func expectation(_ forecast: AlarmBudget.Forecast, budget: Double?) -> String {
        guard forecast.days > 0 else { return "expected false alarms: unknown, no time was watched yet" }
        return "expected false alarms: \(rate(forecast.perDay)) a day (\(rate(forecast.interval.lowerBound)) to "
            + "\(rate(forecast.interval.upperBound)) with 90 %), told from \(time(forecast.days)) and "
            + "\(forecast.incidents) incidents" + (budget.map { "; budget \(rate($0))" } ?? "")
    }

    /// Two significant digits, more or less.
    static func rate(_ value: Double) -> String {
        if value >= 10 { return String(Int(value.rounded())) }
        let digits = value >= 1 ? 10.0 : value >= 0.1 ? 100 : 1000
        let rounded = (value * digits).rounded() / digits
        return value > 0 && rounded == 0 ? "<0.001" : "\(rounded)"
    }

    static func time(_ days: Double) -> String {
        let minutes = days * 1440
        if minutes < 120 { return "\((minutes * 10).rounded() / 10) min" }
        return minutes < 2880 ? "\((minutes / 6).rounded() / 10) h" : "\((days * 10).rounded() / 10) days"
    }
}
