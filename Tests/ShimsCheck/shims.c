// Calls every function of the C shims once with sensible and once with foolish arguments, under the sanitizer of undefined
// behaviour, which Swift lacks. Ends with 0 when nothing was found.
#include "CLibAV.h"
#include "CVideoDevice.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int lines;

static void count_line(int level, const char *message) {
    assert(level <= AV_LOG_WARNING && strlen(message) < 2000);
    lines++;
}

static void check_log(void) {
    static char longest[5000];
    memset(longest, 'x', sizeof longest - 1);
    av_log(NULL, AV_LOG_ERROR, "nobody listens\n");
    mon_av_log_set(count_line, AV_LOG_WARNING);
    av_log(NULL, AV_LOG_ERROR, "%s\n", longest);
    av_log(NULL, AV_LOG_WARNING, "%d%%\n", -1);
    av_log(NULL, AV_LOG_DEBUG, "too little\n");
    mon_av_log_set(NULL, AV_LOG_QUIET);
    av_log(NULL, AV_LOG_ERROR, "nobody listens any more\n");
    assert(lines == 2);
}

static void check_network(const char *self) {
    (void)mon_rtsp_verifies();
    char authorities[] = "/dev/null";
    for (int turn = 0; turn < 4; turn++) {
        AVFormatContext *context = avformat_alloc_context();
        context->opaque = turn & 1 ? authorities : NULL;
        if (turn & 2) context->protocol_whitelist = av_strdup("https,tls,tcp");
        AVIOContext *io = NULL;
        AVDictionary *options = NULL;
        int result = mon_io_open_verified(context, &io, self, AVIO_FLAG_READ, turn == 1 ? NULL : &options);
        // A list that does not name files must keep them closed.
        assert(turn & 2 ? result < 0 : result >= 0);
        avio_closep(&io);
        av_dict_free(&options);
        avformat_free_context(context);
    }
}

static void check_device(void) {
    int device = -1;
    assert(mon_video_open("/nowhere/video0", &device) == ENOENT);
    assert(mon_video_open("/dev/null", &device) == 0);
    struct mon_video_format format = {.code = UINT32_MAX, .width = UINT32_MAX, .height = UINT32_MAX};
    struct mon_video_buffer buffer = {0};
    uint32_t first = UINT32_MAX, second = UINT32_MAX;
    void *memory = NULL;
    uint64_t size = 0;
    assert(mon_video_check(device) == ENOTTY && mon_video_offered(device, UINT32_MAX, &first) == ENOTTY);
    assert(mon_video_get_format(device, &format) == ENOTTY && mon_video_set_format(device, &format) == ENOTTY);
    assert(mon_video_set_interval(device, &first, &second) == ENOTTY);
    assert(mon_video_get_interval(device, &first, &second) == ENOTTY);
    assert(mon_video_buffers(device, &first) == ENOTTY && mon_video_map(device, 7, &memory, &size) == ENOTTY);
    assert(mon_video_queue(device, UINT32_MAX) == ENOTTY && mon_video_dequeue(device, &buffer) == ENOTTY);
    assert(mon_video_start(device) == ENOTTY && mon_video_stop(device) == ENOTTY);
    assert(mon_video_wait(device, 1) >= 0);
    assert(mon_video_big_endian('Y' | '1' << 8 | '6' << 16 | (uint32_t)' ' << 24) == 0xA0363159);
    mon_video_close(device);
    assert(mon_video_check(device) == EBADF && mon_video_wait(-1, 1) <= 0);
    assert(mon_video_unmap((void *)1, 4096) == EINVAL);
}

int main(int count, char **arguments) {
    assert(count == 1);
    check_log();
    check_network(arguments[0]);
    check_device();
    puts("the C shims: no undefined behaviour found");
}
