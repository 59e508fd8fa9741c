/* attr.h: the few attributes that limpid's C uses, under short names. */
#ifndef LIMPID_BASE_ATTR_H
#define LIMPID_BASE_ATTR_H

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define CLEANUP(fn) __attribute__((cleanup(fn)))
#define UNUSED __attribute__((unused))

#define ARRAY_COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The struct of which `member` is a part: from a base (struct reader *) to what embeds it. */
#define CONTAINER_OF(ptr, type, member)                                                            \
    ((type *)(void *)((char *)(ptr) - __builtin_offsetof(type, member)))

#endif
