internal import Basics
internal import Imaging

/// Blackens the privacy zones of every picture that comes out of a source, in turn or not: the only way to pictures, so
/// nothing behind it ever sees what they hide.
final class PrivacyOpener: PictureOpener {
    private let opener: any PictureOpener
    private let polygons: [Polygon]

    init(_ opener: any PictureOpener, _ polygons: [Polygon]) {
        self.opener = opener
        self.polygons = polygons
    }

    func probe() throws(StreamError) { try opener.probe() }
    func open() throws(StreamError) -> any PictureSource { PrivateSource(try opener.open(), polygons) }
    func keep() throws(StreamError) -> any StillSource { PrivateStillSource(try opener.keep(), polygons) }
}

private final class PrivateSource: PictureSource {
    private let source: any PictureSource
    private var mask: PrivacyMask

    init(_ source: any PictureSource, _ polygons: [Polygon]) {
        self.source = source
        mask = PrivacyMask(polygons)
    }

    var info: StreamInfo { source.info }
    var decodeErrors: UInt64 { source.decodeErrors }

    func next() throws(StreamError) -> Picture? {
        let picture = try source.next()
        if let pixels = picture?.pixels { mask.blacken(pixels) }
        return picture
    }
}

private final class PrivateStillSource: StillSource {
    private let source: any StillSource
    private var mask: PrivacyMask

    init(_ source: any StillSource, _ polygons: [Polygon]) {
        self.source = source
        mask = PrivacyMask(polygons)
    }

    var info: StreamInfo { source.info }

    func watch(for pause: Duration) throws(StreamError) { try source.watch(for: pause) }

    func still(at time: MonotonicTime) throws(StreamError) -> StillAnswer {
        let answer = try source.still(at: time)
        if case .still(let still) = answer { mask.blacken(still.pixels) }
        return answer
    }
}
