public import Alerting

/// A target of notifications: what it is told, and how.
public struct NotifySettings: Sendable, Hashable {
    public var target: OutboxTarget
    public var way: Way
    /// A file that holds the key or the password, and nothing else.
    public var secretFile: String?
    /// Whether a picture of the event goes along; hooks and webhooks.
    public var includesPicture = false
    /// For one attempt.
    public var timeLimit: Duration = .seconds(10)

    public enum Way: Sendable, Hashable {
        case exec(HookSettings)
        case webhook(WebhookSettings)
        case mqtt(MQTTSettings)
    }

    public init(target: OutboxTarget, way: Way) {
        self.target = target
        self.way = way
    }
}

/// A program that is run for each message.
public struct HookSettings: Sendable, Hashable {
    /// An absolute path and arguments; no shell.
    public var command: [String]

    public init(command: [String]) { self.command = command }
}

/// An address that each message is posted to.
public struct WebhookSettings: Sendable, Hashable, CustomStringConvertible {
    /// Whole; for connecting only, as its path and query may be secret.
    public var url: String

    public init(url: String) { self.url = url }

    /// Scheme and host.
    public var description: String {
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        return parts.prefix(3).joined(separator: "/") + (parts.count > 3 ? "/…" : "")
    }
}

/// A broker that each message is published at.
public struct MQTTSettings: Sendable, Hashable {
    public var host: String
    public var port = 1883
    public var user: String?
    /// The first level or levels of all topics; a monitor's own.
    public var prefix = "monitor"
    public var clientID: String?
    public var usesTLS = false
    /// A file of certificates that count as authorities, instead of the system's.
    public var authorities: String?
    /// The first level of Home Assistant's discovery topics; nil without discovery.
    public var homeAssistant: String?

    public init(host: String) { self.host = host }
}

extension NotifySettings {
    /// The key or password of this target: from its file, else from `notify-<name>` in systemd's credentials folder,
    /// else none.
    /// - Throws: `ServiceError`, as the password of a camera.
    public func secret(environment: [String: String]) throws(ServiceError) -> Secret? {
        try Secret.find(
            file: secretFile, credential: "notify-\(target.name)", owner: "target \(target.name)",
            environment: environment)
    }
}
