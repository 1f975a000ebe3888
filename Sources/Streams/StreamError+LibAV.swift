internal import Basics
internal import CLibAV
internal import Glibc

/// What libav's error codes mean for an operator. No code of libav travels further than this file.
extension StreamError {
    static func noMemory(_ source: SourceDescription) -> StreamError {
        StreamError(.outOfResources, "no memory to open \(source.url)")
    }

    /// Why `source` could not be opened.
    static func opening(_ source: SourceDescription, _ code: Int32, _ interrupt: Interrupt) -> StreamError {
        let url = source.url
        if interrupt.isCancelled { return StreamError(.stopped, "opening \(url) was stopped") }
        if interrupt.didFire || code == mon_AVERROR(ETIMEDOUT) {
            return StreamError(.timedOut, "\(url) did not answer within \(source.openTimeout.milliseconds) ms")
        }
        switch code {
        case mon_AVERROR_HTTP_UNAUTHORIZED, mon_AVERROR_HTTP_FORBIDDEN:
            return StreamError(.authenticationRefused, "\(url) refused user name or password; check the credentials")
        case mon_AVERROR_HTTP_NOT_FOUND:
            return StreamError(.noSuchStream, "\(url): the camera has no stream at this path; check its manual")
        case mon_AVERROR(EPROTONOSUPPORT) where url.kind == .rtsp:
            return StreamError(
                .unreachable, "\(url) does not send in this way; try another `transport`: tcp, udp or auto")
        case mon_AVERROR(ENOMEM): return noMemory(source)
        default: break
        }
        guard source.isLive else {
            return StreamError(.notVideo, "\(url) is not a video, or too damaged to open (\(text(code)))")
        }
        if code == mon_AVERROR_INVALIDDATA && url.kind == .http {
            return StreamError(.notVideo, "what \(url) sends is no video stream of a known kind")
        }
        return StreamError(
            .unreachable, "\(url) cannot be reached (\(text(code))); is the camera on and the port right?")
    }

    /// Why an open `source` gives no more.
    static func reading(_ source: SourceDescription, _ code: Int32, _ interrupt: Interrupt) -> StreamError {
        let url = source.url
        if interrupt.isCancelled { return StreamError(.stopped, "reading \(url) was stopped") }
        if interrupt.didFire || code == mon_AVERROR(ETIMEDOUT) {
            return StreamError(.stalled, "\(url) sent no picture for too long")
        }
        if code == mon_AVERROR(ENOMEM) { return noMemory(source) }
        if source.isLive {
            return StreamError(.connectionLost, "\(url) closed the connection (\(text(code)))")
        }
        return StreamError(.damaged, "\(url) cannot be read further (\(text(code)))")
    }

    private static func text(_ code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        av_strerror(code, &buffer, buffer.count)
        return buffer.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    }
}
