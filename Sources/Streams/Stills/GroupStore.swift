package import Basics

/// The newest coded pictures of a stream in groups, each beginning with a picture that stands alone.
///
/// Whole groups go: the older one once the newer reaches back far enough, and whatever would break the bounds, be it all
/// there is. What follows then is not kept until the next picture that stands alone.
package struct GroupStore<Packet> {
    package struct Kept {
        package let packet: Packet
        package let bytes: Int
        /// Presentation time; nil when the stream did not say, and then nobody can ask for this picture.
        package let time: Duration?
        package let arrival: MonotonicTime

        package init(packet: Packet, bytes: Int, time: Duration?, arrival: MonotonicTime) {
            self.packet = packet
            self.bytes = bytes
            self.time = time
            self.arrival = arrival
        }
    }

    /// From the oldest packet to the newest.
    package static var longest: Duration { .seconds(12) }
    package static var byteLimit: Int { 16 << 20 }
    /// Pictures of this long ago can be had in any case, within the bounds.
    package static var lookBack: Duration { .seconds(2) }

    private var groups: [[Kept]] = []
    package private(set) var bytes = 0

    package init() {}

    package var count: Int { groups.reduce(0) { $0 + $1.count } }

    /// Takes the stream's next packet.
    package mutating func add(_ kept: Kept, isKey: Bool) {
        if isKey { groups.append([]) }
        guard !groups.isEmpty else { return }
        groups[groups.count - 1].append(kept)
        bytes += kept.bytes
        while groups.count > 1, kept.arrival - groups[1][0].arrival >= Self.lookBack { dropOldest() }
        while let oldest = groups.first, bytes > Self.byteLimit || kept.arrival - oldest[0].arrival > Self.longest {
            dropOldest()
        }
    }

    private mutating func dropOldest() { bytes -= groups.removeFirst().reduce(0) { $0 + $1.bytes } }

    /// What must be decoded for the picture that arrived nearest to `time`, which is the last one; nil when none is kept.
    package func packets(upTo time: MonotonicTime) -> ArraySlice<Kept>? {
        var best: (group: Int, place: Int, distance: Duration)?
        for (number, group) in groups.enumerated() {
            for (place, kept) in group.enumerated() where kept.time != nil {
                let distance = max(kept.arrival - time, time - kept.arrival)
                if best.map({ distance < $0.distance }) ?? true { best = (number, place, distance) }
            }
        }
        return best.map { groups[$0.group][...$0.place] }
    }
}
