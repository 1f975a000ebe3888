internal import Alerting
internal import Analysis
internal import Glibc
internal import Streams
internal import Yams

extension Settings {
    /// Larger files are no settings.
    private static let maximumBytes = 1 << 20

    /// Reads a settings file.
    ///
    /// - Throws: `ServiceError`: `.unreadable`, or `.settings` with every problem of the file, each with line, column
    ///   and key path. A file that is no valid YAML, or gives a key twice, is reported with that problem alone.
    public static func load(_ path: String) throws(ServiceError) -> Settings {
        guard let file = fopen(path, "re") else {
            let reason = String(cString: strerror(errno))
            throw ServiceError(.unreadable, "the settings file \(path) cannot be read: \(reason)")
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: maximumBytes + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        guard ferror(file) == 0, count <= maximumBytes else {
            throw ServiceError(.unreadable, "the settings file \(path) cannot be read: it is a folder or too large")
        }
        return try parse(String(decoding: bytes[..<count], as: UTF8.self), file: path)
    }

    /// Reads settings from text; `file` is for messages and for relative paths.
    public static func parse(_ text: String, file: String) throws(ServiceError) -> Settings {
        let issues = IssueList(file: file)
        var settings: Settings?
        do {
            if let root = try Yams.compose(yaml: text) {
                settings = SettingsLoader(folder: SettingsLoader.folder(of: file), issues: issues).settings(root)
            } else {
                issues.add(nil, "", "the file is empty; at least `cameras` is needed")
            }
        } catch {
            SettingsLoader.report(error, issues)
        }
        guard let settings, issues.issues.isEmpty else {
            let sorted = issues.sorted
            throw ServiceError(.settings, sorted.map(\.description).joined(separator: "\n"), issues: sorted)
        }
        return settings
    }
}

/// Turns the YAML tree into settings.
private struct SettingsLoader {
    let folder: String
    let issues: IssueList

    static func folder(of file: String) -> String {
        guard let slash = file.lastIndex(of: "/") else { return "." }
        return slash == file.startIndex ? "" : String(file[..<slash])
    }

    /// The parser's own errors.
    static func report(_ error: any Error, _ issues: IssueList) {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            issues.add(mark, "", "not valid YAML: \(problem)")
        case .duplicatedKeysInMapping(let keys, let context):
            issues.add(context.mark, "", "given twice: \(keys.map { "`\($0)`" }.joined(separator: ", "))")
        case .reader(let problem, _, _, _):
            issues.add(nil, "", "not valid YAML: \(problem)")
        default:
            issues.add(nil, "", "not valid YAML")
        }
    }

    func settings(_ root: Node) -> Settings? {
        guard let reader = MappingReader(root, "", issues) else { return nil }
        var settings = Settings()
        if let model = reader.file("model", in: folder) { settings.model = model }
        if let database = reader.file("database", in: folder) { settings.database = database }
        if let profiles = reader.file("profiles", in: folder) { settings.profiles = profiles }
        if let socket = reader.file("control_socket", in: folder) { settings.controlSocket = socket }
        settings.computeThreads = reader.integer("compute_threads", in: 1...256)
        settings.framesAtOnce = reader.integer("frames_at_once", in: 1...256) ?? settings.framesAtOnce
        if let format = reader.choice("log_format", LogFormat.self) { settings.logFormat = format }
        if let node = reader.node("retention"), let retention = MappingReader(node, "retention", issues) {
            settings.retention = RetentionReader.settings(retention)
        }
        settings.cameras = cameras(reader)
        settings.notify = NotifyLoader(folder: folder, issues: issues, cameras: settings.cameras.map(\.name))
            .targets(reader)
        reader.finish()
        return settings
    }

    private func cameras(_ reader: MappingReader) -> [CameraSettings] {
        reader.require("cameras")
        guard let node = reader.node("cameras") else { return [] }
        guard case .sequence(let list) = node, !list.isEmpty else {
            reader.fail("cameras", "expected a list of at least one camera")
            return []
        }
        var names: Set<String> = []
        return list.enumerated().compactMap { index, node in
            guard let reader = MappingReader(node, "cameras[\(index)]", issues) else { return nil }
            let camera = camera(reader)
            if let camera, !names.insert(camera.name).inserted {
                reader.fail("name", "another camera is named `\(camera.name)`, too")
            }
            return camera
        }
    }

    private func camera(_ reader: MappingReader) -> CameraSettings? {
        reader.require("name")
        reader.require("source")
        let name = reader.identifier("name")
        let source = source(reader, "source")
        var camera = CameraSettings(name: name ?? "", source: source ?? SourceAddress(""))
        camera.snapshotSource = self.source(reader, "snapshot_source")
        if let main = camera.snapshotSource,
            !["rtsp://", "rtsps://"].contains(where: main.unredacted.lowercased().hasPrefix)
        {
            reader.fail("snapshot_source", "must be the rtsp:// or rtsps:// address of a stream of this camera")
        }
        camera.passwordFile = reader.file("password_file", in: folder)
        if let pace = reader.choice("pace", Pace.self) { camera.pace = pace }
        camera.frameRate = reader.number("frame_rate", in: 0.01...240)
        opening(reader, &camera)
        if let rate = reader.number("analysis_fps", in: 0...240) { camera.analysisRate = rate }
        if let gating = reader.choice("motion_gate", MotionGating.self) { camera.motionGating = gating }
        if let profile = reader.identifier("profile") { camera.profile = profile }
        camera.verdictLog = reader.file("verdict_log", in: folder)
        if let minutes = reader.number("learn_minutes", in: 0...10_080) { camera.learningMinutes = minutes }
        camera.falseAlarmsPerDay = reader.number("false_alarms_per_day", in: 0.001...10_000)
        if let node = reader.node("rules"), let rules = MappingReader(node, reader.path("rules"), issues) {
            camera.rules = self.rules(rules)
        }
        camera.zones = ZoneReader(issues).zones(reader)
        if let node = reader.node("retention"), let ages = MappingReader(node, reader.path("retention"), issues) {
            camera.retention = RetentionReader.ages(ages)
            ages.finish()
        }
        if camera.falseAlarmsPerDay != nil, camera.rules.enter != nil {
            reader.fail(
                "false_alarms_per_day", "cannot be met with rules.enter, which fixes the threshold; give one of both")
        }
        // An event would close between two frames.
        let quiet = camera.rules.quietTime / .seconds(1)
        if camera.analysisRate > 0 && camera.analysisRate * quiet < 2 {
            reader.fail("analysis_fps", "must allow at least two frames within rules.quiet_seconds")
        }
        if camera.source.verdictLog != nil { replay(reader, camera) }
        reader.finish()
        return name == nil || source == nil ? nil : camera
    }

    /// What a recorded verdict log cannot obey would mislead whoever reads the settings.
    private func replay(_ reader: MappingReader, _ camera: CameraSettings) {
        let ofPictures = [
            "snapshot_source", "password_file", "frame_rate", "analysis_fps", "motion_gate", "transport", "tls_verify",
            "tls_authorities", "hardware_decoding", "device", "learn_minutes",
        ]
        for key in ofPictures where reader.has(key) {
            reader.fail(key, "concerns pictures, and a recorded verdict log has none")
        }
        if camera.verdictLog == camera.source.verdictLog {
            reader.fail("verdict_log", "is the log that is replayed; name another file")
        }
    }

    /// How the camera is connected to and decoded.
    private func opening(_ reader: MappingReader, _ camera: inout CameraSettings) {
        camera.transport = reader.choice("transport", SourceDescription.Transport.self) ?? camera.transport
        camera.verifiesCertificate = reader.flag("tls_verify") ?? camera.verifiesCertificate
        camera.authorities = reader.file("tls_authorities", in: folder)
        camera.hardwareDecoding =
            reader.choice("hardware_decoding", SourceDescription.HardwareDecoding.self) ?? camera.hardwareDecoding
        guard let node = reader.node("device"), let device = MappingReader(node, reader.path("device"), issues) else {
            return
        }
        camera.device.format = device.choice("format", DeviceRequest.Format.self)
        camera.device.width = device.integer("width", in: 1...16_384)
        camera.device.height = device.integer("height", in: 1...16_384)
        camera.device.framesPerSecond = device.number("fps", in: 0.1...240)
        device.finish()
    }

    private func rules(_ reader: MappingReader) -> RuleSettings {
        var rules = RuleSettings()
        rules.enter = reader.number("enter", in: 0.1...50).map { Float($0) }
        rules.exit = reader.number("exit", in: 0...50).map { Float($0) }
        if let enter = rules.enter, let exit = rules.exit, exit >= enter {
            reader.fail("exit", "must be below enter (\(enter)), is \(exit)")
        }
        if let window = reader.integer("confirm_window", in: 1...64) { rules.confirmWindow = window }
        if let frames = reader.integer("confirm_frames", in: 1...64) { rules.confirmFrames = frames }
        if rules.confirmFrames > rules.confirmWindow {
            reader.fail("confirm_frames", "must be at most confirm_window (\(rules.confirmWindow))")
        }
        if let seconds = reader.number("quiet_seconds", in: 1...600) { rules.quietTime = .seconds(seconds) }
        if let minutes = reader.number("max_minutes", in: 0.1...1440) { rules.maximumDuration = .seconds(60 * minutes) }
        if rules.maximumDuration <= rules.quietTime {
            reader.fail("max_minutes", "must be longer than quiet_seconds")
        }
        reader.finish()
        return rules
    }

    /// The value is never repeated in a message: it may hold a password.
    private func source(_ reader: MappingReader, _ key: String) -> SourceAddress? {
        guard let text = reader.text(key) else { return nil }
        guard !text.isEmpty else {
            reader.fail(key, "expected a URL, a device, a recording or a folder of pictures, found nothing")
            return nil
        }
        let source = SourceAddress(text)
        if let log = source.verdictLog {
            guard !log.isEmpty else {
                reader.fail(key, "verdicts: needs the path of a recorded verdict log behind it")
                return nil
            }
            return log.hasPrefix("/") ? source : SourceAddress(SourceAddress.verdictScheme + folder + "/" + log)
        }
        if source.hasPassword {
            reader.fail(key, "holds a password; write it into a file of its own and name that in password_file")
            return nil
        }
        do throws(StreamError) {
            let isPath = try CameraURL(text).kind == .file && !text.hasPrefix("file:")
            return isPath && !text.hasPrefix("/") ? SourceAddress(folder + "/" + text) : source
        } catch {
            reader.fail("source", error.message)
            return nil
        }
    }
}
