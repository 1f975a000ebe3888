// The libraries of FFmpeg, loaded when the first of their functions is called.
//
// They bring some 130 others, which take the dynamic linker longer than most of what an operator asks of the monitor. So
// nothing is linked with them: each function that the monitor uses is a trampoline here, which jumps to the true one
// through a slot, and at first to `load`, which fills all slots. A function that is missing below does not link.
#include "CLibAV.h"
#include "load.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define FUNCTIONS(F) \
    F(av_buffer_ref) F(av_buffer_unref) F(av_d2q) F(av_dict_free) F(av_dict_set) F(av_find_best_stream) \
    F(av_find_input_format) F(av_frame_alloc) F(av_frame_copy_props) F(av_frame_free) F(av_frame_get_buffer) \
    F(av_frame_get_side_data) F(av_frame_make_writable) F(av_frame_move_ref) F(av_frame_unref) F(av_free) \
    F(av_hwdevice_ctx_create) F(av_hwdevice_get_type_name) F(av_hwframe_transfer_data) F(av_interleaved_write_frame) \
    F(av_log) F(av_log_format_line2) F(av_log_set_callback) F(av_new_packet) F(av_opt_find) F(av_opt_get) \
    F(av_opt_set) F(av_packet_alloc) F(av_packet_clone) F(av_packet_free) F(av_packet_get_side_data) \
    F(av_packet_rescale_ts) F(av_packet_unref) F(av_read_frame) F(av_rescale_q) F(av_stream_get_side_data) \
    F(av_strerror) F(av_write_trailer) F(avcodec_alloc_context3) F(avcodec_descriptor_get) F(avcodec_find_decoder) \
    F(avcodec_find_encoder) F(avcodec_find_encoder_by_name) F(avcodec_free_context) F(avcodec_get_name) \
    F(avcodec_open2) F(avcodec_parameters_alloc) F(avcodec_parameters_copy) F(avcodec_parameters_free) \
    F(avcodec_parameters_from_context) F(avcodec_parameters_to_context) F(avcodec_receive_frame) \
    F(avcodec_receive_packet) F(avcodec_send_frame) F(avcodec_send_packet) F(avformat_alloc_context) \
    F(avformat_alloc_output_context2) F(avformat_close_input) F(avformat_find_stream_info) F(avformat_free_context) \
    F(avformat_new_stream) F(avformat_open_input) F(avformat_write_header) F(avio_closep) F(avio_open) F(avio_open2) \
    F(avio_read_partial) F(sws_freeContext) F(sws_getCoefficients) F(sws_getContext) F(sws_scale) \
    F(sws_setColorspaceDetails)

// A slot and the name of what belongs into it, as the trampolines below lay them out.
struct slot {
    void *function;
    const char *name;
};

#define NAME_(name) #name
#define NAME(name) NAME_(name)
#define LIBRARY(name, version) "lib" name ".so." NAME(version)

#define DECLARE(name) extern struct slot mon_slot_##name;
#define POINT(name) &mon_slot_##name,
FUNCTIONS(DECLARE)
static struct slot *const slots[] = {FUNCTIONS(POINT)};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void *open_library(const char *name) {
    void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library != NULL) return library;
    fprintf(stderr, "cannot load a library of FFmpeg: %s; install the package that has %s\n", dlerror(), name);
    exit(69);    // EX_UNAVAILABLE
}

static void fill(void) {
    // The first brings those of the codecs and the utilities, among which dlsym looks, too.
    void *libraries[] = {
        open_library(LIBRARY("avformat", LIBAVFORMAT_VERSION_MAJOR)),
        open_library(LIBRARY("swscale", LIBSWSCALE_VERSION_MAJOR)),
    };
    for (size_t index = 0; index < sizeof slots / sizeof *slots; index++) {
        void *function = dlsym(libraries[0], slots[index]->name);
        if (function == NULL) function = dlsym(libraries[1], slots[index]->name);
        if (function == NULL) {
            fprintf(stderr, "the libraries of FFmpeg have no function %s; install the version that this was built for\n",
                slots[index]->name);
            exit(69);
        }
        __atomic_store_n(&slots[index]->function, function, __ATOMIC_RELEASE);
    }
    mon_av_log_catch();
}

void mon_av_load(void) { pthread_once(&once, fill); }

// For the trampolines: the function that belongs into the slot.
__attribute__((used, visibility("hidden"))) void *mon_av_find(struct slot *slot) {
    mon_av_load();
    return __atomic_load_n(&slot->function, __ATOMIC_ACQUIRE);
}

// Until a slot is filled it leads to code that keeps every register in which arguments may be, and gets it filled.
#if defined(__x86_64__)
#define TRAMPOLINE(name)                                                                                              \
    __asm__(                                                                                                          \
        ".data\n.balign 8\n.hidden mon_slot_" #name "\n.globl mon_slot_" #name "\nmon_slot_" #name ":\n"              \
        ".quad .Lfirst_" #name "\n.quad .Lname_" #name "\n"                                                           \
        ".section .rodata\n.Lname_" #name ": .asciz \"" #name "\"\n"                                                  \
        ".text\n.balign 16\n.globl " #name "\n.type " #name ", @function\n" #name ":\n"                               \
        "jmp *mon_slot_" #name "(%rip)\n"                                                                             \
        ".Lfirst_" #name ":\nleaq mon_slot_" #name "(%rip), %r11\njmp mon_av_first\n");

__asm__(
    ".text\n.balign 16\n.hidden mon_av_first\n.globl mon_av_first\n.type mon_av_first, @function\nmon_av_first:\n"
    "pushq %rbp\nmovq %rsp, %rbp\n"
    "pushq %rdi\npushq %rsi\npushq %rdx\npushq %rcx\npushq %r8\npushq %r9\npushq %rax\npushq %r10\n"
    "subq $128, %rsp\n"
    "movups %xmm0, (%rsp)\nmovups %xmm1, 16(%rsp)\nmovups %xmm2, 32(%rsp)\nmovups %xmm3, 48(%rsp)\n"
    "movups %xmm4, 64(%rsp)\nmovups %xmm5, 80(%rsp)\nmovups %xmm6, 96(%rsp)\nmovups %xmm7, 112(%rsp)\n"
    "movq %r11, %rdi\ncall mon_av_find\nmovq %rax, %r11\n"
    "movups (%rsp), %xmm0\nmovups 16(%rsp), %xmm1\nmovups 32(%rsp), %xmm2\nmovups 48(%rsp), %xmm3\n"
    "movups 64(%rsp), %xmm4\nmovups 80(%rsp), %xmm5\nmovups 96(%rsp), %xmm6\nmovups 112(%rsp), %xmm7\n"
    "addq $128, %rsp\n"
    "popq %r10\npopq %rax\npopq %r9\npopq %r8\npopq %rcx\npopq %rdx\npopq %rsi\npopq %rdi\n"
    "popq %rbp\njmp *%r11\n");
#elif defined(__aarch64__)
#define TRAMPOLINE(name)                                                                                              \
    __asm__(                                                                                                          \
        ".data\n.balign 8\n.hidden mon_slot_" #name "\n.globl mon_slot_" #name "\nmon_slot_" #name ":\n"              \
        ".quad .Lfirst_" #name "\n.quad .Lname_" #name "\n"                                                           \
        ".section .rodata\n.Lname_" #name ": .asciz \"" #name "\"\n"                                                  \
        ".text\n.balign 16\n.globl " #name "\n.type " #name ", %function\n" #name ":\n"                               \
        "adrp x17, mon_slot_" #name "\nadd x17, x17, :lo12:mon_slot_" #name "\nldr x16, [x17]\nbr x16\n"              \
        ".Lfirst_" #name ":\nb mon_av_first\n");

// The trampoline leaves its slot in x17.
__asm__(
    ".text\n.balign 16\n.hidden mon_av_first\n.globl mon_av_first\n.type mon_av_first, %function\nmon_av_first:\n"
    "stp x29, x30, [sp, #-224]!\nmov x29, sp\n"
    "stp x0, x1, [sp, #16]\nstp x2, x3, [sp, #32]\nstp x4, x5, [sp, #48]\nstp x6, x7, [sp, #64]\nstr x8, [sp, #80]\n"
    "stp q0, q1, [sp, #96]\nstp q2, q3, [sp, #128]\nstp q4, q5, [sp, #160]\nstp q6, q7, [sp, #192]\n"
    "mov x0, x17\nbl mon_av_find\nmov x16, x0\n"
    "ldp x0, x1, [sp, #16]\nldp x2, x3, [sp, #32]\nldp x4, x5, [sp, #48]\nldp x6, x7, [sp, #64]\nldr x8, [sp, #80]\n"
    "ldp q0, q1, [sp, #96]\nldp q2, q3, [sp, #128]\nldp q4, q5, [sp, #160]\nldp q6, q7, [sp, #192]\n"
    "ldp x29, x30, [sp], #224\nbr x16\n");
#else
#error "trampolines for this processor are missing"
#endif

FUNCTIONS(TRAMPOLINE)
