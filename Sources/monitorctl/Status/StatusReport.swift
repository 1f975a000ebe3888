import Alerting
import Service

/// The daemon's status for people.
struct StatusReport {
    let status: DaemonStatus
    let palette: Palette

    var text: String {
        [head, cameras, steps, database.map { $0 + notifications }].compactMap(\.self).joined(separator: "\n")
    }

    private var head: String {
        let up = EventReport.length(1000 * status.uptimeSeconds)
        let load = "load \(status.loadPercent) %\(status.isShortOfTime ? " (short of time)" : "")"
        return "monitord \(Terminal.clean(status.version)), up \(up), model \(Terminal.clean(status.model)), "
            + palette(load, status.isShortOfTime ? .warning : nil) + "\n"
    }

    private var cameras: String {
        var table = Table([
            ("CAMERA", .left), ("STATE", .left), ("OPEN", .right), ("SCORED/S", .right), ("ARRIVED", .right),
            ("SCORED", .right), ("GATED", .right), ("DROPPED", .right), ("WAITING", .right), ("DETAIL", .left),
        ])
        for camera in status.cameras {
            table.add(
                [
                    camera.name, camera.state, String(camera.openEvents), Self.number(camera.scoredPerSecond),
                    String(camera.arrived), String(camera.scored), String(camera.gated), String(camera.dropped),
                    String(camera.waiting + camera.inAnalysis), Self.detail(camera),
                ],
                inks: [1: Self.ink(camera.state), 2: camera.openEvents > 0 ? .warning : nil].compactMapValues(\.self))
        }
        return table.aligned(header: true, palette: palette)
    }

    /// Where the time of a frame goes; nil before any was judged.
    private var steps: String? {
        let names = ["preprocess", "backbone", "objects", "pixels", "delay"]
        var table = Table([("MS PER FRAME", .left)] + names.map { ($0.uppercased(), .right) })
        for camera in status.cameras where !camera.latencies.isEmpty {
            table.add(
                [camera.name]
                    + names.map { name in
                        camera.latencies[name].map { "\(Self.number($0.p50)) / \(Self.number($0.p99))" } ?? "-"
                    })
        }
        return table.isEmpty ? nil : table.aligned(header: true, palette: palette)
    }

    private var database: String? {
        guard let database = status.database else { return nil }
        let commit = database.commit.map { ", \(Self.number($0.p50)) / \(Self.number($0.p99)) ms each" } ?? ""
        var lines = [
            "database  \(Terminal.clean(database.path)): \(Self.size(database.bytes)), log "
                + "\(Self.size(database.walBytes)), \(Self.size(database.freeBytes)) free on its disk",
            "commits   \(database.commits)\(commit)",
        ]
        let losses = [
            ("waiting", UInt64(database.waiting)), ("failures", database.failures),
            ("events lost", database.eventsLost),
            ("pictures lost", database.snapshotsLost),
        ].filter { $0.1 > 0 }.map { "\($0.1) \($0.0)" }
        if !losses.isEmpty { lines.append(palette("trouble   " + losses.joined(separator: ", "), .bad)) }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A line per target; empty without any.
    private var notifications: String {
        status.notify.map { target in
            let trouble = target.lastErrorMs.flatMap { timeMs in
                timeMs > target.lastSuccessMs ?? 0
                    ? target.lastError.map { "; \(LocalTime.brief(timeMs)): \($0)" } : nil
            }
            let words = "notify    \(target.name): \(target.waiting) waiting, \(target.delivered) delivered"
            return palette(Terminal.clean(words + (trouble ?? "")), trouble == nil ? nil : .bad) + "\n"
        }.joined()
    }

    private static func ink(_ state: String) -> Palette.Ink? {
        switch state {
        case "watching": .good
        case "connecting", "reconnecting": .warning
        case "failed": .bad
        default: nil
        }
    }

    private static func number(_ value: Double) -> String {
        value >= 100 ? String(Int(value.rounded())) : EventText.number(Float(value))
    }

    static func size(_ bytes: Int64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var (value, unit) = (Double(bytes), 0)
        while value >= 1024, unit < units.count - 1 { (value, unit) = (value / 1024, unit + 1) }
        return unit == 0 ? "\(bytes) B" : "\(number(value)) \(units[unit])"
    }

    /// Why frames were not scored, most frequent first, before what else there is to say.
    private static func detail(_ camera: DaemonStatus.Camera) -> String {
        let reasons = [("gated", camera.gatedBy), ("dropped", camera.droppedBy)].compactMap { word, counts in
            let parts = counts.filter { $0.value > 0 }.sorted { ($0.value, $1.key) > ($1.value, $0.key) }
            return parts.isEmpty ? nil : "\(word): " + parts.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        }
        return ([camera.detail ?? ""] + reasons).filter { !$0.isEmpty }.joined(separator: "; ")
    }
}
