/* collect.h: one layer's tar through all detectors: its facts, in the order of its entries. Runs
 * in the worker; memory does not grow with the layer. */
#ifndef LIMPID_INVENTORY_COLLECT_H
#define LIMPID_INVENTORY_COLLECT_H

#include "base/arena.h"
#include "base/error.h"
#include "inventory/fold.h"
#include "model/fact.h"
#include "stream/reader.h"

struct collect_options {
    /* Files to read besides those that detectors claim by path: see inventory_fold. */
    const struct wanted_file *wanted;
    size_t wanted_count;
    /* Where the root file system lies in the archive, with '/' at the end ("rootfs/", ACI): other
     * entries are skipped. Empty: the archive is the root. */
    str root;
    /* Called before a claimed file is read: for the message if reading it kills the worker. */
    void (*at_file)(void *arg, str path);
    void *arg;
};

/* `tar` is the uncompressed stream, borrowed; it is read up to the archive's end, not drained.
 * A damaged file becomes FACT_INCOMPLETE; false where the layer itself cannot be read. */
bool collect_layer(struct reader *tar, const struct collect_options *options, struct arena *arena,
                   struct fact_sink *out, struct error *e) MUST_USE;

#endif
