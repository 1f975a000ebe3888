internal import Basics

/// Falling drops, drawn out by the exposure: new ones in every frame.
enum RainStreaks {
    /// Streaks of a downpour in a picture of 640 × 360, and splashes on the ground.
    private static let density = 520.0
    private static let splashes = 260.0

    /// - Parameters:
    ///   - strength: 0...1.
    ///   - isLit: by an infrared lamp at the camera, which makes near drops glare.
    ///   - groundRow: above it nothing splashes.
    static func paint(
        on canvas: Canvas, strength: Double, isLit: Bool, groundRow: Float, random: inout SeededGenerator
    ) {
        guard strength > 0 else { return }
        let area = Double(canvas.width * canvas.height) / (640 * 360)
        let unit = Float(canvas.height) / 360
        let slant = 0.16 * Float(random.uniform(in: 0.7..<1.3))
        for _ in 0..<Int(density * strength * area) {
            // Most drops are far away: short, thin and faint.
            let near = Float(random.uniform())
            let nearness = near * near * near
            let length = (5 + 34 * nearness) * unit
            let x = Float(random.uniform(in: -20..<Double(canvas.width)))
            let y = Float(random.uniform(in: -20..<Double(canvas.height)))
            let opacity = isLit ? 0.1 + 0.5 * nearness : 0.1 + 0.22 * nearness
            streak(canvas, x, y, length, slant, width: nearness > 0.5 ? 2 : 1, opacity, isLit)
        }
        let top = max(Double(groundRow), 0)
        guard top < Double(canvas.height - 1) else { return }
        for _ in 0..<Int(splashes * strength * area) {
            let x = Float(random.uniform(in: 0..<Double(canvas.width - 1)))
            let y = Float(random.uniform(in: top..<Double(canvas.height - 1)))
            streak(canvas, x, y, 1, 0, width: 2, 0.22, isLit)
        }
    }

    private static func streak(
        _ canvas: Canvas, _ x: Float, _ y: Float, _ length: Float, _ slant: Float, width: Int, _ opacity: Float,
        _ isLit: Bool
    ) {
        let colour: SIMD3<Float> = isLit ? SIMD3(252, 252, 252) : SIMD3(196, 200, 206)
        for step in 0...Int(length) {
            let row = Int(y) + step
            guard row >= 0 && row < canvas.height else { continue }
            // Thin towards both ends.
            let along = (Float(step) + 0.5) / (Float(Int(length)) + 1)
            let share = opacity * min(1, 4 * along * (1 - along) + 0.2)
            for column in Int(x - Float(step) * slant)..<Int(x - Float(step) * slant) + width
            where column >= 0 && column < canvas.width {
                let index = row * canvas.width + column
                if canvas.channels == 3 {
                    for channel in 0..<3 { canvas.blend(index * 3 + channel, colour[channel] * 64, share) }
                } else {
                    canvas.blend(index, Float(canvas.samples[index]) - 60, share * 2)
                }
            }
        }
    }
}
