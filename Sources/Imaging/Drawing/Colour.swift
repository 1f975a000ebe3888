/// A colour of 8-bit red, green and blue.
public struct Colour: Hashable, Sendable {
    public let red: UInt8
    public let green: UInt8
    public let blue: UInt8

    public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    public static let white = Colour(255, 255, 255)
    public static let black = Colour(0, 0, 0)
    /// For objects that are unknown.
    public static let alarm = Colour(255, 69, 58)
    /// For anomalous pixels without an object.
    public static let notice = Colour(255, 179, 0)

    /// A ramp of rising lightness from dark violet over red and orange to light yellow, for heat maps: `value` in
    /// [0, 1]. Lightness rises evenly, so it also reads in gray and for colour-blind people.
    public static func heat(_ value: Float) -> Colour {
        let position = min(max(value, 0), 1) * Float(stops.count - 1)
        let index = min(Int(position), stops.count - 2)
        let share = position - Float(index)
        func mix(_ part: KeyPath<Colour, UInt8>) -> UInt8 {
            let (from, to) = (Float(stops[index][keyPath: part]), Float(stops[index + 1][keyPath: part]))
            return UInt8((from + (to - from) * share).rounded())
        }
        return Colour(mix(\.red), mix(\.green), mix(\.blue))
    }

    private static let stops = [
        Colour(48, 12, 88), Colour(112, 20, 110), Colour(172, 38, 92), Colour(222, 68, 56), Colour(248, 122, 24),
        Colour(252, 186, 52), Colour(250, 248, 162),
    ]
}
