/// Where a camera's frames come from. It may hold a password, so nothing prints more than its redacted form.
public struct CameraURL: Sendable, Hashable {
    /// How frames are obtained.
    public enum Kind: String, Sendable {
        /// A camera on the network; it never ends, so it is reconnected.
        case rtsp
        /// A camera that sends its stream over HTTP: motion JPEG, MPEG-TS or HLS.
        case http
        /// A video device of this machine.
        case device
        /// A video file or a folder of images; it ends.
        case file
    }

    public let kind: Kind
    /// What is opened: the whole address of a camera, or the path of a file or device. May hold a password.
    let secret: String

    /// Reads `rtsp://…`, `rtsps://…`, `http://…`, `https://…`, `v4l2:…`, `file:…` or a plain path, which is a device below
    /// `/dev/video` and `/dev/v4l/`; throws `StreamError` for everything else.
    public init(_ text: String) throws(StreamError) {
        guard !text.isEmpty, !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw StreamError(.unsupportedSource, "the camera's address is empty or holds control characters")
        }
        let scheme = Self.scheme(of: text)
        switch scheme {
        case "rtsp", "rtsps", "http", "https":
            guard let address = CameraAddress(scheme + text.dropFirst(scheme.utf8.count)) else {
                throw StreamError(.unsupportedSource, "a camera's address has the form \(scheme)://host[:port]/path")
            }
            kind = scheme.hasPrefix("rtsp") ? .rtsp : .http
            secret = address.normal
        case "file":
            kind = .file
            let path = text.dropFirst(5)
            secret = String(path.hasPrefix("///") ? path.dropFirst(2) : path)
            guard !secret.isEmpty else { throw StreamError(.unsupportedSource, "file: needs a path behind it") }
        case "v4l2":
            kind = .device
            let path = text.dropFirst(5)
            secret = String(path.hasPrefix("///") ? path.dropFirst(2) : path)
            guard secret.hasPrefix("/") else {
                throw StreamError(.unsupportedSource, "v4l2: needs the path of a device, such as /dev/v4l/by-id/…")
            }
        case "":
            kind = text.hasPrefix("/dev/video") || text.hasPrefix("/dev/v4l/") ? .device : .file
            secret = text
        default:
            throw StreamError(
                .unsupportedSource,
                "\(scheme): addresses are not supported; use rtsp://, rtsps://, http://, https://, v4l2:, file: or a path to "
                    + "a video or a folder of images")
        }
    }

    /// As `init(_:)`, with a password that was kept elsewhere, for the user that the address names.
    public init(_ text: String, password: String?) throws(StreamError) {
        guard let password else {
            try self.init(text)
            return
        }
        let scheme = Self.scheme(of: text)
        let rest = text.dropFirst(scheme.count + 3)
        guard !scheme.isEmpty, text.dropFirst(scheme.count).hasPrefix("://"), let at = rest.firstIndex(of: "@"),
            at > rest.startIndex, !rest[..<at].contains(where: { ":/?#".contains($0) })
        else {
            throw StreamError(
                .unsupportedSource,
                "a password is given for the camera, but its address names no user, or has a password already; write "
                    + "rtsp://user@host/path")
        }
        try self.init("\(text[..<at]):\(password.utf8.map(CameraAddress.percentEncoded).joined())\(text[at...])")
    }

    /// What another process already checked.
    init(kind: Kind, secret: String) {
        self.kind = kind
        self.secret = secret
    }

    /// Where to connect to; nil for what is not on the network.
    var endpoint: (host: String, port: UInt16)? {
        guard kind == .rtsp || kind == .http, let address = CameraAddress(secret) else { return nil }
        return (address.host, address.port ?? Self.defaultPorts[Self.scheme(of: secret)] ?? 554)
    }

    private static let defaultPorts: [String: UInt16] = ["rtsp": 554, "rtsps": 322, "http": 80, "https": 443]

    /// The lower-case scheme; empty for a plain path.
    private static func scheme(of text: String) -> String {
        guard let colon = text.firstIndex(of: ":") else { return "" }
        let scheme = text[..<colon]
        let isScheme = scheme.utf8.allSatisfy {
            ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A || $0 >= 0x30 && $0 <= 0x39 || $0 == 0x2B
        }
        guard isScheme, scheme.utf8.count > 1 else { return "" }
        let isKnown = ["file", "rtsp", "rtsps", "http", "https", "v4l2"].contains(scheme.lowercased())
        return isKnown || text[colon...].hasPrefix("://") ? scheme.lowercased() : ""
    }
}

extension CameraURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Whether everything is to be encrypted on the way.
    var isEncrypted: Bool { secret.hasPrefix("rtsps:") || secret.hasPrefix("https:") }

    /// The address without user name, password and everything that may be a secret in path or query.
    public var description: String { kind == .file || kind == .device ? secret : Redaction.scrub(secret) }

    public var debugDescription: String { description }

    /// Reflection shows the redacted form only.
    public var customMirror: Mirror { Mirror(self, children: ["address": description]) }
}
