// For what happens when the libraries are loaded.
#ifndef LOAD_H
#define LOAD_H

// Takes over libav's log.
void mon_av_log_catch(void);

#endif
