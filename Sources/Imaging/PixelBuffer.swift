import Glibc

/// How one pixel is stored. Samples are interleaved; 16-bit samples are in host byte order.
public enum PixelFormat: String, Sendable, Codable, CaseIterable {
    /// Three 8-bit samples: red, green, blue.
    case rgb24
    /// One 8-bit luminance sample.
    case gray8
    /// One 16-bit sample, such as a radiometric thermal value; never squashed to 8 bits on the way in.
    case gray16

    public var bytesPerPixel: Int {
        switch self {
        case .rgb24: 3
        case .gray8: 1
        case .gray16: 2
        }
    }
}

/// A picture in memory: rows of interleaved pixels, tightly packed, 64-byte aligned at the start.
///
/// `@unchecked Sendable`: written only by its creator before it is shared, read-only afterwards; `PixelBufferPool` hands
/// it out again only when nobody else holds a reference.
public final class PixelBuffer: @unchecked Sendable {
    public let width: Int
    public let height: Int
    public let format: PixelFormat
    private let storage: UnsafeMutableRawPointer
    private let ownsStorage: Bool

    /// Contents are undefined until written. `width` and `height` > 0.
    public init(width: Int, height: Int, format: PixelFormat) {
        precondition(width > 0 && height > 0)
        self.width = width
        self.height = height
        self.format = format
        storage = .allocate(byteCount: width * height * format.bytesPerPixel, alignment: 64)
        ownsStorage = true
    }

    /// A picture in memory that belongs to somebody else, who keeps it for as long as the buffer lives.
    ///
    /// - Parameter memory: at least width · height · bytes per pixel, 64-byte aligned.
    package init(width: Int, height: Int, format: PixelFormat, at memory: UnsafeMutableRawPointer) {
        precondition(width > 0 && height > 0)
        self.width = width
        self.height = height
        self.format = format
        storage = memory
        ownsStorage = false
    }

    deinit { if ownsStorage { storage.deallocate() } }

    public var bytesPerRow: Int { width * format.bytesPerPixel }
    public var byteCount: Int { bytesPerRow * height }

    /// All bytes, row-major, valid as long as the buffer lives.
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: storage, count: byteCount) }

    /// For the creator only, before the buffer is shared.
    public var mutableBytes: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: storage, count: byteCount)
    }

    /// 16-bit samples; the format must be `gray16`.
    public var samples16: UnsafeBufferPointer<UInt16> {
        precondition(format == .gray16)
        return bytes.bindMemory(to: UInt16.self)
    }
}
