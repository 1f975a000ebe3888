/// A level camera above flat ground: where metres become pixels.
///
/// A point on the ground at depth `z` metres appears `focal · height / z` pixels below the horizon.
struct SceneCamera {
    let width: Int
    let height: Int
    /// Row of the horizon in pixels; negative when it lies above the picture.
    let horizon: Float
    /// Metres above the ground.
    let mountHeight: Float
    /// Focal length in pixels.
    let focal: Float

    /// Pixels per metre for things that stand on `row`.
    func scale(row: Float) -> Float { max(row - horizon, 1) / mountHeight }

    /// Metres from the camera of the ground seen on `row`.
    func depth(row: Float) -> Float { focal * mountHeight / max(row - horizon, 1) }

    func row(depth: Float) -> Float { horizon + focal * mountHeight / depth }

    /// The pixel of a ground point, `x` metres right of the middle and `z` metres away.
    func project(x: Float, z: Float) -> (x: Float, y: Float, scale: Float) {
        let y = row(depth: z)
        let scale = scale(row: y)
        return (Float(width) / 2 + x * scale, y, scale)
    }

    /// Half the width of the view in metres at a depth.
    func halfWidth(depth: Float) -> Float { Float(width) / 2 / scale(row: row(depth: depth)) }
}
