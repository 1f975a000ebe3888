import Basics
import Glibc

/// One line on standard error that is redrawn on a terminal; elsewhere a line at every tenth.
struct ProgressBar {
    private let clocks: any Clocks
    private var label = ""
    private var started: MonotonicTime
    private var drawn: MonotonicTime?
    private var lastTenth = -1

    init(clocks: any Clocks) {
        self.clocks = clocks
        started = clocks.monotonic()
    }

    /// - Parameter fraction: of the stage `label`, in 0...1; nil when its length is unknown.
    mutating func show(_ label: String, fraction: Double?, detail: String = "") {
        let now = clocks.monotonic()
        if label != self.label {
            finishLine()
            self.label = label
            started = now
            lastTenth = -1
        }
        if Terminal.errorIsTerminal {
            guard drawn.map({ now - $0 >= .milliseconds(100) }) ?? true || fraction == 1 else { return }
            drawn = now
            Terminal.write("\r\u{1B}[K" + line(fraction: fraction, detail: detail, now: now), to: STDERR_FILENO)
        } else if let fraction, Int(fraction * 10) > lastTenth {
            lastTenth = Int(fraction * 10)
            Terminal.note(line(fraction: fraction, detail: detail, now: now))
        }
    }

    /// Leaves the last state on the screen.
    mutating func finishLine() {
        if Terminal.errorIsTerminal, drawn != nil { Terminal.write("\n", to: STDERR_FILENO) }
        drawn = nil
    }

    private func line(fraction: Double?, detail: String, now: MonotonicTime) -> String {
        var name = label
        while name.count < 24 { name += " " }
        guard let fraction else { return "\(name) \(detail)" }
        let width = max(10, min(30, Terminal.columns - 60))
        let filled = Int(Double(width) * min(1, max(0, fraction)))
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
        var percent = String(Int(fraction * 100))
        while percent.count < 3 { percent = " " + percent }
        var text = "\(name) [\(bar)] \(percent) %"
        let elapsed = Double((now - started).milliseconds) / 1000
        if fraction > 0.02, fraction < 1, elapsed > 2 {
            let left = Int(elapsed / fraction * (1 - fraction) + 0.5)
            text += "  \(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60) left"
        }
        return detail.isEmpty ? text : text + "  " + detail
    }
}
