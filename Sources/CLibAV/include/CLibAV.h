#ifndef CLIBAV_H
#define CLIBAV_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/display.h>
#include <libavutil/hwcontext.h>
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

// Swift cannot import these macros.
static const int64_t mon_AV_NOPTS_VALUE = AV_NOPTS_VALUE;
static const int32_t mon_AVERROR_EOF = AVERROR_EOF;
static const int32_t mon_AVERROR_EXIT = AVERROR_EXIT;
static const int32_t mon_AVERROR_EAGAIN = AVERROR(EAGAIN);
static const int32_t mon_AVERROR_INVALIDDATA = AVERROR_INVALIDDATA;
static const int32_t mon_AVERROR_STREAM_NOT_FOUND = AVERROR_STREAM_NOT_FOUND;
static const int32_t mon_AVERROR_PROTOCOL_NOT_FOUND = AVERROR_PROTOCOL_NOT_FOUND;
static const int32_t mon_AVERROR_HTTP_UNAUTHORIZED = AVERROR_HTTP_UNAUTHORIZED;
static const int32_t mon_AVERROR_HTTP_FORBIDDEN = AVERROR_HTTP_FORBIDDEN;
static const int32_t mon_AVERROR_HTTP_NOT_FOUND = AVERROR_HTTP_NOT_FOUND;
static inline int32_t mon_AVERROR(int32_t error) { return AVERROR(error); }

/// Loads the libraries, which otherwise the first call of one of their functions does: for processes that soon may not open
/// files any more. Where they are missing, the process ends with a line on standard error.
void mon_av_load(void);

/// Whether the RTSP reader can check certificates.
int mon_rtsp_verifies(void);

/// For `AVFormatContext.io_open`: whatever a playlist names is opened with its certificate checked, by the authorities of
/// the file whose path is in the context's `opaque`, or the system's when that is NULL.
int mon_io_open_verified(AVFormatContext *context, AVIOContext **io, const char *url, int flags, AVDictionary **options);

/// Receives one complete libav message; `level` is an AV_LOG_* value.
typedef void (*mon_av_log_sink)(int level, const char *message);

/// Routes libav's log to `sink`; messages above `max_level` are dropped. NULL silences the log, as at the start.
void mon_av_log_set(mon_av_log_sink sink, int max_level);

#endif
