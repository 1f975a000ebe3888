#ifndef CVIDEODEVICE_H
#define CVIDEODEVICE_H

#include <stdint.h>

/// What Video4Linux is asked and answers, for one device that captures; Swift cannot import the macros of ioctl.
/// Functions return 0, or the errno of what failed.

/// A format of pictures.
struct mon_video_format {
    uint32_t code;
    uint32_t width;
    uint32_t height;
    /// From the start of one row to the next; 0 for compressed pictures.
    uint32_t bytes_per_row;
    /// Of the largest picture.
    uint32_t size;
};

/// A buffer that holds a picture.
struct mon_video_buffer {
    uint32_t index;
    uint32_t used;
    uint32_t sequence;
    /// Whether the driver says that something is wrong with it.
    int is_damaged;
    /// Whether `nanoseconds` are of the monotonic clock.
    int is_monotonic;
    int64_t nanoseconds;
};

/// The code of a format's big-endian variant.
uint32_t mon_video_big_endian(uint32_t code);

/// Opens without blocking.
int mon_video_open(const char *path, int *device);
/// ENOTTY or ENODEV for what is no capturing, streaming device.
int mon_video_check(int device);
/// The format with number `index`; EINVAL behind the last.
int mon_video_offered(int device, uint32_t index, uint32_t *code);
int mon_video_get_format(int device, struct mon_video_format *format);
/// The driver may choose something near; what it chose is in `format` afterwards.
int mon_video_set_format(int device, struct mon_video_format *format);
/// Pictures per second as seconds per `denominator` pictures; the driver may choose something near.
int mon_video_set_interval(int device, uint32_t *numerator, uint32_t *denominator);
/// Zeros when the driver does not say.
int mon_video_get_interval(int device, uint32_t *numerator, uint32_t *denominator);
/// Asks for `count` buffers; how many there are is in `count` afterwards.
int mon_video_buffers(int device, uint32_t *count);
int mon_video_map(int device, uint32_t index, void **memory, uint64_t *size);
int mon_video_unmap(void *memory, uint64_t size);
int mon_video_queue(int device, uint32_t index);
/// EAGAIN when no picture is there.
int mon_video_dequeue(int device, struct mon_video_buffer *buffer);
int mon_video_start(int device);
int mon_video_stop(int device);
/// 1 when a picture may be there, 0 when `milliseconds` passed, -errno.
int mon_video_wait(int device, int milliseconds);
void mon_video_close(int device);

#endif
