import ArgumentParser

/// When output is coloured.
enum ColorChoice: String, ExpressibleByArgument, CaseIterable {
    case auto, always, never
}

/// How text for people looks.
struct DisplayOptions: ParsableArguments {
    @Option(help: "Colours: auto (on a terminal, without NO_COLOR and not when TERM is dumb), always or never.")
    var color = ColorChoice.auto

    var palette: Palette { Palette(color) }
}

/// Colours of a terminal's own palette, or none.
struct Palette {
    enum Ink: String {
        case title = "1"
        case quiet = "2"
        case bad = "31"
        case good = "32"
        case warning = "33"
        case link = "36"
    }

    let isOn: Bool

    init(_ choice: ColorChoice) {
        isOn =
            switch choice {
            case .always: true
            case .never: false
            case .auto:
                Terminal.outputIsTerminal && Terminal.environment("NO_COLOR").isEmpty
                    && !["", "dumb"].contains(Terminal.environment("TERM"))
            }
    }

    /// The text in this ink; nil leaves it as it is.
    func callAsFunction(_ text: String, _ ink: Ink?) -> String {
        guard isOn, let ink, !text.isEmpty else { return text }
        return "\u{1B}[\(ink.rawValue)m\(text)\u{1B}[0m"
    }
}
