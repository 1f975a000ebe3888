/// Tells pictures that show what the camera saw from pictures that a decoder guessed from missing ones.
///
/// Most pictures are coded as changes of others. Before the first picture that stands alone, and after a damaged one,
/// everything may be guessed, though libav only says so for the damaged one.
struct TrustGate {
    /// Whether pictures of this codec always stand alone.
    let standsAlone: Bool
    /// Pictures left until damage is taken for healed: some cameras send no picture that stands alone but refresh a strip
    /// of each.
    private var untrusted = Int.max
    private let healing: Int

    /// - Parameter healing: pictures after which damage is healed without one that stands alone.
    init(standsAlone: Bool, healing: Int) {
        self.standsAlone = standsAlone
        self.healing = healing
    }

    /// Whether the next picture may be handed out.
    mutating func admits(isKey: Bool, isDamaged: Bool) -> Bool {
        if standsAlone { return !isDamaged }
        if isDamaged {
            noteDamage()
            return false
        }
        if isKey { untrusted = 0 }
        guard untrusted > 0 else { return true }
        if untrusted != .max { untrusted -= 1 }
        return false
    }

    /// A packet was lost or could not be decoded.
    mutating func noteDamage() {
        if untrusted != .max { untrusted = healing }
    }
}
