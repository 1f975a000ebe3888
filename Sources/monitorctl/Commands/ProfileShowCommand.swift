import Alerting
import Analysis
import ArgumentParser
import Basics
import Scenes
import Service

extension ProfileCommand {
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What was learned about a camera: from when, how much, and how alarms turned out.",
            discussion: """
                The plot shows how many of the normal patches of held-out time are how surprising, on a logarithmic \
                scale; an alarm needs what normal time did not show. The picture of --png also has the etalons: the \
                share of each kind of patch that each of them stands for.
                """)

        @Argument(help: "The camera, or the profile's name.") var camera: String
        @Option(help: "This version; default: the one in force.") var version: Int?
        @Option(help: "Write the plots into this PNG file.") var png: String?
        @Flag(help: "Print one JSON object.") var json = false
        @OptionGroup var profiles: ProfileOptions
        @Option(help: "Event database; default: the configuration's.") var database: String?

        func run() throws {
            try reporting {
                let document = try ProfileDocument(
                    profiles.profile(of: camera), version: version, store: profiles.store(), model: profiles.model(),
                    camera: profiles.settings(of: camera), events: reader(), now: SystemClocks().wallTimeMs())
                if json {
                    Terminal.write(try document.json() + "\n")
                } else {
                    let text = document.text(blocks: Terminal.showsBlocks, columns: Terminal.columns)
                    Terminal.write(text)
                }
                if let png {
                    try VideoEncoder.writePNG(ProfilePicture.draw(document), to: png)
                    Terminal.note("wrote \(png)")
                }
            }
        }

        /// The history, where there is one yet.
        private func reader() throws -> EventReader? {
            guard let path = database ?? (try? profiles.configuration.settings().database) else { return nil }
            do throws(StoreError) {
                return try EventReader(path: path)
            } catch {
                if database == nil, [.missing, .olderSchema].contains(error.code) { return nil }
                throw error
            }
        }
    }
}
