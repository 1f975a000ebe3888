enum PixelAnomalyPlaceholder {}
