/* Preloaded into qd by tests/slow_disk.rs: writes and flushes of recordings wait for as long as the file that
   $QD_STUCK_WRITE or $QD_STUCK_FLUSH names exists, as on a disk that has stopped answering. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static void wait_while(const char *variable, int fd) {
    const char *file = getenv(variable);
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof path - 1);
    if (!file || len < 4 || memcmp(path + len - 4, ".osr", 4) != 0)
        return;
    while (access(file, F_OK) == 0)
        usleep(10000);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    ssize_t (*real)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");
    wait_while("QD_STUCK_WRITE", fd);
    return real(fd, bytes, count, at);
}

int fdatasync(int fd) {
    int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
    wait_while("QD_STUCK_FLUSH", fd);
    return real(fd);
}
