internal import Basics

/// Where every frame of one camera is, or how it ended: written by capture and by analysis, under one lock.
///
/// Each call moves one frame and keeps the sum, so whoever reads `counts` sees every arrived frame in exactly one place,
/// whatever the threads are doing. Any threads.
public final class FrameLedger: Sendable {
    /// Why a frame was left out of the analysis on purpose.
    public enum GateReason: Int, Sendable, CaseIterable {
        /// The camera sends more than `analysis_fps`.
        case rate
        /// There is no time to analyse more than this: the camera's fair share was less than it asked for.
        case load
        /// Nothing moved in it, and the next sweep was not due.
        case still
        /// The light was switching, or not learned.
        case light
    }

    /// Why a frame was lost.
    public enum DropReason: Int, Sendable, CaseIterable {
        /// A newer one took its place before the analysis came for it.
        case superseded
        /// It was waiting, or came, when the camera was stopped.
        case stopped
        /// The decoder could only guess it.
        case damaged
    }

    /// The ledger at one moment.
    public struct Counts: Sendable, Hashable {
        /// Frames that the decoder gave.
        public fileprivate(set) var arrived: UInt64 = 0
        /// Frames that wait for the analysis now.
        public fileprivate(set) var waiting: UInt64 = 0
        /// Frames that the analysis has taken and not finished, at most one.
        public fileprivate(set) var inAnalysis: UInt64 = 0
        /// Frames that were judged by both detectors.
        public fileprivate(set) var scored: UInt64 = 0
        /// By the reasons' raw values; no memory of their own, as every frame comes by here.
        fileprivate var gatedFor = SIMD4<UInt64>()
        fileprivate var droppedFor = SIMD4<UInt64>()

        public init() {}

        public func gated(_ reason: GateReason) -> UInt64 { gatedFor[reason.rawValue] }
        public func dropped(_ reason: DropReason) -> UInt64 { droppedFor[reason.rawValue] }
        public var gated: UInt64 { gatedFor.wrappedSum() }
        public var dropped: UInt64 { droppedFor.wrappedSum() }
        /// Frames that the analysis took.
        public var taken: UInt64 { scored + gated + inAnalysis }
        /// Whether every arrived frame is in exactly one place; always true.
        public var addsUp: Bool { arrived == scored + gated + dropped + waiting + inAnalysis }
    }

    private let state = Locked(Counts())

    public init() {}

    public var counts: Counts { state.withLock { $0 } }

    /// A frame waits for the analysis.
    /// - Parameter replaces: whether it took the place of one that waited.
    public func arrived(replacing replaces: Bool) {
        state.withLock {
            $0.arrived += 1
            if replaces {
                $0.droppedFor[DropReason.superseded.rawValue] += 1
            } else {
                $0.waiting += 1
            }
        }
    }

    /// A frame came that nobody will see.
    public func arrived(dropped reason: DropReason) {
        state.withLock {
            $0.arrived += 1
            $0.droppedFor[reason.rawValue] += 1
        }
    }

    /// The frames that waited will not be seen.
    public func discarded(_ count: Int) {
        state.withLock {
            $0.waiting -= UInt64(count)
            $0.droppedFor[DropReason.stopped.rawValue] += UInt64(count)
        }
    }

    /// The analysis took a frame that waited.
    public func taken() {
        state.withLock {
            $0.waiting -= 1
            $0.inAnalysis += 1
        }
    }

    /// The analysis judged the frame that it had taken.
    public func scored() {
        state.withLock {
            $0.inAnalysis -= 1
            $0.scored += 1
        }
    }

    /// The analysis left out the frame that it had taken.
    public func gated(_ reason: GateReason) {
        state.withLock {
            $0.inAnalysis -= 1
            $0.gatedFor[reason.rawValue] += 1
        }
    }
}

extension FrameLedger.Counts: CustomStringConvertible {
    /// `12 arrived = 8 scored + 3 gated (2 rate, 1 still) + 1 dropped (damaged) + 0 waiting + 0 in analysis`.
    public var description: String {
        func because(_ parts: [(String, UInt64)]) -> String {
            let words = parts.filter { $0.1 > 0 }.map { "\($0.1) \($0.0)" }
            return words.isEmpty ? "" : " (\(words.joined(separator: ", ")))"
        }
        let gates = FrameLedger.GateReason.allCases.map { ("\($0)", gated($0)) }
        let drops = FrameLedger.DropReason.allCases.map { ("\($0)", dropped($0)) }
        return "\(arrived) arrived = \(scored) scored + \(gated) gated\(because(gates)) + \(dropped) dropped"
            + "\(because(drops)) + \(waiting) waiting + \(inAnalysis) in analysis"
    }
}
