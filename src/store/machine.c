/* SPDX-License-Identifier: MIT */
/* What the results say about where they were made. */
#include <spinodal/store.h>

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

/* "model name : X" of /proc/cpuinfo; "" where there is none (arm64, other systems). */
static void read_processor(char *text, size_t size)
{
    char line[512];
    text[0] = '\0';
    FILE *file = fopen("/proc/cpuinfo", "r");
    if (file == NULL) {
        return;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon != NULL) {
            colon += 1 + strspn(colon + 1, " \t");
            snprintf(text, size, "%.*s", (int)strcspn(colon, "\n"), colon);
            break;
        }
    }
    fclose(file);
}

const char *spn_describe_machine(char *buffer, int64_t size)
{
    struct utsname system;
    char processor[256];
    read_processor(processor, sizeof processor);
    const char *machine = uname(&system) == 0 ? system.machine : "unknown";
    snprintf(buffer, (size_t)size, "%s%s%s", machine, processor[0] != '\0' ? ", " : "", processor);
    return buffer;
}

const char *spn_describe_compiler(void)
{
#if defined(__clang__)
    return "clang " __clang_version__;
#elif defined(__GNUC__)
    return "gcc " __VERSION__;
#else
    return "unknown";
#endif
}
