/// Everything that determines a scene: the same description gives the same pixels on every machine.
public struct SceneDescription: Sendable, Codable, Hashable {
    /// What the camera sees with.
    public enum Spectrum: String, Sendable, Codable {
        /// Colour, 8 bits per sample (`rgb24`).
        case visible
        /// Radiometric long-wave infrared, 14-bit counts around 7,000 to 9,000 (`gray16`).
        case thermal
    }

    /// Picture size in pixels; even numbers, so that every encoder takes them.
    public var width: Int
    public var height: Int
    public var framesPerSecond: Double
    /// Length in seconds of stream time.
    public var seconds: Double
    /// Chooses the place, the people and the noise.
    public var seed: UInt64
    public var spectrum: Spectrum
    /// Mean number of normal agents that enter the view per minute; 0 and up.
    public var agentsPerMinute: Double
    /// When that number changes, in the order of time.
    public var activity: [ActivityChange]
    /// What walks about in normal times.
    public var normalKinds: [ThingKind]
    public var anomalies: [ScriptedAnomaly]
    public var lightChanges: [LightChange]
    public var rain: [RainSpell]
    /// nil leaves the sun where it is.
    public var sun: SunPath?
    /// Standard deviation of the sensor noise at middle brightness: grey levels, or thermal counts.
    public var noise: Double

    public init(
        width: Int = 640, height: Int = 360, framesPerSecond: Double = 15, seconds: Double, seed: UInt64,
        spectrum: Spectrum = .visible, agentsPerMinute: Double = 20, activity: [ActivityChange] = [],
        normalKinds: [ThingKind] = [.person], anomalies: [ScriptedAnomaly] = [], lightChanges: [LightChange] = [],
        rain: [RainSpell] = [], sun: SunPath? = nil, noise: Double? = nil
    ) {
        self.width = width
        self.height = height
        self.framesPerSecond = framesPerSecond
        self.seconds = seconds
        self.seed = seed
        self.spectrum = spectrum
        self.agentsPerMinute = agentsPerMinute
        self.activity = activity
        self.normalKinds = normalKinds
        self.anomalies = anomalies
        self.lightChanges = lightChanges
        self.rain = rain
        self.sun = sun
        self.noise = noise ?? (spectrum == .visible ? 2 : 9)
    }

    /// Frames in the whole scene.
    public var frameCount: Int { Int((seconds * framesPerSecond).rounded()) }
}

/// One anomaly of the script.
public struct ScriptedAnomaly: Sendable, Codable, Hashable {
    /// How it comes about.
    public enum Form: String, Sendable, Codable {
        /// Something unknown crosses the view once.
        case crossing
        /// A person brings a thing, sets it down and walks on; the thing stays.
        case leftBehind
        /// A patch of floor or wall changes.
        case surfaceChange
    }

    public var form: Form
    public var kind: ThingKind
    /// When it enters the view (`crossing`), is set down (`leftBehind`) or appears (`surfaceChange`), in seconds.
    public var second: Double
    /// When a left object or a surface change is gone again, in seconds; nil stays until the end.
    public var untilSecond: Double?
    /// Chooses place, texture and size.
    public var seed: UInt64

    public init(_ form: Form, _ kind: ThingKind, second: Double, untilSecond: Double? = nil, seed: UInt64 = 0) {
        self.form = form
        self.kind = kind
        self.second = second
        self.untilSecond = untilSecond
        self.seed = seed
    }
}

/// A scripted change of illumination, on top of the slow natural ones.
public struct LightChange: Sendable, Codable, Hashable {
    /// When it begins, in seconds.
    public var second: Double
    /// How long the transition takes, in seconds.
    public var duration: Double
    /// Brightness afterwards, relative to the start of the scene.
    public var gain: Double
    /// From here on the camera works with its infrared lamp: no colour, bright centre, more noise.
    public var infrared: Bool

    public init(second: Double, duration: Double, gain: Double, infrared: Bool = false) {
        self.second = second
        self.duration = duration
        self.gain = gain
        self.infrared = infrared
    }
}
