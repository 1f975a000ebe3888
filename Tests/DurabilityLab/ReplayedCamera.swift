internal import Alerting
internal import Analysis
internal import FaultLab
internal import Foundation
internal import TestSupport

/// A camera of the site that is killed: a recorded log, replayed as fast as possible or as it happened.
struct ReplayedCamera {
    let name: String
    /// Whether its verdicts come at the pace of a stream.
    let isLive: Bool

    private static let spacingMs = 20

    /// The inside of a YAML mapping.
    var yaml: String {
        let pace = isLive ? "realtime, verdict_log: fed-\(name).ndjson" : "maximum"
        return #"name: \#(name), source: "verdicts:\#(name).ndjson", pace: \#(pace), "#
            + "rules: {enter: 3, exit: 2.2, quiet_seconds: 1, max_minutes: 0.5}"
    }

    /// Writes the log of a run, an hour after that of the run before; returns what is true about it.
    func prepare(_ site: Site, seed: UInt64, run: Int) throws -> (oracle: Oracle, twins: Int) {
        let script = VerdictScript(
            camera: name, seed: seed, frames: isLive ? 250 : 1200, spacingMs: isLive ? Self.spacingMs : 150,
            startMs: 1_790_000_000_000 + Int64(run) * 3_600_000, pauses: isLive ? 0 : 80)
        try? FileManager.default.removeItem(atPath: fed(site))
        let verdicts = try script.write(to: site.folder.file("\(name).ndjson"))
        let oracle = try Oracle(camera: name, verdicts, rules: try ReplayedHistory.rules(site, name))
        return (oracle, oracle.twins)
    }

    private func fed(_ site: Site) -> String { site.folder.file("fed-\(name).ndjson") }

    /// How long, in milliseconds of stream time, the oldest change of each event has waited that is not stored: changes of
    /// open events, and openings and closings.
    func lags(_ site: Site, _ matches: [ReplayedHistory.Match], _ oracle: Oracle?) -> (updates: [Int], commits: [Int]) {
        guard let oracle, let log = try? Data(contentsOf: URL(filePath: fed(site))) else { return ([], []) }
        let count = log.count { $0 == UInt8(ascii: "\n") }
        var stored: [String: Int] = [:]
        for match in matches where match.entry.camera == name {
            stored[Oracle.name(of: match.entry)] = match.state.verdict
        }
        var updates: [Int] = []
        var commits: [Int] = []
        for (event, known) in oracle.events {
            guard case .anomaly = known.states.first?.entry else { continue }
            let waiting = known.states.first { $0.verdict < count && $0.verdict > stored[event] ?? -1 }
            guard let waiting else { continue }
            let lag = (count - 1 - waiting.verdict) * Self.spacingMs
            if stored[event] != nil, waiting.entry.state == .open { updates.append(lag) } else { commits.append(lag) }
        }
        return (updates, commits)
    }
}
