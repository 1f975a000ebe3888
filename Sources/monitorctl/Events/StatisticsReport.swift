import Alerting
import Basics

/// Statistics as they are printed.
struct StatisticsReport {
    let statistics: [CameraStatistics]
    /// Of the periods.
    let starts: [Int64]
    let period: Period
    let palette: Palette

    // MARK: - For people

    /// A line per camera, or per period when there is only one camera.
    func table(header: Bool) -> String {
        let counts: [(String, Table.Alignment)] = [
            ("ANOMALIES", .right), ("OBJECT", .right), ("PIXEL", .right), ("BOTH", .right), ("FALSE", .right),
            ("TROUBLE", .right),
        ]
        if statistics.count == 1 { return periods(of: statistics[0], counts, header: header) }
        var table = Table([("CAMERA", .left)] + counts + [("", .left)])
        for camera in statistics {
            let curve = Self.curve(camera.periods.map(\.anomalies), columns: chartColumns(7))
            table.add([camera.camera] + cells(camera.total) + [curve])
        }
        return table.aligned(header: header, palette: palette)
    }

    private func periods(of camera: CameraStatistics, _ counts: [(String, Table.Alignment)], header: Bool) -> String {
        let most = camera.periods.map(\.anomalies).max() ?? 0
        var table = Table([(period.rawValue.uppercased(), .left)] + counts + [("", .left)])
        for (start, period) in zip(starts, camera.periods) {
            table.add(
                [time(start)] + cells(period)
                    + [Self.bar(period.anomalies, of: most, columns: chartColumns(7), blocks: Terminal.showsBlocks)])
        }
        return table.aligned(header: header, palette: palette)
    }

    private func cells(_ counts: EventCounts) -> [String] {
        [counts.anomalies, counts[.object], counts[.pixel], counts[.both]].map(String.init)
            + [counts.falseShare.map { "\(Int(($0 * 100).rounded())) %" } ?? "", String(counts.troubles)]
    }

    private func time(_ start: Int64) -> String {
        let text = LocalTime.brief(start)
        return period == .day ? String(text.prefix(10)) : text.replacing(":00:00 ", with: ":00 ")
    }

    /// Room beside so many columns of numbers.
    private func chartColumns(_ columns: Int) -> Int { max(8, min(48, Terminal.outputColumns - 12 * columns + 12)) }

    /// One column for each count, or for as many as there is no room for otherwise; nothing for none.
    private static func curve(_ counts: [Int], columns: Int) -> String {
        let width = (counts.count + columns - 1) / columns
        let sums = stride(from: 0, to: counts.count, by: width).map {
            counts[$0..<min($0 + width, counts.count)].reduce(0, +)
        }
        let steps = Array(Terminal.showsBlocks ? "▁▂▃▄▅▆▇█" : "_.-=+*#@")
        let most = sums.max() ?? 0
        return String(sums.map { $0 == 0 ? " " : steps[($0 * steps.count - 1) / most] })
    }

    private static func bar(_ count: Int, of most: Int, columns: Int, blocks: Bool) -> String {
        guard most > 0 else { return "" }
        let eighths = (count * columns * 8 + most - 1) / most
        guard blocks else { return String(repeating: "#", count: (eighths + 7) / 8) }
        let rest = eighths % 8 == 0 ? "" : String(Array(" ▏▎▍▌▋▊▉")[eighths % 8])
        return String(repeating: "█", count: eighths / 8) + rest
    }

    // MARK: - For programs

    /// A line per camera and period.
    func separated(header: Bool, _ line: ([String]) -> String) -> String {
        let names = ["camera", "start", "anomalies", "object", "pixel", "both", "false", "confirm", "trouble"]
        let lines = statistics.flatMap { camera in
            zip(starts, camera.periods).map { start, counts in
                let numbers = [
                    counts.anomalies, counts[.object], counts[.pixel], counts[.both], counts.falseAlarms,
                    counts.confirmed, counts.troubles,
                ]
                return line([Terminal.clean(camera.camera), UTCTime.rfc3339(start)] + numbers.map(String.init))
            }
        }
        return (header ? line(names) : "") + lines.joined()
    }

    /// An object per camera and period, a line each.
    func json() throws -> String {
        try statistics.flatMap { camera in
            try zip(starts, camera.periods).map { start, counts in
                try JSONText.line(
                    Document(
                        period: period.rawValue, camera: camera.camera, start: UTCTime.rfc3339(start),
                        anomalies: counts.anomalies, trouble: counts.troubles, kinds: counts.kinds,
                        falseAlarms: counts.falseAlarms, confirmed: counts.confirmed, falseShare: counts.falseShare))
                    + "\n"
            }
        }.joined()
    }

    /// Version 1; keys are only ever added.
    private struct Document: Encodable {
        let schema = 1
        let period: String
        let camera: String
        let start: String
        let anomalies: Int
        let trouble: Int
        let kinds: [String: Int]
        let falseAlarms: Int
        let confirmed: Int
        /// Absent where nothing is labelled.
        let falseShare: Double?

        private enum CodingKeys: String, CodingKey {
            case schema, period, camera, start, anomalies, trouble, kinds, confirmed
            case falseAlarms = "false"
            case falseShare = "false_share"
        }
    }
}
