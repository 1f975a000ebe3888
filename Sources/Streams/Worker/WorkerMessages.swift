internal import Basics
internal import Imaging

/// What the monitor asks of a decoder process. The end of the channel tells it to finish.
enum WorkerRequest {
    /// First of all: what will be read. Afterwards the process gives up every right that this source does not need.
    case watch(SourceDescription)
    /// Whether the camera can be reached at all.
    case probe
    /// Connect and send pictures until the end or an error.
    case open
    /// Connect and keep what comes, undecoded, until the end or an error.
    case keep
    /// Of a kept stream, the picture that arrived nearest to this time.
    case still(at: MonotonicTime)
    /// A picture was copied; its place may be written again.
    case release(slot: Int)
}

/// What a decoder process answers.
enum WorkerReply {
    /// Confined and waiting; `fences` are the `mon_confined_` bits.
    case ready(fences: Int32)
    /// Answer to `probe`.
    case reachable
    /// Answer to `open` and `keep`, and what changed since.
    case stream(StreamInfo)
    case picture(PictureHeader)
    /// Answer to `still`.
    case still(PictureHeader.Place, arrival: MonotonicTime)
    /// Answer to `still`: why there is none.
    case noStill(String)
    /// The clean end of a file.
    case ended
    /// Answer to `probe`, `open` and `keep`, and the end of a connection.
    case failed(StreamError)
    /// A line of libav's log.
    case log(LibAVLog.Level, String)
}

/// A picture in shared memory, or one that could only be guessed.
struct PictureHeader {
    /// nil for a damaged picture, which has no pixels.
    var place: Place?
    var time: Duration?
    var senderWallMs: Int64?
    var decodeErrors: UInt64

    struct Place {
        var slot: Int
        var width: Int
        var height: Int
        var format: PixelFormat
    }
}

// MARK: Requests on the wire

extension WorkerRequest {
    var bytes: [UInt8] {
        var writer = WireWriter()
        switch self {
        case .watch(let source):
            writer.put("watch")
            writer.put(source)
        case .probe: writer.put("probe")
        case .open: writer.put("open")
        case .keep: writer.put("keep")
        case .still(let time):
            writer.put("still")
            writer.put(time.nanoseconds)
        case .release(let slot):
            writer.put("release")
            writer.put(slot)
        }
        return writer.bytes
    }

    init(_ bytes: [UInt8]) throws(WireFault) {
        var reader = WireReader(bytes)
        switch try reader.text() {
        case "watch": self = .watch(try reader.source())
        case "probe": self = .probe
        case "open": self = .open
        case "keep": self = .keep
        case "still": self = .still(at: MonotonicTime(nanoseconds: try reader.integer()))
        case "release": self = .release(slot: try reader.integer(as: Int.self))
        default: throw WireFault()
        }
    }
}

extension WireWriter {
    fileprivate mutating func put(_ source: SourceDescription) {
        put(source.url.kind.rawValue)
        put(source.url.secret)
        put(source.imagesPerSecond)
        put(source.maximumWidth) { $0.put($1) }
        put(source.openTimeout)
        put(source.stallTimeout) { $0.put($1) }
        put(source.transport.rawValue)
        put(source.verifiesCertificate)
        put(source.authorities) { $0.put($1) }
        put(source.hardwareDecoding.rawValue)
        put(source.device.format) { $0.put($1.rawValue) }
        put(source.device.width) { $0.put($1) }
        put(source.device.height) { $0.put($1) }
        put(source.device.framesPerSecond) { $0.put($1) }
    }
}

extension WireReader {
    fileprivate mutating func source() throws(WireFault) -> SourceDescription {
        let url = CameraURL(kind: try choice(CameraURL.Kind.self), secret: try text())
        var source = SourceDescription(url: url)
        source.imagesPerSecond = try double()
        source.maximumWidth = try optional { reader throws(WireFault) in try reader.integer(as: Int.self) }
        source.openTimeout = try duration()
        source.stallTimeout = try optional { reader throws(WireFault) in try reader.duration() }
        source.transport = try choice(SourceDescription.Transport.self)
        source.verifiesCertificate = try flag()
        source.authorities = try optional { reader throws(WireFault) in try reader.text() }
        source.hardwareDecoding = try choice(SourceDescription.HardwareDecoding.self)
        source.device.format = try optional { reader throws(WireFault) in
            try reader.choice(DeviceRequest.Format.self)
        }
        source.device.width = try optional { reader throws(WireFault) in try reader.integer(as: Int.self) }
        source.device.height = try optional { reader throws(WireFault) in try reader.integer(as: Int.self) }
        source.device.framesPerSecond = try optional { reader throws(WireFault) in try reader.double() }
        return source
    }
}

// MARK: Replies on the wire

extension WorkerReply {
    var bytes: [UInt8] {
        var writer = WireWriter()
        switch self {
        case .ready(let fences):
            writer.put("ready")
            writer.put(fences)
        case .reachable: writer.put("reachable")
        case .stream(let info):
            writer.put("stream")
            writer.put(info)
        case .picture(let header):
            writer.put("picture")
            writer.put(header)
        case .still(let place, let arrival):
            writer.put("still")
            writer.put(place)
            writer.put(arrival.nanoseconds)
        case .noStill(let reason):
            writer.put("no still")
            writer.put(reason)
        case .ended: writer.put("ended")
        case .failed(let error):
            writer.put("failed")
            writer.put(error.code.rawValue)
            writer.put(error.message)
        case .log(let level, let line):
            writer.put("log")
            writer.put(level == .error)
            writer.put(line)
        }
        return writer.bytes
    }

    init(_ bytes: [UInt8]) throws(WireFault) {
        var reader = WireReader(bytes)
        switch try reader.text() {
        case "ready": self = .ready(fences: try reader.integer(as: Int32.self))
        case "reachable": self = .reachable
        case "stream": self = .stream(try reader.info())
        case "picture": self = .picture(try reader.header())
        case "still": self = .still(try reader.place(), arrival: MonotonicTime(nanoseconds: try reader.integer()))
        case "no still": self = .noStill(try reader.text())
        case "ended": self = .ended
        case "failed": self = .failed(StreamError(try reader.choice(StreamError.Code.self), try reader.text()))
        case "log": self = .log(try reader.flag() ? .error : .warning, try reader.text())
        default: throw WireFault()
        }
    }
}

extension WireWriter {
    fileprivate mutating func put(_ info: StreamInfo) {
        for size in [info.width, info.height, info.sourceWidth, info.sourceHeight] { put(size) }
        put(info.framesPerSecond) { $0.put($1) }
        put(info.codec)
        put(info.decoder)
        put(info.isSegmented)
        put(info.format.rawValue)
    }

    fileprivate mutating func put(_ place: PictureHeader.Place) {
        for number in [place.slot, place.width, place.height] { put(number) }
        put(place.format.rawValue)
    }

    fileprivate mutating func put(_ header: PictureHeader) {
        put(header.place) { $0.put($1) }
        put(header.time) { $0.put($1) }
        put(header.senderWallMs) { $0.put($1) }
        put(header.decodeErrors)
    }
}

extension WireReader {
    fileprivate mutating func info() throws(WireFault) -> StreamInfo {
        let sizes = (try integer(as: Int.self), try integer(as: Int.self))
        let before = (try integer(as: Int.self), try integer(as: Int.self))
        let rate = try optional { reader throws(WireFault) in try reader.double() }
        guard rate.map({ (0.02...1000).contains($0) }) ?? true else { throw WireFault() }
        let (codec, decoder) = (try text(), try text())
        let isSegmented = try flag()
        var info = StreamInfo(
            width: sizes.0, height: sizes.1, framesPerSecond: rate, codec: codec,
            format: try choice(PixelFormat.self), sourceWidth: before.0, sourceHeight: before.1)
        info.decoder = decoder
        info.isSegmented = isSegmented
        return info
    }

    fileprivate mutating func place() throws(WireFault) -> PictureHeader.Place {
        let place = PictureHeader.Place(
            slot: try integer(as: Int.self), width: try integer(as: Int.self), height: try integer(as: Int.self),
            format: try choice(PixelFormat.self))
        guard PictureRing.holds(place) else { throw WireFault() }
        return place
    }

    fileprivate mutating func header() throws(WireFault) -> PictureHeader {
        PictureHeader(
            place: try optional { reader throws(WireFault) in try reader.place() },
            time: try optional { reader throws(WireFault) in try reader.duration() },
            senderWallMs: try optional { reader throws(WireFault) in try reader.integer() },
            decodeErrors: try integer(as: UInt64.self))
    }
}
