#include "format/sqlitefile.h"

#include "blobs_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

_Static_assert(sizeof(struct sqlitefile) <= BLOBS_ROOM_BYTES, "it is opened there");

static bool open_it(void *room, struct random *from, struct arena *arena, struct error *e)
{

    return sqlitefile_open(room, from, STR("Packages"), STR("blob"), arena, e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    blobs_fuzz(data, size, open_it);
    return 0;
}
