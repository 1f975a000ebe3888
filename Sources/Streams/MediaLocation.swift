internal import Basics
internal import CLibAV
internal import Glibc

/// What libav is asked to open: a path or address, the container if it must be named, and options.
struct MediaLocation {
    var name: String
    var container: String?
    var options: [(String, String)]

    /// Looks at the file system to tell a folder of images from a video.
    init(_ source: SourceDescription) throws(StreamError) {
        let path = source.url.secret
        guard source.url.kind == .file else {
            self = try source.url.kind == .http ? Self.http(source) : Self.rtsp(source)
            return
        }
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw errno == EACCES ? Self.notReadable(path) : StreamError(.missingFile, "\(path) does not exist")
        }
        guard access(path, R_OK) == 0 else { throw Self.notReadable(path) }
        options = [("protocol_whitelist", "file")]
        if status.st_mode & S_IFMT == S_IFDIR {
            guard source.imagesPerSecond > 0, source.imagesPerSecond.isFinite else {
                throw StreamError(.unsupportedSource, "\(path): images per second must be more than 0")
            }
            name = try Self.pattern(folder: path)
            container = "image2"
            options += [("pattern_type", "glob"), ("framerate", String(source.imagesPerSecond))]
        } else {
            guard status.st_size > 0 || status.st_mode & S_IFMT != S_IFREG else {
                throw StreamError(.notVideo, "\(path) is empty")
            }
            name = "file:" + path
        }
    }

    private init(name: String, options: [(String, String)]) {
        self.name = name
        self.options = options
    }

    private static func rtsp(_ source: SourceDescription) throws(StreamError) -> MediaLocation {
        if source.url.isEncrypted && source.verifiesCertificate && mon_rtsp_verifies() == 0 {
            throw StreamError(
                .unsupportedSource,
                "\(source.url): the installed libavformat cannot check the certificate of an RTSPS camera; with "
                    + "tls_verify: false it is accepted unchecked")
        }
        let transport =
            switch source.transport {
            case .tcp: [("rtsp_transport", "tcp")]
            case .udp: [("rtsp_transport", "udp")]
            case .auto: [("rtsp_transport", "udp+tcp"), ("rtsp_flags", "prefer_tcp")]
            }
        let microseconds = max(1, source.openTimeout.nanoseconds / 1000)
        return MediaLocation(
            name: source.url.secret,
            options: transport + [
                ("timeout", String(microseconds)), ("allowed_media_types", "video"),
                ("protocol_whitelist", "rtsp,rtsps,rtp,tcp,tls,udp"), ("format_whitelist", "rtsp"),
            ] + (source.url.isEncrypted ? tls(source) : []))
    }

    /// Nothing that a server says leads to files of this machine, or from an encrypted playlist to a plain one.
    private static func http(_ source: SourceDescription) -> MediaLocation {
        MediaLocation(
            name: source.url.secret,
            options: [
                ("protocol_whitelist", source.url.isEncrypted ? "https,tls,tcp,crypto" : "http,https,tls,tcp,crypto"),
                (
                    "format_whitelist",
                    "hls,mpegts,mov,matroska,flv,avi,nut,mpeg,mpegvideo,h264,hevc,mjpeg,aac,mp3,ac3,webvtt"
                ),
            ] + tls(source))
    }

    /// What the encryption of a connection needs to know.
    static func tls(_ source: SourceDescription) -> [(String, String)] {
        guard source.verifiesCertificate else { return [] }
        return [("tls_verify", "1")] + (source.authorities.map { [("ca_file", $0)] } ?? [])
    }

    private static func notReadable(_ path: String) -> StreamError {
        StreamError(.notReadable, "\(path) may not be read; check the permissions of the file and its folders")
    }

    /// The images of the kind that the folder holds most of, in the order of their names.
    private static func pattern(folder: String) throws(StreamError) -> String {
        guard let handle = opendir(folder) else { throw notReadable(folder) }
        defer { closedir(handle) }
        let known: Set<String> = ["jpg", "jpeg", "png", "bmp", "tif", "tiff", "pgm", "ppm", "webp"]
        var counts: [String: Int] = [:]
        while let entry = readdir(handle) {
            let file = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard !file.hasPrefix("."), let dot = file.lastIndex(of: ".") else { continue }
            let ending = String(file[file.index(after: dot)...])
            if known.contains(ending.lowercased()) { counts[ending, default: 0] += 1 }
        }
        guard let ending = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) })?.key else {
            throw StreamError(.notVideo, "the folder \(folder) holds no images (jpg, png, bmp, tiff, pgm, ppm, webp)")
        }
        let special: Set<Character> = ["*", "?", "[", "]", "{", "}", "\\"]
        let escaped = folder.map { special.contains($0) ? "\\\($0)" : String($0) }.joined()
        return "\(escaped)/*.\(ending)"
    }
}
