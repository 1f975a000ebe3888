import ArgumentParser
import FoundationEssentials
import Service

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "What the running daemon sees: cameras, rates, losses.")

    @OptionGroup var configuration: ConfigurationOptions
    @Option(help: "The daemon's socket; default: the configuration's.") var socket: String?
    @Flag(help: "Print the daemon's own JSON.") var json = false

    func run() throws {
        try reporting {
            let path = try socket ?? configuration.settings().controlSocket
            let reply = try ControlClient.ask("status", at: path)
            if json { return Terminal.write(reply + "\n") }
            let status = try JSONDecoder().decode(DaemonStatus.self, from: Data(reply.utf8))
            Terminal.write(
                "monitord \(status.version), up \(status.uptimeSeconds) s, model \(status.model), "
                    + "load \(status.loadPercent) %\(status.isShortOfTime ? " (short of time)" : "")\n\n")
            var table = Table([
                ("CAMERA", .left), ("STATE", .left), ("ARRIVED", .right), ("SCORED", .right), ("GATED", .right),
                ("DROPPED", .right), ("ON THEIR WAY", .right), ("MS/FRAME", .right), ("OPEN EVENTS", .right),
                ("DETAIL", .left),
            ])
            for camera in status.cameras {
                table.add([
                    camera.name, camera.state, String(camera.arrived), String(camera.scored), String(camera.gated),
                    String(camera.dropped), String(camera.waiting + camera.inAnalysis), String(camera.analysisMs),
                    String(camera.openEvents), Self.detail(camera),
                ])
            }
            Terminal.write(table.aligned(header: true))
        }
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
