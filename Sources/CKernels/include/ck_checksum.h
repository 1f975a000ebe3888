#ifndef CK_CHECKSUM_H
#define CK_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/// SHA-256 (FIPS 180-4) over a stream of bytes.
typedef struct {
    uint32_t state[8];
    uint64_t length;
    uint8_t block[64];
} ck_sha256;

void ck_sha256_start(ck_sha256 *hash);
void ck_sha256_add(ck_sha256 *hash, const void *bytes, size_t count);
/// Writes the 32 bytes of the digest; the hash must be started again before further use.
void ck_sha256_finish(ck_sha256 *hash, uint8_t *digest);

/// CRC-32 of zip archives (IEEE 802.3, reflected).
uint32_t ck_crc32(const void *bytes, size_t count);

#endif
