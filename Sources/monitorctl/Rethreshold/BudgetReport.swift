import Alerting
import Analysis

/// The comparison for people.
struct BudgetReport {
    let comparison: BudgetComparison
    let palette: Palette

    var text: String { head + "\n" + thresholds + "\n" + outcome + (list.map { "\n" + $0 } ?? "") }

    private var head: String {
        let now = comparison.budgetNow.map { "\(FalseAlarmText.rate($0)) a day" } ?? "as learned"
        return palette("camera \(comparison.camera)", .title) + ", profile \(comparison.profile): false alarms \(now) now, "
            + "\(FalseAlarmText.rate(comparison.budgetThen)) a day in question\n"
    }

    private var thresholds: String {
        var table = Table([
            ("LIGHT", .left), ("OPENS AT", .left), ("NOW", .right), ("THEN", .right), ("EXPECTED NOW", .left),
            ("EXPECTED THEN", .left),
        ])
        for part in comparison.parts {
            let rows =
                (part.judgesObjects ? [("objects", \AlarmBudget.Forecast.objects)] : [])
                + (part.judgesPixels ? [("pixels", \AlarmBudget.Forecast.pixels)] : [])
            for (index, (name, level)) in rows.enumerated() {
                let isFirst = index == 0
                table.add([
                    isFirst ? part.now.regime.words : "", name, EventText.number(part.now[keyPath: level].enter),
                    EventText.number(part.then[keyPath: level].enter), isFirst ? Self.expected(part.now) : "",
                    isFirst ? Self.expected(part.then) : "",
                ])
            }
        }
        let few = comparison.parts.filter { $0.now.days * 86_400_000 < Double(AlarmBudget.leastWatchedMs) }
        let caution = few.map {
            "Too little of \($0.now.regime.words) was watched (\(FalseAlarmText.time($0.now.days))) to tell: its learned "
                + "thresholds stay.\n"
        }
        return table.aligned(header: true, palette: palette) + caution.joined()
    }

    private static func expected(_ forecast: AlarmBudget.Forecast) -> String {
        guard forecast.days > 0 else { return "unknown" }
        return "\(FalseAlarmText.rate(forecast.perDay)) a day (\(FalseAlarmText.rate(forecast.interval.lowerBound)) to "
            + "\(FalseAlarmText.rate(forecast.interval.upperBound)))"
    }

    private var outcome: String {
        let (open, closed, unknown) = (comparison.count(.opens), comparison.count(.doesNotOpen), comparison.count(.unknown))
        var text =
            "Since \(LocalTime.brief(comparison.sinceMs)): \(comparison.events.count) events; \(open) would have opened all "
            + "the same, \(closed) would not."
        if unknown > 0 {
            text += " Of \(unknown) it cannot be said: they were judged by another version of the profile."
        }
        text += "\n"
        if comparison.more > 0 {
            text += "At least \(comparison.more) more would have opened. They never were events, so only how surprising they "
                + "were is known: there is nothing to show.\n"
        }
        return text
    }

    /// Those that would be missing.
    private var list: String? {
        var table = Table([
            ("WOULD NOT OPEN", .left), ("START", .left), ("KIND", .left), ("OBJECTS", .right), ("PIXELS", .right),
        ])
        for (event, fate) in comparison.events where fate == .doesNotOpen {
            table.add([
                event.id.description, LocalTime.brief(event.startMs), event.kind.rawValue,
                EventText.number(event.objectLevel), EventText.number(event.pixelLevel),
            ])
        }
        return table.isEmpty ? nil : table.aligned(header: true, palette: palette)
    }
}
