/// Tells a frozen picture from a still one.
///
/// No single picture can tell: a decoder that is sent nothing but "as before" repeats its picture rightly, and a rendered
/// scene has no noise. What differs is the camera's own habit. A camera whose picture has always changed within seconds,
/// by noise, by compression or by what moves, and now has not for much longer than ever, is frozen; one that repeats
/// itself whenever nothing happens never is. A clock written into a frozen picture may go on.
struct RepeatWatch: Sendable {
    private var anchor: PictureLook?
    private var changed = SIMDMask<SIMD64<Int32>>(repeating: false)
    /// The present run of equal pictures.
    private(set) var run: Duration = .zero
    private var frames = 0
    private(set) var isFrozen = false
    /// Longest run that was no fault; time in short runs and in long ones.
    private var longest: Duration = .zero
    private var alive: Duration = .zero
    private var still: Duration = .zero
    /// Usual difference, as a mean square, of the middle block between pictures that differ.
    private var noise: Float = 0

    /// Takes the next picture, `step` after the last one.
    mutating func observe(_ look: PictureLook, step: Duration, _ rules: PictureRules) {
        guard let anchor, anchor.format == look.format else { return restart(look) }
        let difference = look.difference(from: anchor)
        run += step
        frames += 1
        changed .|= difference .> noise * rules.repeatNoise
        guard PictureLook.Samples.count(changed) > rules.clockBlocks else {
            if isUnheardOf(rules) { isFrozen = true }
            return
        }
        if !isFrozen { learn(difference, rules) }
        restart(look)
    }

    /// After a gap in the stream nobody knows what was between.
    mutating func interrupt() {
        anchor = nil
        isFrozen = false
    }

    /// The present run was no fault.
    mutating func accept() {
        longest = max(longest, run)
        isFrozen = false
    }

    private func isUnheardOf(_ rules: PictureRules) -> Bool {
        frames >= rules.frozenFrames && run >= max(rules.frozenAfter, longest * rules.frozenHabit)
            && alive >= rules.aliveFor && alive >= still * 4
    }

    private mutating func learn(_ difference: PictureLook.Samples, _ rules: PictureRules) {
        longest = max(longest, run)
        if run <= rules.aliveWithin { alive += run } else { still += run }
        noise += (difference.ranked(PictureLook.blockCount / 2) - noise) * 0.05
    }

    private mutating func restart(_ look: PictureLook) {
        anchor = look
        changed = SIMDMask(repeating: false)
        (run, frames, isFrozen) = (.zero, 0, false)
    }
}
