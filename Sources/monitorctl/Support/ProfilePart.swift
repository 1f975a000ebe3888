import Analysis

/// What was learned about one regime of a camera.
struct ProfilePart: Encodable {
    let record: ProfileRecord
    /// Nil when pixels are not judged.
    let report: ProfileReport?

    /// All parts of a verified version.
    static func all(_ record: ProfileRecord, folder: String) throws(AnalysisError) -> [ProfilePart] {
        [ProfilePart(record: record, report: try ProfileReport(folder: folder))]
    }

    var title: String { "all light" }

    var distribution: ScoreDistribution? {
        report.flatMap { ScoreDistribution($0, threshold: Double(record.thresholds.enterPixel)) }
    }

    var lines: [(String, String)] {
        var lines = [
            ("light", title),
            ("pictures", "\(record.framesLearned) learned, \(record.framesHeldOut) held out"),
        ]
        if let report {
            let few = report.classes.reduce(0) { $0 + $1.etalons(covering: 0.9) }
            lines.append(
                (
                    "patches",
                    "\(record.patchRows) of \(record.patchClasses) kinds; \(record.etalons) etalons, of which \(few) "
                        + "stand for 90 %"
                ))
        }
        lines.append(
            (
                "objects",
                record.objectClasses > 0
                    ? "\(record.objectRows) of \(record.objectClasses) kinds"
                    : "\(record.objectRows) seen, too few: not judged"
            ))
        lines.append(("events open at", Self.thresholds(record)))
        if report != nil {
            lines.append(
                (
                    "normal pictures",
                    "half reach surprise \(Self.number(record.pixelPeaks.median)), one in 20 "
                        + "\(Self.number(record.pixelPeaks.p95)), none more than \(Self.number(record.pixelPeaks.maximum))"
                ))
            lines.append(("normal patches", "share that is at least as surprising:"))
        }
        return lines
    }

    func plot(columns: Int) -> TextPlot? { distribution.map { TextPlot($0, columns: columns) } }

    private static func thresholds(_ record: ProfileRecord) -> String {
        var words: [String] = []
        if record.patchClasses > 0 { words.append("surprise \(number(record.thresholds.enterPixel)) (pixels)") }
        if record.objectClasses > 0 { words.append("\(number(record.thresholds.enterObject)) (objects)") }
        return words.joined(separator: ", ")
    }

    private static func number(_ value: Float) -> String { EventText.number(value) }

    // MARK: - JSON

    private enum CodingKeys: String, CodingKey {
        case light, thresholds, classes
        case framesLearned = "frames_learned"
        case framesHeldOut = "frames_held_out"
        case patchRows = "patch_rows"
        case objectRows = "object_rows"
        case objectClasses = "object_classes"
        case etalons
        case pixelPeaks = "pixel_peaks"
        case objectPeaks = "object_peaks"
        case heldOut = "held_out"
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
        try values.encode(title, forKey: .light)
        try values.encode(record.framesLearned, forKey: .framesLearned)
        try values.encode(record.framesHeldOut, forKey: .framesHeldOut)
        try values.encode(record.patchRows, forKey: .patchRows)
        try values.encode(record.objectRows, forKey: .objectRows)
        try values.encode(record.objectClasses, forKey: .objectClasses)
        try values.encode(record.etalons, forKey: .etalons)
        try values.encode(record.thresholds, forKey: .thresholds)
        try values.encode(record.pixelPeaks, forKey: .pixelPeaks)
        try values.encode(record.objectPeaks, forKey: .objectPeaks)
        guard let report else { return }
        try values.encode(report.heldOut.map { Quantile(share: $0.share, surprise: $0.surprise) }, forKey: .heldOut)
        try values.encode(
            report.classes.map { PatchClass(share: $0.share, coverage: $0.coverage) }, forKey: .classes)
    }
}
