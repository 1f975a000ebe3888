// The transforms of Winograd's F(4x4, 3x3) and F(2x2, 3x3), vectors of channels at a time, compiled once per instruction
// set. `side` is a constant wherever these functions are inlined.

#define CK_MOST 36

typedef float CK_NAME(channels) __attribute__((ext_vector_type(CK_WIDE), aligned(4)));

// One column of side + 2 inputs.
static inline __attribute__((always_inline)) void CK_NAME(spread)(
    const int side, const CK_NAME(channels) * in, size_t step, CK_NAME(channels) * out, size_t out_step) {
    if (side == 2) {
        CK_NAME(channels) x0 = in[0], x1 = in[step], x2 = in[2 * step], x3 = in[3 * step];
        out[0] = x0 - x2;
        out[out_step] = x1 + x2;
        out[2 * out_step] = x2 - x1;
        out[3 * out_step] = x1 - x3;
        return;
    }
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

// One column of side + 2 products to `side` outputs.
static inline __attribute__((always_inline)) void CK_NAME(gather)(
    const int side, const CK_NAME(channels) * in, size_t step, CK_NAME(channels) * out, size_t out_step) {
    if (side == 2) {
        CK_NAME(channels) m0 = in[0], m1 = in[step], m2 = in[2 * step], m3 = in[3 * step];
        out[0] = m0 + m1 + m2;
        out[out_step] = m1 - m2 - m3;
        return;
    }
    CK_NAME(channels) m0 = in[0], m1 = in[step], m2 = in[2 * step], m3 = in[3 * step], m4 = in[4 * step];
    CK_NAME(channels) m5 = in[5 * step];
    CK_NAME(channels) s1 = m1 + m2, d1 = m1 - m2, s2 = m3 + m4, d2 = m3 - m4;
    out[0] = m0 + s1 + s2;
    out[out_step] = d1 + 2.0f * d2;
    out[2 * out_step] = s1 + 4.0f * s2;
    out[3 * out_step] = d1 + 8.0f * d2 + m5;
}

// One tile's inputs, whose first pixel (top, left) may lie beyond the edges.
static inline __attribute__((always_inline)) void CK_NAME(transform_input)(
    const int side, const ck_winograd_tiles *tiles, const float *image, size_t channels, ptrdiff_t top, ptrdiff_t left,
    const int is_inside, float *spectra) {
    const int extent = side + 2;
    const ptrdiff_t height = (ptrdiff_t)tiles->height, width = (ptrdiff_t)tiles->width;
    const float *corner = image + (top * width + left) * (ptrdiff_t)channels;
    for (size_t c = 0; c < channels; c += CK_WIDE) {
        CK_NAME(channels) values[CK_MOST], columns[CK_MOST], spectrum[CK_MOST];
        for (int y = 0; y < extent; y++)
            for (int x = 0; x < extent; x++) {
                if (is_inside || (top + y >= 0 && top + y < height && left + x >= 0 && left + x < width))
                    values[extent * y + x] =
                        *(const CK_NAME(channels) *)(corner + (y * width + x) * (ptrdiff_t)channels + c);
                else
                    values[extent * y + x] = 0.0f;
            }
        for (int x = 0; x < extent; x++) CK_NAME(spread)(side, values + x, extent, columns + x, extent);
        for (int y = 0; y < extent; y++)
            CK_NAME(spread)(side, columns + extent * y, 1, spectrum + extent * y, 1);
        for (int i = 0; i < extent * extent; i++)
            *(CK_NAME(channels) *)(spectra + (size_t)i * tiles->count * channels + c) = spectrum[i];
    }
}

static inline __attribute__((always_inline)) void CK_NAME(transform_inputs)(
    const int side, const ck_winograd_tiles *tiles, const float *image, size_t channels, float *spectra) {
    for (size_t tile = 0; tile < tiles->count; tile++) {
        ptrdiff_t top = (ptrdiff_t)((tiles->first + tile) / tiles->tiles_per_row) * side - 1;
        ptrdiff_t left = (ptrdiff_t)((tiles->first + tile) % tiles->tiles_per_row) * side - 1;
        int is_inside = top >= 0 && left >= 0 && top + side + 2 <= (ptrdiff_t)tiles->height &&
                        left + side + 2 <= (ptrdiff_t)tiles->width;
        float *place = spectra + tile * channels;
        if (is_inside)
            CK_NAME(transform_input)(side, tiles, image, channels, top, left, 1, place);
        else
            CK_NAME(transform_input)(side, tiles, image, channels, top, left, 0, place);
    }
}

void CK_NAME(ck_winograd_input)(const ck_winograd_tiles *tiles, const float *image, size_t channels, float *spectra) {
    if (tiles->side == 2)
        CK_NAME(transform_inputs)(2, tiles, image, channels, spectra);
    else
        CK_NAME(transform_inputs)(4, tiles, image, channels, spectra);
}

static inline __attribute__((always_inline)) void CK_NAME(transform_outputs)(
    const int side, const ck_winograd_tiles *tiles, const float *spectra, const float *bias, const float *residual,
    int activation, size_t channels, float *output) {
    const int extent = side + 2;
    for (size_t tile = 0; tile < tiles->count; tile++) {
        size_t top = (tiles->first + tile) / tiles->tiles_per_row * (size_t)side;
        size_t left = (tiles->first + tile) % tiles->tiles_per_row * (size_t)side;
        size_t rows = tiles->height - top < (size_t)side ? tiles->height - top : (size_t)side;
        size_t columns = tiles->width - left < (size_t)side ? tiles->width - left : (size_t)side;
        for (size_t c = 0; c < channels; c += CK_WIDE) {
            CK_NAME(channels) spectrum[CK_MOST], partial[CK_MOST], values[16];
            for (int i = 0; i < extent * extent; i++)
                spectrum[i] =
                    *(const CK_NAME(channels) *)(spectra + ((size_t)i * tiles->count + tile) * channels + c);
            for (int x = 0; x < extent; x++) CK_NAME(gather)(side, spectrum + x, extent, partial + x, extent);
            for (int y = 0; y < side; y++) CK_NAME(gather)(side, partial + extent * y, 1, values + side * y, 1);
            CK_NAME(channels) offset = 0.0f, zero = 0.0f;
            if (bias) offset = *(const CK_NAME(channels) *)(bias + c);
            for (size_t y = 0; y < rows; y++)
                for (size_t x = 0; x < columns; x++) {
                    size_t place = ((top + y) * tiles->width + left + x) * channels + c;
                    CK_NAME(channels) value = values[(size_t)side * y + x] + offset;
                    if (residual) value += *(const CK_NAME(channels) *)(residual + place);
                    if (activation == CK_RELU) value = __builtin_elementwise_max(value, zero);
                    *(CK_NAME(channels) *)(output + place) = value;
                }
        }
    }
}

void CK_NAME(ck_winograd_output)(
    const ck_winograd_tiles *tiles, const float *spectra, const float *bias, const float *residual, int activation,
    size_t channels, float *output) {
    if (tiles->side == 2)
        CK_NAME(transform_outputs)(2, tiles, spectra, bias, residual, activation, channels, output);
    else
        CK_NAME(transform_outputs)(4, tiles, spectra, bias, residual, activation, channels, output);
}
