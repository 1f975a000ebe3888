import Analysis
import ArgumentParser
import FoundationEssentials
import ModelFiles
import Service

/// Where the profiles lie, and whose they are.
struct ProfileOptions: ParsableArguments {
    @OptionGroup var configuration: ConfigurationOptions

    @Option(help: "Folder of the profiles; default: the configuration's.")
    var profiles: String?

    func store() throws -> ProfileStore { ProfileStore(root: try profiles ?? configuration.settings().profiles) }

    /// The profile that a camera of the configuration uses, or else the one of that name.
    func profile(of camera: String) throws -> String { try settings(of: camera)?.profile ?? camera }

    /// The camera of that name, or else the first that uses the profile of that name; nil without a configuration that
    /// knows it.
    func settings(of camera: String) throws -> CameraSettings? {
        let cameras = try profiles == nil ? configuration.settings().cameras : []
        return cameras.first { $0.name == camera } ?? cameras.first { $0.profile == camera }
    }

    /// All profiles: of the configuration's cameras, whether learned or not, and those that lie there besides.
    func all() throws -> [String] {
        let stored = try store().names()
        guard profiles == nil else { return stored }
        return Set(stored + (try configuration.settings().cameras.map(\.profile))).sorted()
    }

    /// Identity of the configured model; nil when there is none to compare with.
    func model() -> String? {
        guard let settings = try? configuration.settings(),
            let bundle = try? ModelBundle.open(path: settings.model, verifying: false)
        else { return nil }
        return AnomalyModel.identity(of: bundle.card)
    }
}
