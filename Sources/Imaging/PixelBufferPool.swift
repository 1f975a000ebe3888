internal import Basics

/// Where pictures get their memory.
public protocol PictureMemory: AnyObject, Sendable {
    /// A buffer nobody else holds; contents undefined.
    func take(width: Int, height: Int, format: PixelFormat) -> PixelBuffer
}

/// Reuses pixel buffers of one size and format, so that a running stream allocates nothing per frame.
///
/// A buffer is free again when the pool holds the only reference to it. A change of size or format drops the old ones.
public final class PixelBufferPool: PictureMemory {
    private let capacity: Int
    private let buffers: Locked<[PixelBuffer]>

    /// Keeps at most `capacity` buffers; further ones are allocated on demand and not kept.
    public init(capacity: Int) {
        self.capacity = capacity
        buffers = Locked([])
    }

    public func take(width: Int, height: Int, format: PixelFormat) -> PixelBuffer {
        buffers.withLock { kept in
            if let first = kept.first, first.width != width || first.height != height || first.format != format {
                kept.removeAll(keepingCapacity: true)
            }
            for index in kept.indices where isKnownUniquelyReferenced(&kept[index]) { return kept[index] }
            let fresh = PixelBuffer(width: width, height: height, format: format)
            if kept.count < capacity { kept.append(fresh) }
            return fresh
        }
    }

    /// Buffers kept now: the pool's high-water mark.
    public var count: Int { buffers.withLock { $0.count } }
}
