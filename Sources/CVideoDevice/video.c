#include "CVideoDevice.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static int control(int device, unsigned long request, void *argument) {
    int result;
    do result = ioctl(device, request, argument);
    while (result < 0 && errno == EINTR);
    return result < 0 ? errno : 0;
}

uint32_t mon_video_big_endian(uint32_t code) { return code | 1U << 31; }

int mon_video_open(const char *path, int *device) {
    *device = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    return *device < 0 ? errno : 0;
}

int mon_video_check(int device) {
    struct v4l2_capability capability = {0};
    int error = control(device, VIDIOC_QUERYCAP, &capability);
    if (error) return error;
    uint32_t can = capability.capabilities & V4L2_CAP_DEVICE_CAPS ? capability.device_caps : capability.capabilities;
    return can & V4L2_CAP_VIDEO_CAPTURE && can & V4L2_CAP_STREAMING ? 0 : ENOTTY;
}

int mon_video_offered(int device, uint32_t index, uint32_t *code) {
    struct v4l2_fmtdesc description = {.index = index, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    int error = control(device, VIDIOC_ENUM_FMT, &description);
    *code = description.pixelformat;
    return error;
}

static void take(const struct v4l2_format *format, struct mon_video_format *result) {
    result->code = format->fmt.pix.pixelformat;
    result->width = format->fmt.pix.width;
    result->height = format->fmt.pix.height;
    result->bytes_per_row = format->fmt.pix.bytesperline;
    result->size = format->fmt.pix.sizeimage;
}

int mon_video_get_format(int device, struct mon_video_format *result) {
    struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    int error = control(device, VIDIOC_G_FMT, &format);
    if (!error) take(&format, result);
    return error;
}

int mon_video_set_format(int device, struct mon_video_format *wanted) {
    struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    format.fmt.pix.pixelformat = wanted->code;
    format.fmt.pix.width = wanted->width;
    format.fmt.pix.height = wanted->height;
    format.fmt.pix.field = V4L2_FIELD_ANY;
    int error = control(device, VIDIOC_S_FMT, &format);
    if (!error) take(&format, wanted);
    return error;
}

int mon_video_set_interval(int device, uint32_t *numerator, uint32_t *denominator) {
    struct v4l2_streamparm parameters = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    parameters.parm.capture.timeperframe.numerator = *numerator;
    parameters.parm.capture.timeperframe.denominator = *denominator;
    int error = control(device, VIDIOC_S_PARM, &parameters);
    *numerator = parameters.parm.capture.timeperframe.numerator;
    *denominator = parameters.parm.capture.timeperframe.denominator;
    return error;
}

int mon_video_get_interval(int device, uint32_t *numerator, uint32_t *denominator) {
    struct v4l2_streamparm parameters = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    int error = control(device, VIDIOC_G_PARM, &parameters);
    *numerator = parameters.parm.capture.timeperframe.numerator;
    *denominator = parameters.parm.capture.timeperframe.denominator;
    return error;
}

int mon_video_buffers(int device, uint32_t *count) {
    struct v4l2_requestbuffers request = {
        .count = *count, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
    int error = control(device, VIDIOC_REQBUFS, &request);
    *count = request.count;
    return error;
}

static struct v4l2_buffer buffer_of(uint32_t index) {
    struct v4l2_buffer buffer;
    memset(&buffer, 0, sizeof buffer);
    buffer.index = index;
    buffer.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    buffer.memory = V4L2_MEMORY_MMAP;
    return buffer;
}

int mon_video_map(int device, uint32_t index, void **memory, uint64_t *size) {
    struct v4l2_buffer buffer = buffer_of(index);
    int error = control(device, VIDIOC_QUERYBUF, &buffer);
    if (error) return error;
    *memory = mmap(NULL, buffer.length, PROT_READ, MAP_SHARED, device, buffer.m.offset);
    *size = buffer.length;
    return *memory == MAP_FAILED ? errno : 0;
}

int mon_video_unmap(void *memory, uint64_t size) { return munmap(memory, size) ? errno : 0; }

int mon_video_queue(int device, uint32_t index) {
    struct v4l2_buffer buffer = buffer_of(index);
    return control(device, VIDIOC_QBUF, &buffer);
}

int mon_video_dequeue(int device, struct mon_video_buffer *result) {
    struct v4l2_buffer buffer = buffer_of(0);
    int error = control(device, VIDIOC_DQBUF, &buffer);
    if (error) return error;
    result->index = buffer.index;
    result->used = buffer.bytesused;
    result->sequence = buffer.sequence;
    result->is_damaged = (buffer.flags & V4L2_BUF_FLAG_ERROR) != 0;
    result->is_monotonic = (buffer.flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) == V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
    result->nanoseconds = (int64_t)buffer.timestamp.tv_sec * 1000000000 + (int64_t)buffer.timestamp.tv_usec * 1000;
    return 0;
}

int mon_video_start(int device) {
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    return control(device, VIDIOC_STREAMON, &type);
}

int mon_video_stop(int device) {
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    return control(device, VIDIOC_STREAMOFF, &type);
}

int mon_video_wait(int device, int milliseconds) {
    struct pollfd wait = {.fd = device, .events = POLLIN};
    int result = poll(&wait, 1, milliseconds);
    if (result < 0) return errno == EINTR ? 0 : -errno;
    // What is unplugged says so when it is asked for a picture.
    return result > 0;
}

void mon_video_close(int device) { close(device); }
