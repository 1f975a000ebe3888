import Alerting
import Analysis
import Imaging

/// Remembers what an event machine did and says what is wrong with the next thing it does.
struct LifeWatcher {
    var rules: EventRules
    private var open: [EventID: Event] = [:]
    private var closed: [EventID: Event] = [:]
    private var continued: Set<EventID> = []
    private var latest: EventID?

    init(_ rules: EventRules) { self.rules = rules }

    /// Events so far, the oldest first.
    var known: [Event] { (Array(open.values) + Array(closed.values)).sorted { $0.id < $1.id } }

    /// Nil when all is well.
    mutating func check(_ actions: [EventAction], after input: RandomLife.Input, isAlone: Bool) -> String? {
        var boxes: [Box] = []
        for action in actions {
            let event = action.event
            if let fault = Self.fault(of: event) { return fault }
            switch action {
            case .open:
                guard case .verdict(let verdict) = input else { return "opens without a verdict" }
                if let fault = opens(event, verdict) { return fault }
                boxes.append(Self.shares(event))
            case .update:
                guard let before = open[event.id] else { return "updates what is not open" }
                if event.lastSeenMs < before.lastSeenMs || event.startMs != before.startMs { return "time goes back" }
                if event.frames <= before.frames || event.surprise < before.surprise {
                    return "an update loses something"
                }
                if !before.zones.allSatisfy(event.zones.contains) { return "an update loses zones" }
                open[event.id] = event
                boxes.append(Self.shares(event))
            case .close:
                guard let before = open.removeValue(forKey: event.id) else { return "closes what is not open" }
                if event.lastSeenMs != before.lastSeenMs { return "closing invents a sight" }
                closed[event.id] = event
            }
        }
        for (index, box) in boxes.enumerated() {
            for other in boxes[(index + 1)...] where box.intersection(with: other).area > 1e-6 {
                return "events overlap"
            }
        }
        if case .stop = input, !open.isEmpty { return "open after a stop" }
        return isAlone && open.count > 1 ? "one thing has two open events" : nil
    }

    /// At the end of a life.
    func end(_ machine: EventMachine) -> String? {
        machine.openEvents.isEmpty && open.isEmpty ? nil : "something is open after the end"
    }

    private mutating func opens(_ event: Event, _ verdict: Verdict) -> String? {
        if open[event.id] != nil || closed[event.id] != nil { return "opens twice" }
        if let latest, event.id <= latest { return "an id does not grow" }
        latest = event.id
        guard open.count < rules.maximumOpen else { return "too many are open" }
        guard !verdict.isViewHidden, !verdict.light.isSwitching else { return "opens in a picture that is not judged" }
        let active = rules.inForce(in: verdict.regime)
        let boxes =
            verdict.objects.filter { $0.surprise >= active.objects.exit }.map(\.box)
            + verdict.regions.filter { $0.surprise >= active.pixels.exit }.map(\.box)
        let counting = boxes.filter { rules.zones.counts($0, width: verdict.width, height: verdict.height) }
        let place = Self.shares(event)
        let isSeen = counting.contains {
            $0.scaled(x: 1 / Float(verdict.width), y: 1 / Float(verdict.height)).intersection(with: place).area > 0
        }
        guard isSeen else { return "opens where nothing counts" }
        let names = rules.zones.zones.filter { $0.kind == .include }.map(\.name)
        if !names.isEmpty && event.zones.allSatisfy({ !names.contains($0) }) { return "opens outside the zones" }
        open[event.id] = event
        guard let former = event.continues else { return nil }
        guard closed[former]?.reason == .rollover else { return "continues what did not roll over" }
        return continued.insert(former).inserted ? nil : "is continued twice"
    }

    /// What is wrong with an event by itself.
    private static func fault(of event: Event) -> String? {
        if event.lastSeenMs < event.startMs || event.duration < .zero { return "a negative duration" }
        if event.frames < 1 || event.track.isEmpty { return "an event that nobody saw" }
        switch event.state {
        case .open: if event.reason != nil || event.endMs != nil { return "open and over at once" }
        case .closed: if event.endMs.map({ $0 < event.lastSeenMs }) ?? true { return "an end before the last sight" }
        case .interrupted: if event.endMs != nil { return "an end that nobody saw" }
        }
        if event.state != .open, event.reason?.state != event.state { return "a state without its reason" }
        if event.zones.count > ZoneMap.includeLimit || Set(event.zones).count != event.zones.count {
            return "its zones"
        }
        var last = event.startMs
        for point in event.track {
            if point.timeMs < last || point.timeMs > event.lastSeenMs || point.track ?? 1 < 1 { return "its track" }
            last = point.timeMs
        }
        return nil
    }

    private static func shares(_ event: Event) -> Box {
        event.box.scaled(x: 1 / Float(event.width), y: 1 / Float(event.height))
    }
}
