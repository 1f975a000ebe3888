internal import Alerting
internal import Yams

/// Turns `notify` into settings.
struct NotifyLoader {
    let folder: String
    let issues: IssueList
    /// Names of the cameras that there are.
    let cameras: [String]

    private static let kinds = EventKind.allCases.map(\.rawValue) + CameraEventKind.allCases.map(\.rawValue)

    func targets(_ reader: MappingReader) -> [NotifySettings] {
        guard let node = reader.node("notify") else { return [] }
        guard case .sequence(let list) = node else {
            reader.fail("notify", "expected a list of targets")
            return []
        }
        var names: Set<String> = []
        return list.enumerated().compactMap { index, node in
            guard let reader = MappingReader(node, "notify[\(index)]", issues) else { return nil }
            let settings = target(reader)
            reader.finish()
            if let settings, !names.insert(settings.target.name).inserted {
                reader.fail("name", "another target is named `\(settings.target.name)`, too")
            }
            return settings
        }
    }

    private func target(_ reader: MappingReader) -> NotifySettings? {
        reader.require("name")
        reader.require("type")
        let name = reader.identifier("name")
        guard let type = reader.choice("type", OutboxTarget.Transport.self) else { return nil }
        var target = OutboxTarget(name: name ?? "", transport: type)
        target.cameras = reader.texts("cameras", among: cameras) ?? []
        target.kinds = reader.texts("kinds", among: Self.kinds) ?? []
        target.minimumSurprise = reader.number("minimum_surprise", in: 0...50).map { Float($0) } ?? 0
        if let moments = reader.texts("moments", among: NotifyMoment.allCases.map(\.rawValue), mayBeEmpty: false) {
            target.moments = moments.compactMap(NotifyMoment.init)
        }
        target.cooldown.interval = .seconds(reader.number("interval_seconds", in: 0...86_400) ?? 0)
        target.cooldown.quietFor = .seconds(reader.number("quiet_for_seconds", in: 0...86_400) ?? 0)
        if let hours = reader.number("keep_hours", in: 0.01...8760) { target.keepTime = .seconds(hours * 3600) }
        target.keepCount = reader.integer("keep_count", in: 1...100_000) ?? target.keepCount
        guard let way = way(reader, type) else { return nil }
        var settings = NotifySettings(target: target, way: way)
        if let seconds = reader.number("time_limit_seconds", in: 0.1...300) { settings.timeLimit = .seconds(seconds) }
        switch type {
        case .exec: break
        case .webhook: settings.secretFile = reader.file("key_file", in: folder)
        case .mqtt: settings.secretFile = reader.file("password_file", in: folder)
        }
        if type != .mqtt { settings.includesPicture = reader.flag("include_picture") ?? false }
        return name == nil ? nil : settings
    }

    private func way(_ reader: MappingReader, _ type: OutboxTarget.Transport) -> NotifySettings.Way? {
        switch type {
        case .exec: hook(reader).map(NotifySettings.Way.exec)
        case .webhook: webhook(reader).map(NotifySettings.Way.webhook)
        case .mqtt: broker(reader).map(NotifySettings.Way.mqtt)
        }
    }

    private func hook(_ reader: MappingReader) -> HookSettings? {
        reader.require("command")
        guard let command = reader.texts("command") else { return nil }
        guard let program = command.first, program.hasPrefix("/") else {
            reader.fail("command", "expected the absolute path of a program, and its arguments")
            return nil
        }
        return HookSettings(command: command)
    }

    /// The address is never repeated in a message: it may hold a secret.
    private func webhook(_ reader: MappingReader) -> WebhookSettings? {
        reader.require("url")
        guard let url = reader.text("url") else { return nil }
        let rest = ["https://", "http://"].lazy.compactMap { scheme in
            url.lowercased().hasPrefix(scheme) ? url.dropFirst(scheme.count) : nil
        }.first
        let isPlain = url.utf8.allSatisfy { $0 > 32 && $0 < 127 }
        guard let host = rest?.prefix(while: { $0 != "/" && $0 != "?" && $0 != "#" }), !host.isEmpty, isPlain else {
            reader.fail("url", "expected the https:// or http:// address of a web server")
            return nil
        }
        guard !host.contains("@") else {
            reader.fail("url", "holds a password; messages are signed with key_file instead")
            return nil
        }
        return WebhookSettings(url: url)
    }

    private func broker(_ reader: MappingReader) -> MQTTSettings? {
        reader.require("host")
        var broker = MQTTSettings(host: reader.text("host") ?? "")
        broker.authorities = reader.file("tls_authorities", in: folder)
        broker.usesTLS = reader.flag("tls") ?? (broker.authorities != nil)
        broker.port = reader.integer("port", in: 1...65_535) ?? (broker.usesTLS ? 8883 : 1883)
        broker.user = reader.text("user")
        broker.clientID = reader.identifier("client_id")
        if let prefix = topic(reader, "prefix") { broker.prefix = prefix }
        if reader.flag("home_assistant") ?? false { broker.homeAssistant = "homeassistant" }
        if let prefix = topic(reader, "home_assistant_prefix") {
            if broker.homeAssistant == nil {
                reader.fail("home_assistant_prefix", "has no effect without home_assistant")
            }
            broker.homeAssistant = prefix
        }
        return broker.host.isEmpty ? nil : broker
    }

    private func topic(_ reader: MappingReader, _ key: String) -> String? {
        guard let text = reader.text(key) else { return nil }
        let levels = text.split(separator: "/", omittingEmptySubsequences: false)
        guard text.utf8.count <= 200, !text.hasPrefix("$"), levels.allSatisfy({ !$0.isEmpty }),
            text.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "#") })
        else {
            reader.fail(key, "expected levels of a topic such as site/monitor, without + and #")
            return nil
        }
        return text
    }
}
