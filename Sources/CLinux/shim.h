// What Swift's Glibc module leaves out: Linux headers, and declarations of functions that glibc
// shows only under _GNU_SOURCE. That macro must not be defined here: with it, fd_set would differ
// from what the Glibc module has already seen. No code of ours but constants.
#pragma once
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/vfs.h>

struct imaged_ucred {
    int32_t pid;
    uint32_t uid;
    uint32_t gid;
};

extern int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);
extern int fallocate(int fd, int mode, off_t offset, off_t length);
extern int pipe2(int fds[2], int flags);
extern int syncfs(int fd);
// Swift sees the structure of the same name first.
extern int imaged_flock(int fd, int operation) __asm__("flock");
extern int pthread_setname_np(unsigned long thread, const char *name);
extern ssize_t getrandom(void *buffer, size_t length, unsigned int flags);

enum {
    imaged_SOCK_CLOEXEC = 02000000,
    imaged_SOCK_NONBLOCK = 04000,
    imaged_SO_PEERCRED = 17,
    imaged_SO_PEERGROUPS = 59,
    imaged_SEEK_DATA = 3,
    imaged_SEEK_HOLE = 4,
    imaged_FALLOC_FL_KEEP_SIZE = 1,
    imaged_FALLOC_FL_PUNCH_HOLE = 2,
    imaged_F_OFD_GETLK = 36,
    imaged_O_PATH = 010000000,
    imaged_O_TMPFILE = 020200000,
    imaged_FS_NOCOW_FL = 0x00800000,
    imaged_AT_EMPTY_PATH = 0x1000,
};
// Macros with casts are not imported by Swift.
static const unsigned long imaged_FS_IOC_FIEMAP = FS_IOC_FIEMAP;
static const unsigned long imaged_BLKGETSIZE64 = BLKGETSIZE64;
static const unsigned long imaged_FICLONERANGE = FICLONERANGE;
static const unsigned long imaged_FS_IOC_GETFLAGS = FS_IOC_GETFLAGS;
static const unsigned long imaged_TIOCGWINSZ = 0x5413;
