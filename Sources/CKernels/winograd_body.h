// The transforms of Winograd's F(4x4, 3x3) (Lavin & Gray 2016), vectors of channels at a time, compiled once per
// instruction set.

typedef float CK_NAME(channels) __attribute__((ext_vector_type(CK_WIDE), aligned(4)));

// One column of six inputs.
static inline __attribute__((always_inline)) void CK_NAME(spread)(
    const CK_NAME(channels) * in, size_t step, CK_NAME(channels) * out, size_t out_step) {
    CK_NAME(channels) x0 = in[0], x1 = in[step], x2 = in[2 * step], x3 = in[3 * step], x4 = in[4 * step];
    CK_NAME(channels) x5 = in[5 * step];
    CK_NAME(channels) even = x4 - 4.0f * x2, odd = x3 - 4.0f * x1;
    CK_NAME(channels) half = x4 - x2, twice = 2.0f * (x3 - x1);
    out[0] = 4.0f * x0 - 5.0f * x2 + x4;
    out[out_step] = even + odd;
    out[2 * out_step] = even - odd;
    out[3 * out_step] = half + twice;
    out[4 * out_step] = half - twice;
    out[5 * out_step] = 4.0f * x1 - 5.0f * x3 + x5;
}

// One column of six products to four outputs.
static inline __attribute__((always_inline)) void CK_NAME(gather)(
    const CK_NAME(channels) * in, size_t step, CK_NAME(channels) * out, size_t out_step) {
    CK_NAME(channels) m0 = in[0], m1 = in[step], m2 = in[2 * step], m3 = in[3 * step], m4 = in[4 * step];
    CK_NAME(channels) m5 = in[5 * step];
    CK_NAME(channels) s1 = m1 + m2, d1 = m1 - m2, s2 = m3 + m4, d2 = m3 - m4;
    out[0] = m0 + s1 + s2;
    out[out_step] = d1 + 2.0f * d2;
    out[2 * out_step] = s1 + 4.0f * s2;
    out[3 * out_step] = d1 + 8.0f * d2 + m5;
}

void CK_NAME(ck_winograd_input)(
    const float *framed, size_t framed_width, size_t channels, size_t tiles_per_row, size_t first, size_t count,
    float *spectra) {
    for (size_t tile = 0; tile < count; tile++) {
        size_t top = (first + tile) / tiles_per_row * 4, left = (first + tile) % tiles_per_row * 4;
        for (size_t c = 0; c < channels; c += CK_WIDE) {
            CK_NAME(channels) values[36], columns[36], spectrum[36];
            for (size_t y = 0; y < 6; y++)
                for (size_t x = 0; x < 6; x++)
                    values[6 * y + x] = *(const CK_NAME(channels) *)(framed + ((top + y) * framed_width + left + x) *
                                                                                  channels + c);
            for (size_t x = 0; x < 6; x++) CK_NAME(spread)(values + x, 6, columns + x, 6);
            for (size_t y = 0; y < 6; y++) CK_NAME(spread)(columns + 6 * y, 1, spectrum + 6 * y, 1);
            for (size_t i = 0; i < 36; i++)
                *(CK_NAME(channels) *)(spectra + (i * count + tile) * channels + c) = spectrum[i];
        }
    }
}

void CK_NAME(ck_winograd_output)(
    const float *spectra, const float *bias, const float *residual, int activation, size_t height, size_t width,
    size_t channels, size_t tiles_per_row, size_t first, size_t count, float *output) {
    for (size_t tile = 0; tile < count; tile++) {
        size_t top = (first + tile) / tiles_per_row * 4, left = (first + tile) % tiles_per_row * 4;
        size_t rows = height - top < 4 ? height - top : 4, columns = width - left < 4 ? width - left : 4;
        for (size_t c = 0; c < channels; c += CK_WIDE) {
            CK_NAME(channels) spectrum[36], partial[24], values[16];
            for (size_t i = 0; i < 36; i++)
                spectrum[i] = *(const CK_NAME(channels) *)(spectra + (i * count + tile) * channels + c);
            for (size_t x = 0; x < 6; x++) CK_NAME(gather)(spectrum + x, 6, partial + x, 6);
            for (size_t y = 0; y < 4; y++) CK_NAME(gather)(partial + 6 * y, 1, values + 4 * y, 1);
            CK_NAME(channels) offset = 0.0f, zero = 0.0f;
            if (bias) offset = *(const CK_NAME(channels) *)(bias + c);
            for (size_t y = 0; y < rows; y++)
                for (size_t x = 0; x < columns; x++) {
                    size_t place = ((top + y) * width + left + x) * channels + c;
                    CK_NAME(channels) value = values[4 * y + x] + offset;
                    if (residual) value += *(const CK_NAME(channels) *)(residual + place);
                    if (activation == CK_RELU) value = __builtin_elementwise_max(value, zero);
                    *(CK_NAME(channels) *)(output + place) = value;
                }
        }
    }
}
