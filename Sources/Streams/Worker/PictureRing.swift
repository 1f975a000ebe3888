internal import CConfine
internal import Glibc
internal import Imaging

/// Shared memory with a few places for pictures: a decoder process writes, the monitor copies.
///
/// Its size is fixed and sealed, so that neither side can pull it away from under the other; pages exist only once written.
final class PictureRing: Sendable {
    /// One being written while the other is copied.
    static let slots = 2
    /// Room for the largest picture that is accepted.
    static let bytesPerSlot = Int(PictureDecoder.pixelLimit) * PixelFormat.rgb24.bytesPerPixel
    private static let byteCount = slots * bytesPerSlot

    /// Of the memory, for handing it to another process.
    let descriptor: Int32
    nonisolated(unsafe) private let base: UnsafeMutableRawPointer

    /// Makes new memory; nil when the system has none left.
    convenience init?(camera: String) {
        let descriptor = mon_sealed_memory("pictures.\(camera)", UInt64(Self.byteCount))
        guard descriptor >= 0 else { return nil }
        self.init(taking: descriptor, writable: false)
    }

    /// Takes over the memory that another process made; nil when it is not what it should be.
    init?(taking descriptor: Int32, writable: Bool) {
        let rights = writable ? PROT_READ | PROT_WRITE : PROT_READ
        let base = mmap(nil, Self.byteCount, rights, MAP_SHARED, descriptor, 0)
        guard let base, base != UnsafeMutableRawPointer(bitPattern: -1) else {
            close(descriptor)
            return nil
        }
        self.descriptor = descriptor
        self.base = base
    }

    deinit {
        munmap(base, Self.byteCount)
        close(descriptor)
    }

    /// Whether a picture fits its place.
    static func holds(_ place: PictureHeader.Place) -> Bool {
        guard (0..<slots).contains(place.slot), place.width > 0, place.height > 0 else { return false }
        let (pixels, overflow) = place.width.multipliedReportingOverflow(by: place.height)
        return !overflow && pixels <= bytesPerSlot / place.format.bytesPerPixel
    }

    func memory(of slot: Int) -> UnsafeMutableRawPointer { base + slot * Self.bytesPerSlot }

    /// Gives the memory of pictures past back to the system.
    func discard() { mon_discard_memory(descriptor, UInt64(Self.byteCount)) }
}

/// The ring as the place where a decoder process puts its pictures.
///
/// `@unchecked Sendable`: confined to the decoder process's one thread.
final class RingMemory: PictureMemory, @unchecked Sendable {
    private let ring: PictureRing
    private var free = Set(0..<PictureRing.slots)
    /// Where the last picture was put.
    private(set) var current = 0

    init(_ ring: PictureRing) { self.ring = ring }

    var hasRoom: Bool { !free.isEmpty }

    func take(width: Int, height: Int, format: PixelFormat) -> PixelBuffer {
        // The worker asks for a picture only when there is room, and a picture that was not sent leaves its place free.
        current = free.min() ?? 0
        return PixelBuffer(width: width, height: height, format: format, at: ring.memory(of: current))
    }

    func occupy(_ slot: Int) { free.remove(slot) }
    func release(_ slot: Int) { if (0..<PictureRing.slots).contains(slot) { free.insert(slot) } }
    func releaseAll() { free = Set(0..<PictureRing.slots) }
}
