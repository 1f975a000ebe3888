import Analysis
import ArgumentParser
import Basics

extension ProfileCommand {
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "All profiles: the version in force, and what is wrong with it.",
            discussion: """
                On a terminal a table is printed, into a pipe tab-separated values. The exit status is 65 when a profile \
                cannot be used: damaged, or learned with another model.
                """)

        @OptionGroup var profiles: ProfileOptions

        func run() throws {
            try reporting {
                let store = try profiles.store()
                let model = profiles.model()
                var table = Table([
                    ("PROFILE", .left), ("VERSION", .right), ("OF", .right), ("LEARNED (UTC)", .left), ("MODEL", .left),
                    ("STATE", .left),
                ])
                var isBroken = false
                for name in try profiles.all() {
                    let (row, isSound) = Self.row(name, store, model: model)
                    table.add(row)
                    isBroken = isBroken || !isSound
                }
                if table.isEmpty { return Terminal.note("no profiles in \(store.root)") }
                Terminal.write(
                    Terminal.outputIsTerminal ? table.aligned(header: true) : table.tabSeparated(header: true))
                if isBroken { throw Status.badData }
            }
        }

        private static func row(
            _ name: String, _ store: ProfileStore, model: String?
        ) -> (cells: [String], isSound: Bool) {
            let count = String(store.versions(name).count)
            guard let version = store.versionInForce(name) else {
                return ([name, "-", count, "", "", "nothing learned yet"], true)
            }
            do throws(AnalysisError) {
                let record = try store.verify(version, of: name)
                let fits = model.map { $0 == record.model } ?? true
                return (
                    [
                        name, String(version), count, String(UTCTime.readable(record.createdWallMs).dropLast(4)),
                        record.model, fits ? "sound" : "of another model: learn again",
                    ], fits
                )
            } catch {
                return ([name, String(version), count, "", "", error.message], false)
            }
        }
    }
}
