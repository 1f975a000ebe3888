enum ObjectAnomalyPlaceholder {}
