internal import CLibAV

/// An answer of an HTTP server, as it comes in.
final class HTTPConnection {
    /// What may be given to a container's reader; belongs to this object.
    private(set) var input: UnsafeMutablePointer<AVIOContext>?
    /// What the server says it sends, in lower case.
    let contentType: String

    private let source: SourceDescription
    private let interrupt: Interrupt

    /// Connects, and follows redirections to other web servers.
    init(_ source: SourceDescription, _ location: MediaLocation, interrupt: Interrupt) throws(StreamError) {
        self.source = source
        self.interrupt = interrupt
        var options: OpaquePointer?
        defer { av_dict_free(&options) }
        for (key, value) in location.options where key != "format_whitelist" { av_dict_set(&options, key, value, 0) }
        // Asking for a part of an endless stream confuses some cameras.
        av_dict_set(&options, "seekable", "0", 0)
        av_dict_set(&options, "icy", "0", 0)
        var callback = interrupt.callback
        var opened: UnsafeMutablePointer<AVIOContext>?
        let result = avio_open2(&opened, location.name, AVIO_FLAG_READ, &callback, &options)
        guard result >= 0, let opened else { throw StreamError.opening(source, result, interrupt) }
        input = opened
        var text: UnsafeMutablePointer<UInt8>?
        if av_opt_get(opened, "mime_type", AV_OPT_SEARCH_CHILDREN, &text) >= 0, let found = text {
            contentType = String(cString: found).lowercased()
            av_free(found)
        } else {
            contentType = ""
        }
    }

    deinit { avio_closep(&input) }

    /// Whether single JPEGs follow each other.
    var isMotionJPEG: Bool {
        contentType.hasPrefix("multipart/") || ["video/x-motion-jpeg", "video/mjpeg"].contains(contentType)
    }

    /// Reads what is there into `target`, at least one byte; throws `connectionLost` at the end.
    func read(_ target: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
        let count = avio_read_partial(
            input, target.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(clamping: target.count))
        if interrupt.isCancelled || interrupt.didFire { throw StreamError.reading(source, count, interrupt) }
        guard count > 0 else {
            throw StreamError.reading(source, count == 0 ? mon_AVERROR_EOF : count, interrupt)
        }
        return Int(count)
    }
}
