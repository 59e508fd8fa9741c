/* replay.c: main of a fuzz target that is not fuzzed: it runs every file of its corpus folder
 * through the target, each as one TAP case, and every prefix of the small ones. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PREFIXES_BYTES_MAX = 4096 };

static void run(const uint8_t *data, size_t size)
{
    /* a copy of the exact size, so that a sanitizer sees a read past its end */
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    if (copy == NULL) {
        abort();
    }
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static int run_file(const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return -1;
    }
    static uint8_t data[4 * 1024 * 1024];
    size_t size = fread(data, 1, sizeof(data), file);
    fclose(file);
    run(data, size);
    for (size_t cut = 0; size <= PREFIXES_BYTES_MAX && cut < size; cut++) {
        run(data, cut);
    }
    return 0;
}

int main(int argc, char **argv)
{
    int number = 0, failed = 0;
    for (int i = 1; i < argc; i++) {
        DIR *dir = opendir(argv[i]);
        struct dirent *entry;
        while (dir != NULL && (entry = readdir(dir)) != NULL) {
            if (entry->d_name[0] == '.') {
                continue;
            }
            char path[4096];
            snprintf(path, sizeof(path), "%s/%s", argv[i], entry->d_name);
            int bad = run_file(path) != 0;
            failed += bad;
            printf("%s %d - %s\n", bad ? "not ok" : "ok", ++number, entry->d_name);
        }
        if (dir != NULL) {
            closedir(dir);
        }
    }
    run((const uint8_t *)"", 0);
    printf("ok %d - empty input\n1..%d\n", number + 1, number + 1);
    return failed == 0 ? 0 : 1;
}
