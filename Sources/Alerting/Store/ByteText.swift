/// Amounts of bytes for people.
public enum ByteText {
    /// Three digits and a unit: `512 bytes`, `1.50 MiB`.
    public static func of(_ bytes: Int64) -> String {
        let units = ["KiB", "MiB", "GiB", "TiB"]
        guard bytes.magnitude >= 1024 else { return "\(bytes) bytes" }
        var value = Double(bytes) / 1024
        var unit = 0
        while value.magnitude >= 1000, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        let digits = value.magnitude < 10 ? 100.0 : value.magnitude < 100 ? 10 : 1
        let rounded = (value * digits).rounded() / digits
        return (digits == 1 ? "\(Int(rounded))" : "\(rounded)") + " \(units[unit])"
    }
}
