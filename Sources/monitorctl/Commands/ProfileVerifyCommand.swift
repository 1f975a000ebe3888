import Analysis
import ArgumentParser

extension ProfileCommand {
    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check that profiles are whole.",
            discussion: """
                Compares the files of every version with the checksums in its record. The exit status is 65 and the \
                reason is printed when a version is damaged.
                """)

        @Argument(help: "The camera, or the profile's name.") var camera: String?
        @Flag(help: "All profiles.") var all = false
        @OptionGroup var profiles: ProfileOptions

        func validate() throws {
            guard all != (camera != nil) else { throw ValidationError("name a camera, or give --all") }
        }

        func run() throws {
            try reporting {
                let store = try profiles.store()
                let names = try camera.map { [try profiles.profile(of: $0)] } ?? profiles.all()
                var isBroken = false
                for name in names {
                    guard store.versionInForce(name) != nil || all else {
                        throw AnalysisError(
                            .missingProfile,
                            "\(store.root): no profile \(name); learn one with: monitorctl learn --camera \(name)")
                    }
                    for version in store.history(name) {
                        do throws(AnalysisError) {
                            try store.verify(version.number, of: name)
                            Terminal.write(
                                "\(name) v\(version.number): whole\(version.isInForce ? ", in force" : "")\n")
                        } catch {
                            isBroken = true
                            Terminal.note("monitorctl: \(error.message)")
                        }
                    }
                }
                if isBroken { throw Status.badData }
            }
        }
    }
}
