internal import Glibc

/// Finds JPEGs in bytes that come piece by piece, whatever stands between them: cameras disagree about boundaries and
/// lengths of motion JPEG, but not about how a JPEG begins and ends.
package struct JPEGSplitter {
    /// A JPEG from its first to its last marker.
    package private(set) var complete: [UInt8] = []
    /// JPEGs that ended in the middle, or were too long.
    package private(set) var damaged: UInt64 = 0

    private enum Place {
        /// Between two JPEGs.
        case outside
        /// At the byte behind 0xFF between two segments.
        case marker
        /// Among the bytes of a segment's length or content.
        case segment
        /// In coded samples.
        case samples
    }

    /// Where `pending` has been understood up to.
    private var position = 0
    private var pending: [UInt8] = []
    private var place = Place.outside

    /// Larger pictures do not come from cameras.
    private static let limit = 32 << 20

    package init() {}

    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if pending.count > Self.limit {
            damaged += 1
            pending.removeAll()
            (position, place) = (0, .outside)
        }
        pending.append(contentsOf: bytes)
    }

    /// Whether another JPEG is whole; then it is in `complete`.
    package mutating func next() -> Bool {
        while true {
            switch place {
            case .outside:
                guard find(second: { $0 == 0xD8 }) else {
                    // Only a last 0xFF may still begin something.
                    pending.removeFirst(pending.count - (pending.last == 0xFF ? 1 : 0))
                    position = 0
                    return false
                }
                pending.removeFirst(position - 2)
                position = 2
                place = .marker
            case .marker:
                guard position + 1 < pending.count else { return false }
                guard pending[position] == 0xFF else {
                    giveUp()
                    continue
                }
                let code = pending[position + 1]
                if code == 0xFF {
                    position += 1
                } else if code == 0xD9 {
                    finish(at: position + 2)
                    return true
                } else if code == 0xD8 {
                    giveUp()
                } else if code == 1 || (0xD0...0xD7).contains(code) {
                    position += 2
                } else {
                    place = .segment
                }
            case .segment:
                guard position + 3 < pending.count else { return false }
                let length = Int(pending[position + 2]) << 8 | Int(pending[position + 3])
                guard length >= 2 else {
                    giveUp()
                    continue
                }
                guard position + 2 + length <= pending.count else { return false }
                place = pending[position + 1] == 0xDA ? .samples : .marker
                position += 2 + length
            case .samples:
                guard find(second: { $0 != 0 && $0 != 0xFF && !(0xD0...0xD7).contains($0) }) else {
                    return false
                }
                position -= 2
                place = .marker
            }
        }
    }

    /// Moves behind the next 0xFF that a fitting byte follows; otherwise to where the search is to go on.
    private mutating func find(second isFitting: (UInt8) -> Bool) -> Bool {
        let (end, isFound) = pending.withUnsafeBytes { [position] bytes in
            var position = position
            guard let base = bytes.baseAddress else { return (position, false) }
            while position < bytes.count, let found = memchr(base + position, 0xFF, bytes.count - position) {
                let place = base.distance(to: UnsafeRawPointer(found))
                guard place + 1 < bytes.count else { return (place, false) }
                if isFitting(bytes[place + 1]) { return (place + 2, true) }
                position = place + 1
            }
            return (bytes.count, false)
        }
        position = end
        return isFound
    }

    private mutating func finish(at end: Int) {
        complete.replaceSubrange(0..<complete.count, with: pending[..<end])
        pending.removeFirst(end)
        position = 0
        place = .outside
    }

    /// What began as a JPEG is none, or was cut off; another one may begin within it.
    private mutating func giveUp() {
        damaged += 1
        pending.removeFirst(min(max(position, 2), pending.count))
        position = 0
        place = .outside
    }
}
