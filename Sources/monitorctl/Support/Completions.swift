import Alerting
import ArgumentParser
import Service

/// What a shell offers when the operator presses tab; nothing, rather than an error, where nothing can be read.
extension CompletionKind {
    /// Cameras of the configuration.
    static var cameras: CompletionKind {
        .custom { words, _, _ in
            (try? Settings.load(value(of: ["--config", "-c"], words) ?? usual))?.cameras.map(\.name) ?? []
        }
    }

    /// The latest events.
    static var events: CompletionKind {
        .custom { words, _, prefix in
            let settings = value(of: ["--config", "-c"], words) ?? usual
            guard let path = value(of: ["--database"], words) ?? (try? Settings.load(settings))?.database,
                let page = try? EventReader(path: path).history()
            else { return [] }
            return page.entries.map(\.id.description).filter { $0.hasPrefix(prefix) }
        }
    }

    private static let usual = ConfigurationOptions.usualPath

    /// The word after one of these names.
    private static func value(of names: Set<String>, _ words: [String]) -> String? {
        words.firstIndex(where: names.contains).flatMap { $0 + 1 < words.count ? words[$0 + 1] : nil }
    }
}
