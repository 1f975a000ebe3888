/// Where a thing stands, and how its metres become pixels.
struct Placement {
    let column: Float
    let row: Float
    let scale: Float
    /// 1 to the right, -1 to the left.
    let facing: Float

    init(camera: SceneCamera, column: Float, row: Float, facing: Float) {
        self.column = column
        self.row = row
        self.scale = camera.scale(row: row)
        self.facing = facing
    }

    /// Paints shadow and parts. `shadow` is the slope of `Backdrop.shadowSlope`.
    func paint(
        _ parts: [Part], on canvas: Canvas, owner: UInt8, shadow: SIMD2<Float>, strength: Float, softness: Float,
        lifted: Float = 0
    ) {
        let radius = SIMD2(scale, scale)
        if canvas.channels == 3 {
            canvas.castShadow(
                parts.map { part in
                    part.outline.mapped(radius: radius * SIMD2(0.8, 0.35)) { point in
                        let height = (point.y + lifted) * self.scale
                        return SIMD2(
                            self.column + point.x * self.facing * self.scale + height * shadow.x,
                            self.row - height * shadow.y)
                    }
                }, strength: strength, softness: 2 + scale * 0.05)
        }
        for part in parts {
            let outline = part.outline.mapped(radius: radius) { point in
                SIMD2(self.column + point.x * self.facing * self.scale, self.row - (point.y + lifted) * self.scale)
            }
            canvas.paint(Part(outline, part.paint), owner: owner, metre: scale, softness: softness)
        }
    }
}
