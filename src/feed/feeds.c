#include "base/attr.h"
#include "feed/feed.h"

#define FEED_ROW(name) &feed_##name,
const struct feed *const feeds[] = {FEEDS(FEED_ROW)};
const size_t feeds_count = ARRAY_COUNT(feeds);

const struct feed *feed_find(str name)
{
    for (size_t i = 0; i < feeds_count; i++) {
        if (str_eq(str_from(feeds[i]->name), name)) {
            return feeds[i];
        }
    }
    return NULL;
}
