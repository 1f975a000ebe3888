#include "CLibAV.h"

int mon_rtsp_verifies(void) {
    const AVInputFormat *format = av_find_input_format("rtsp");
    if (format == NULL || format->priv_class == NULL) return 0;
    return av_opt_find((void *)&format->priv_class, "tls_verify", NULL, 0, AV_OPT_SEARCH_FAKE_OBJ) != NULL;
}

int mon_io_open_verified(AVFormatContext *context, AVIOContext **io, const char *url, int flags, AVDictionary **options) {
    AVDictionary *none = NULL;
    if (options == NULL) options = &none;
    av_dict_set(options, "tls_verify", "1", 0);
    if (context->opaque != NULL) av_dict_set(options, "ca_file", context->opaque, 0);
    if (context->protocol_whitelist != NULL) {
        av_dict_set(options, "protocol_whitelist", context->protocol_whitelist, 0);
    }
    int result = avio_open2(io, url, flags, &context->interrupt_callback, options);
    av_dict_free(&none);
    return result;
}
