import Analysis
import ArgumentParser
import Service

extension ProfileCommand {
    struct Rollback: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put the version before the present one in force again.",
            discussion: """
                A damaged version is refused. Later versions stay where they are: --to goes forward again. A running \
                monitord is told.
                """)

        @Argument(help: "The camera, or the profile's name.") var camera: String
        @Option(help: "Put this version in force.") var to: Int?
        @OptionGroup var profiles: ProfileOptions
        @Option(help: "The daemon's socket; default: the configuration's.") var socket: String?

        func run() throws {
            try reporting {
                let profile = try profiles.profile(of: camera)
                let record = try profiles.store().rollBack(profile, to: to)
                Terminal.write("profile \(profile) v\(record.version) is in force\n")
                if let socket = socket ?? (try? profiles.configuration.settings().controlSocket) {
                    try RunningDaemon.takeOver(profile, socket: socket)
                }
            }
        }
    }
}
