#include "format/bdb.h"

#include "blobs_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

_Static_assert(sizeof(struct bdb) <= BLOBS_ROOM_BYTES, "it is opened there");

static bool open_it(void *room, struct random *from, struct arena *arena, struct error *e)
{

    return bdb_open(room, from, arena, e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    blobs_fuzz(data, size, open_it);
    return 0;
}
