import Alerting
import Analysis
import Basics
import FoundationEssentials
import Service

/// What is printed about a profile's version; the encoded form is version 1, keys are only ever added.
struct ProfileDocument: Encodable {
    /// Events that the version raised since it was made, by what operators said of them.
    struct Alarms: Encodable {
        let since: String
        let days: Double
        let unlabelled: Int
        let falseAlarms: Int
        let confirmed: Int

        var all: Int { unlabelled + falseAlarms + confirmed }

        private enum CodingKeys: String, CodingKey {
            case since, days, unlabelled, confirmed
            case falseAlarms = "false"
        }
    }

    let schema = 1
    let profile: String
    let version: Int
    let inForce: Bool
    let versions: [Int]
    let created: String
    /// When it was learned, for people.
    let learned: String
    let model: String
    /// False when the configuration names another model; nil when that is not known.
    let fitsModel: Bool?
    let sources: [String]
    let parts: [ProfilePart]
    /// Nil without an event database.
    let observed: Alarms?

    private enum CodingKeys: String, CodingKey {
        case schema, profile, version, versions, created, model, sources, parts, observed
        case inForce = "in_force"
        case fitsModel = "fits_model"
    }

    /// Verifies the version and reads what it knows.
    /// - Parameter camera: whose budget counts; nil for a profile that no camera uses.
    init(
        _ profile: String, version: Int?, store: ProfileStore, model: String?, camera: CameraSettings?,
        events: EventReader?, now: Int64
    ) throws {
        let current = store.versionInForce(profile)
        guard let number = version ?? current else {
            throw AnalysisError(
                .missingProfile,
                "\(store.root): no profile \(profile); learn one with: monitorctl learn --camera \(profile)")
        }
        let record = try store.verify(number, of: profile)
        self.profile = profile
        self.version = number
        inForce = number == current
        versions = store.versions(profile)
        created = UTCTime.rfc3339(record.createdWallMs)
        learned = UTCTime.readable(record.createdWallMs)
        self.model = record.model
        fitsModel = model.map { $0 == record.model }
        sources = record.sources
        let watchers = Set(store.liveCameras(profile) + (camera.map { [$0.name] } ?? []))
        let labels = try watchers.sorted().flatMap { try events?.labels(camera: $0, since: 0) ?? [] }
        let budget = AlarmBudget(
            record, CameraCalibration.evidence(profile, record, store: store),
            labels: labels.map(LabelledIncident.init), zones: ZoneMap(camera?.zones ?? []))
        parts = try ProfilePart.all(
            record, folder: store.versionFolder(profile, number),
            forecasts: budget.forecasts(perDay: camera?.falseAlarmsPerDay), budget: camera?.falseAlarmsPerDay)
        observed = try events?.counts(profile: record.identity, since: record.createdWallMs).alarms(
            since: record.createdWallMs, now: now)
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// With the plot of each part's scores.
    func text(blocks: Bool, columns: Int) -> String {
        let others = versions.filter { $0 != version }.map { "v\($0)" }
        var lines = [
            ("profile", "\(profile) v\(version)" + (inForce ? ", in force" : ", not in force")),
            ("learned", "\(learned) from \(sources.joined(separator: ", "))"),
            ("model", model + (fitsModel == false ? " (not the configured one: learn again)" : "")),
            ("files", "whole, checksums agree"),
        ]
        if !others.isEmpty { lines.append(("other versions", others.joined(separator: ", "))) }
        if let observed { lines.append(("observed alarms", Self.words(observed))) }
        return Self.aligned(lines)
            + parts.map { part in
                "\n" + Self.aligned(part.lines) + (part.plot(columns: columns)?.text(blocks: blocks) ?? "")
            }.joined()
    }

    private static func words(_ alarms: Alarms) -> String {
        var text = "\(alarms.all) in \(FalseAlarmText.time(alarms.days))"
        // A rate from a few hours says nothing.
        if alarms.days >= 1 { text += ", \(EventText.number(Float(Double(alarms.all) / alarms.days))) a day" }
        let split = [
            (alarms.falseAlarms, "false"), (alarms.confirmed, "confirmed"), (alarms.unlabelled, "not labelled"),
        ]
        let words = split.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return words.isEmpty ? text : text + ": " + words.joined(separator: ", ")
    }

    static func aligned(_ lines: [(String, String)]) -> String {
        lines.map { name, value in
            name + String(repeating: " ", count: max(1, 18 - name.count)) + value + "\n"
        }.joined()
    }
}

extension [EventLabel?: Int] {
    fileprivate func alarms(since: Int64, now: Int64) -> ProfileDocument.Alarms {
        ProfileDocument.Alarms(
            since: UTCTime.rfc3339(since), days: Double(Swift.max(0, now - since)) / 86_400_000,
            unlabelled: self[nil] ?? 0, falseAlarms: self[.falseAlarm] ?? 0, confirmed: self[.confirmed] ?? 0)
    }
}
