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
            Terminal.write("monitord \(status.version), up \(status.uptimeSeconds) s, model \(status.model)\n\n")
            var table = Table([
                ("CAMERA", .left), ("STATE", .left), ("ARRIVED", .right), ("SCORED", .right), ("GATED", .right),
                ("DROPPED", .right), ("MS/FRAME", .right), ("OPEN EVENTS", .right), ("DETAIL", .left),
            ])
            for camera in status.cameras {
                table.add([
                    camera.name, camera.state, String(camera.arrived), String(camera.scored), String(camera.gated),
                    String(camera.dropped), String(camera.analysisMs), String(camera.openEvents), camera.detail ?? "",
                ])
            }
            Terminal.write(table.aligned(header: true))
        }
    }
}
