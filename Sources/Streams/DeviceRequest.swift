/// What a video device of this machine is asked for; nil leaves it to the driver.
public struct DeviceRequest: Sendable, Hashable, Codable {
    /// Formats of a device's pictures that are understood.
    public enum Format: String, Sendable, Codable, CaseIterable {
        case yuyv
        case uyvy
        case mjpeg
        case grey
        /// Ten, twelve and sixteen bits in two bytes, low byte first.
        case y10
        case y12
        case y16
        /// Sixteen bits, high byte first.
        case y16be = "y16_be"
    }

    public var format: Format?
    /// In pixels.
    public var width: Int?
    public var height: Int?
    public var framesPerSecond: Double?

    public init() {}
}
