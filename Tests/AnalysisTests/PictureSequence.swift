import Analysis
import Imaging

/// Shows pictures to a recogniser and a watch, as a camera's stage does, and notes what is said.
struct PictureSequence {
    struct Note: Equatable {
        let second: Double
        let condition: PictureCondition
        let step: PictureChange.Step
    }

    private var recogniser = RegimeRecogniser()
    var watch: PictureWatch
    private(set) var notes: [Note] = []
    /// Frames in which events would have to wait.
    private(set) var hidden = 0
    private(set) var second = 0.0

    init(rules: PictureRules = PictureRules()) { watch = PictureWatch(rules: rules) }

    mutating func show(_ pixels: PixelBuffer, seconds: Double) {
        let time = Duration.seconds(1) * second
        let light = recogniser.observe(pixels, at: time)
        for change in watch.observe(pixels, at: time, light: light) {
            notes.append(Note(second: second, condition: change.condition, step: change.step))
        }
        if watch.isViewHidden { hidden += 1 }
        second += seconds
    }

    /// What began, in order.
    var begun: [PictureCondition] { notes.filter { $0.step == .begins }.map(\.condition) }
}
