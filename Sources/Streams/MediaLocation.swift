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
            name = path
            let microseconds = max(
                1,
                source.openTimeout.components.seconds * 1_000_000 + source.openTimeout.components.attoseconds
                    / 1_000_000_000_000)
            options = [
                ("rtsp_transport", "tcp"), ("timeout", String(microseconds)), ("allowed_media_types", "video"),
                ("protocol_whitelist", "rtsp,rtsps,rtp,tcp,tls,udp"),
            ]
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
