import Alerting
import ArgumentParser
import Service

/// Where the configuration lies.
struct ConfigurationOptions: ParsableArguments {
    @Option(name: [.long, .short], help: "Configuration file of the daemon.", completion: .file(extensions: ["yaml"]))
    var config = ConfigurationOptions.usualPath

    static let usualPath = "/etc/monitord/monitord.yaml"

    func settings() throws -> Settings { try Settings.load(config) }
}

/// Where the history lies, and how it is shown.
struct StoreOptions: ParsableArguments {
    @OptionGroup var configuration: ConfigurationOptions

    @Option(help: "Event database; default: the configuration's.", completion: .file())
    var database: String?

    @OptionGroup var display: DisplayOptions

    func path() throws -> String { try database ?? configuration.settings().database }

    func reader() throws -> EventReader { try EventReader(path: path()) }
}

enum OutputForm: String, ExpressibleByArgument, CaseIterable {
    case table, tsv, csv, json, ids
}
