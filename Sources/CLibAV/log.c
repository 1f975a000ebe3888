#include "CLibAV.h"
#include "load.h"

#include <stdarg.h>
#include <stdatomic.h>

static _Atomic(mon_av_log_sink) current_sink;
static atomic_int current_level;

static void forward(void *context, int level, const char *format, va_list arguments) {
    mon_av_log_sink sink = atomic_load(&current_sink);
    if (sink == NULL || level > atomic_load(&current_level)) return;
    char line[1024];
    int prefix = 1;
    av_log_format_line2(context, level, format, arguments, line, sizeof line, &prefix);
    sink(level, line);
}

// A library must not write to standard error of its own accord: silent until somebody asks.
void mon_av_log_catch(void) { av_log_set_callback(forward); }

void mon_av_log_set(mon_av_log_sink sink, int max_level) {
    atomic_store(&current_sink, sink);
    atomic_store(&current_level, max_level);
}
