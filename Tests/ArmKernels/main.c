#include <stdio.h>
#include <string.h>

#include "check.h"
#include "checks.h"
#include "variants.h"

// Compares the kernels for 64-bit ARM with the portable ones: ArmKernels [generic | neon | neondot], the argument being
// the set for products of bytes that must be the best one here. Kernels that are not listed have one form for this
// architecture, which is compiled with NEON and fused multiplications anyway.

static const char *name_of(ck_byte_set set) {
    return set == CK_BYTES_NEONDOT ? "neondot" : set == CK_BYTES_NEON ? "neon" : "generic";
}

int main(int count, char **arguments) {
    const char *best = name_of(ck_byte_best_set());
    printf("products: %s, bytes: %s\n", ck_processor_set() == CK_SET_NEON ? "neon" : "generic", best);
    begin("choice of sets", 0);
    // Panels of both sets are laid out alike, so that they can be compared.
    expect(ck_panel_width() == 8);
    expect(ck_has_fast_products() == (strcmp(best, "generic") != 0));
    if (count > 1) expect(strcmp(best, arguments[1]) == 0);
    end();
    check_packing();
    check_products();
    check_layer_norm();
    check_attention();
    check_winograd();
    const ck_byte_set sets[] = {CK_BYTES_NEON, CK_BYTES_NEONDOT};
    for (size_t i = 0; i < 2; i++) {
        if (!ck_byte_has_set(sets[i])) continue;
        check_bytes(sets[i], name_of(sets[i]));
        check_byte_attention(sets[i], name_of(sets[i]));
    }
    if (failures()) printf("%d kernels differ\n", failures());
    return failures() ? 1 : 0;
}
