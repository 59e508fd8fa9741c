#include "format/sqlitefile.h"

#include <inttypes.h>
#include <string.h>

#include "base/num.h"

enum {
    HEADER_BYTES = 100,
    PAGE_BYTES_MIN = 512,
    USABLE_BYTES_MIN = 480,
    UTF8 = 1,
    SCHEMA_PAGE = 1,
    VISIT_BITS = 8,
};

enum page_type { PAGE_TABLE_INTERIOR = 5, PAGE_TABLE_LEAF = 13 };

/* sqlite_schema: type, name, tbl_name, rootpage, sql */
enum schema_column { SCHEMA_TYPE, SCHEMA_NAME, SCHEMA_ROOT = 3, SCHEMA_SQL = 4, SCHEMA_COLUMNS };

bool sqlitefile_matches(const uint8_t *at, size_t len)
{
    return len >= 16 && memcmp(at, "SQLite format 3", 16) == 0;
}

/* A variable-length integer ("Varints"): 1 to 9 bytes, big-endian, 7 bits each, the ninth 8. */
static bool varint(str *rest, uint64_t *out)
{
    uint64_t value = 0;
    for (size_t i = 0; i < 9 && i < rest->len; i++) {
        uint8_t byte = (uint8_t)rest->at[i];
        value = i == 8 ? value << 8 | byte : value << 7 | (byte & 0x7f);
        if (i == 8 || (byte & 0x80) == 0) {
            *rest = str_slice(*rest, i + 1, rest->len);
            *out = value;
            return true;
        }
    }
    return false;
}

/* Bytes of a value by its serial type ("Record Format"). */
static uint64_t serial_bytes(uint64_t type)
{
    static const uint8_t sizes[12] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0};
    return type < 12 ? sizes[type] : (type - 12) / 2;
}

static bool serial_is_blob(uint64_t type)
{
    return type >= 12 && type % 2 == 0;
}

/* Where column `index` is in a record whose first bytes are `record`: `*offset` from its start. */
static bool record_column(str record, unsigned index, uint64_t *type, uint64_t *offset)
{
    str rest = record;
    uint64_t head_bytes;
    if (!varint(&rest, &head_bytes) || head_bytes > record.len) {
        return false;
    }
    rest = str_slice(record, record.len - rest.len, (size_t)head_bytes);
    uint64_t at = head_bytes;
    for (unsigned i = 0;; i++) {
        if (!varint(&rest, type)) {
            return false;
        }
        if (i == index) {
            *offset = at;
            return true;
        }
        uint64_t bytes = serial_bytes(*type);
        if (bytes > INT32_MAX || at > INT32_MAX) {
            return false; /* longer than a row can be */
        }
        at += bytes;
    }
}

static MUST_USE bool page_get(struct sqlitefile *s, uint64_t page, const uint8_t **at,
                              struct error *e)
{
    if (page == 0 || page > s->pages) {
        return error_set(e, ERROR_FORMAT, "page %" PRIu64 " of %" PRIu64, page, s->pages);
    }
    return random_part(s->from, (page - 1) * s->page_bytes, s->page_bytes, at, e);
}

static MUST_USE bool page_hold(struct sqlitefile *s, uint32_t page, struct error *e)
{
    if (s->held_page == page) {
        return true;
    }
    const uint8_t *at;
    if (!page_get(s, page, &at, e)) {
        return false;
    }
    memcpy(s->held, at, s->page_bytes);
    s->held_page = page;
    return true;
}

/* The b-tree header of the held page: behind the file's header on the first. */
static size_t tree_header(const struct sqlitefile *s)
{
    return s->held_page == SCHEMA_PAGE ? HEADER_BYTES : 0;
}

/* Bytes of the held page from cell `index` on; `array` is where the cells' offsets begin. */
static bool cell_get(const struct sqlitefile *s, size_t array, unsigned cells, unsigned index,
                     str *out)
{
    size_t at = num_be16(s->held + array + (size_t)index * 2);
    if (at < array + (size_t)cells * 2 || at >= s->usable_bytes) {
        return false;
    }
    *out = (str){.at = (const char *)s->held + at, .len = s->usable_bytes - at};
    return true;
}

static bool visited_before(struct sqlitefile *s, uint32_t page)
{
    uint8_t *byte = &s->visited[page / VISIT_BITS];
    uint8_t bit = (uint8_t)(1U << (page % VISIT_BITS));
    bool before = (*byte & bit) != 0;
    *byte |= bit;
    return before;
}

/* Goes down to a page of the tree: an interior page is put on the path, a leaf's cells are next. */
static MUST_USE bool descend(struct sqlitefile *s, uint32_t page, struct error *e)
{
    if (page == 0 || page > s->pages) {
        return error_set(e, ERROR_FORMAT, "page %" PRIu32 " of %" PRIu64, page, s->pages);
    }
    if (visited_before(s, page)) {
        return error_set(e, ERROR_FORMAT, "page %" PRIu32 " is in the tree twice", page);
    }
    if (!page_hold(s, page, e)) {
        return false;
    }
    const uint8_t *head = s->held + tree_header(s);
    unsigned cells = num_be16(head + 3);
    size_t array = tree_header(s) + (head[0] == PAGE_TABLE_LEAF ? 8 : 12);
    if ((head[0] != PAGE_TABLE_LEAF && head[0] != PAGE_TABLE_INTERIOR) ||
        array + (size_t)cells * 2 > s->usable_bytes) {
        return error_set(e, ERROR_FORMAT, "page %" PRIu32 " is damaged (type %u, %u cells)", page,
                         head[0], cells);
    }
    if (head[0] == PAGE_TABLE_LEAF) {
        s->cells = cells;
        s->cell = 0;
        return true;
    }
    if (s->depth == SQLITEFILE_DEPTH_MAX) {
        return error_set(e, ERROR_LIMIT, "page %" PRIu32 " is deeper than the limit of %d levels",
                         page, SQLITEFILE_DEPTH_MAX);
    }
    s->path[s->depth++] = (struct sqlitefile_level){.page = page, .cells = cells};
    return true;
}

/* The next child of the last page on the path. */
static MUST_USE bool child_next(struct sqlitefile *s, struct error *e)
{
    struct sqlitefile_level *level = &s->path[s->depth - 1];
    unsigned index = level->next++;
    if (!page_hold(s, level->page, e)) {
        return false;
    }
    size_t head = tree_header(s);
    str cell = {.at = (const char *)s->held + head + 8, .len = 4}; /* the rightmost */
    if (index < level->cells &&
        (!cell_get(s, head + 12, level->cells, index, &cell) || cell.len < 4)) {
        return error_set(e, ERROR_FORMAT, "page %" PRIu32 ": cell %u is outside", level->page,
                         index);
    }
    return descend(s, num_be32(cell.at), e);
}

/* Cell `index` of the leaf that is held: its row becomes the current one. */
static MUST_USE bool row_open(struct sqlitefile *s, unsigned index, struct error *e)
{
    str cell = STR_NONE;
    uint64_t bytes, number;
    if (!cell_get(s, tree_header(s) + 8, s->cells, index, &cell) || !varint(&cell, &bytes) ||
        !varint(&cell, &number) || bytes > INT32_MAX) {
        return error_set(e, ERROR_FORMAT, "page %" PRIu32 ": cell %u is damaged", s->held_page,
                         index);
    }
    /* "B-tree Cell Format": how much of a row stays in its page */
    uint64_t usable = s->usable_bytes, local = bytes;
    if (bytes > usable - 35) {
        uint64_t least = (usable - 12) * 32 / 255 - 23;
        local = least + (bytes - least) % (usable - 4);
        local = local <= usable - 35 ? local : least;
    }
    uint64_t need = local + (local < bytes ? 4 : 0);
    if (need > cell.len) {
        return error_set(e, ERROR_FORMAT, "page %" PRIu32 ": row %" PRIu64 " is outside",
                         s->held_page, number);
    }
    s->base.blob = (struct blob){.number = number};
    s->local = str_slice(cell, 0, (size_t)local);
    s->row_left = bytes;
    s->overflow_page = local < bytes ? num_be32(cell.at + local) : 0;
    s->steps = 0;
    s->check_at = 1;
    s->check_page = s->overflow_page;
    return true;
}

static enum step row_next(struct sqlitefile *s, struct error *e)
{
    for (;;) {
        if (s->cell < s->cells) {
            return row_open(s, s->cell++, e) ? STEP_GOT : STEP_FAILED;
        }
        if (s->depth == 0) {
            return STEP_END;
        }
        s->cells = s->cell = 0;
        if (s->path[s->depth - 1].next > s->path[s->depth - 1].cells) {
            s->depth--;
        } else if (!child_next(s, e)) {
            return STEP_FAILED;
        }
    }
}

/* The next bytes of the row: those in the leaf, then those of one overflow page. */
static MUST_USE bool row_piece(struct sqlitefile *s, str *out, struct error *e)
{
    if (s->local.len > 0) {
        *out = s->local;
        s->local = STR_NONE;
        s->row_left -= out->len;
        return true;
    }
    if (s->visits_left == 0) {
        return error_set(e, ERROR_LIMIT, "its overflow pages are used too often");
    }
    s->visits_left--;
    const uint8_t *at;
    if (s->overflow_page == 0) {
        return error_set(e, ERROR_FORMAT, "its pages end %" PRIu64 " bytes too early", s->row_left);
    }
    if (!page_get(s, s->overflow_page, &at, e)) {
        return false;
    }
    size_t len = s->usable_bytes - 4;
    if (len > s->row_left) {
        len = (size_t)s->row_left;
    }
    s->row_left -= len;
    s->overflow_page = num_be32(at);
    if (s->overflow_page == s->check_page && s->row_left > 0) {
        return error_set(e, ERROR_FORMAT, "its pages lead back to page %" PRIu32, s->overflow_page);
    }
    if (++s->steps == s->check_at) {
        s->check_at *= 2;
        s->check_page = s->overflow_page;
    }
    *out = (str){.at = (const char *)at + 4, .len = len};
    return true;
}

static enum step sqlitefile_next(struct blobs *self, struct error *e)
{
    struct sqlitefile *s = CONTAINER_OF(self, struct sqlitefile, base);
    s->value_left = 0;
    if (!s->told_cut && s->pages < s->pages_stated) {
        s->told_cut = true;
        error_set(e, ERROR_FORMAT, "ends after %" PRIu64 " of %" PRIu64 " pages", s->pages,
                  s->pages_stated);
        return STEP_FAILED;
    }
    enum step got = row_next(s, e);
    if (got != STEP_GOT) {
        return got;
    }
    uint64_t type;
    if (!record_column(s->local, s->column, &type, &s->skip)) {
        error_set(e, ERROR_FORMAT, "row %" PRIu64 " is damaged", s->base.blob.number);
        return STEP_FAILED;
    }
    uint64_t bytes = serial_bytes(type);
    if (!serial_is_blob(type) || s->skip > s->row_left || bytes > s->row_left - s->skip) {
        error_set(e, ERROR_FORMAT,
                  "row %" PRIu64 ": a value of type %" PRIu64 " at byte %" PRIu64 " of %" PRIu64,
                  s->base.blob.number, type, s->skip, s->row_left);
        return STEP_FAILED;
    }
    s->base.blob.size_bytes = s->value_left = bytes;
    return STEP_GOT;
}

static enum step sqlitefile_piece(struct blobs *self, str *out, struct error *e)
{
    struct sqlitefile *s = CONTAINER_OF(self, struct sqlitefile, base);
    while (s->value_left > 0) {
        str piece;
        if (!row_piece(s, &piece, e)) {
            return STEP_FAILED;
        }
        size_t skip = s->skip < piece.len ? (size_t)s->skip : piece.len;
        s->skip -= skip;
        piece = str_slice(piece, skip, piece.len);
        if (piece.len > s->value_left) {
            piece.len = (size_t)s->value_left;
        }
        s->value_left -= piece.len;
        if (piece.len > 0) {
            *out = piece;
            return STEP_GOT;
        }
    }
    return STEP_END;
}

static const struct blobs_ops ops = {
    .name = "SQLite", .next = sqlitefile_next, .piece = sqlitefile_piece};

/* Starts a walk at a root page. */
static MUST_USE bool walk(struct sqlitefile *s, uint32_t root, struct error *e)
{
    memset(s->visited, 0, (size_t)(s->pages / VISIT_BITS + 1));
    s->depth = 0;
    s->cells = s->cell = 0;
    s->visits_left = 2 * s->pages;
    return descend(s, root, e);
}

/* The first bytes of the current row, as many as `room` holds. */
static MUST_USE bool row_copy(struct sqlitefile *s, char *room, size_t room_bytes, str *out,
                              struct error *e)
{
    size_t len = 0;
    while (s->row_left > 0 && len < room_bytes) {
        str piece = STR_NONE;
        if (!row_piece(s, &piece, e)) {
            return false;
        }
        if (piece.len > room_bytes - len) {
            piece.len = room_bytes - len;
        }
        memcpy(room + len, piece.at, piece.len);
        len += piece.len;
    }
    *out = (str){.at = room, .len = len};
    return true;
}

/* A column of a row of the schema; text that the row's copy does not hold whole is cut. */
static bool schema_column(str row, unsigned index, uint64_t *type, str *out)
{
    uint64_t offset;
    if (!record_column(row, index, type, &offset) || offset > row.len) {
        return false;
    }
    uint64_t bytes = serial_bytes(*type);
    size_t end = bytes < row.len - offset ? (size_t)(offset + bytes) : row.len;
    *out = str_slice(row, (size_t)offset, end);
    return true;
}

/* A big-endian integer as a record holds it, or 0: page numbers only, so nothing is negative. */
static uint64_t record_integer(uint64_t type, str bytes)
{
    uint64_t value = type == 9 ? 1 : 0;
    if (type >= 1 && type <= 6 && bytes.len == serial_bytes(type)) {
        for (size_t i = 0; i < bytes.len; i++) {
            value = value << 8 | (uint8_t)bytes.at[i];
        }
    }
    return value;
}

static bool is_one_of(char c, str set)
{
    return str_find_char(set, c) < set.len;
}

/* The place of `column` among the columns of a CREATE TABLE statement: the first words between
 * the commas of the outermost parentheses. Defaults with commas in strings are not rpm's. */
static bool sql_column(str sql, str column, unsigned *out)
{
    unsigned index = 0, depth = 1;
    bool at_name = true;
    size_t at = str_find_char(sql, '(');
    for (size_t i = at + 1; i < sql.len; i++) {
        char c = sql.at[i];
        depth += c == '(';
        depth -= c == ')';
        if (depth == 0) {
            break;
        }
        if (c == ',' && depth == 1) {
            index++;
            at_name = true;
        } else if (at_name && !is_one_of(c, STR(" \t\r\n"))) {
            size_t start = i + is_one_of(c, STR("'\"`["));
            size_t end = start;
            while (end < sql.len && !is_one_of(sql.at[end], STR(" \t\r\n,()'\"`]"))) {
                end++;
            }
            if (str_eq_nocase(str_slice(sql, start, end), column)) {
                *out = index;
                return true;
            }
            at_name = false;
        }
    }
    return false;
}

enum found { FOUND_NO, FOUND_YES, FOUND_UNFIT };

/* Whether a row of the schema is the table, and what it says of it. */
static enum found schema_row(struct sqlitefile *s, str row, str table, str column, uint64_t *root,
                             struct error *e)
{
    uint64_t type;
    str kind, name, number, sql;
    if (!schema_column(row, SCHEMA_TYPE, &type, &kind) ||
        !schema_column(row, SCHEMA_NAME, &type, &name) || !str_eq_nocase(name, table) ||
        str_eq(kind, STR("trigger")) || str_eq(kind, STR("index"))) {
        return FOUND_NO;
    }
    if (!schema_column(row, SCHEMA_ROOT, &type, &number) || !str_eq(kind, STR("table"))) {
        error_set(e, ERROR_FORMAT, "'" STR_FMT "' is a " STR_FMT ", not a table", STR_ARG(name),
                  STR_ARG(kind));
        return FOUND_UNFIT;
    }
    *root = record_integer(type, number);
    if (*root == 0) {
        error_set(e, ERROR_FORMAT, "'" STR_FMT "' is a virtual table", STR_ARG(name));
        return FOUND_UNFIT;
    }
    if (!schema_column(row, SCHEMA_SQL, &type, &sql) || !sql_column(sql, column, &s->column)) {
        error_set(e, ERROR_FORMAT, "table '" STR_FMT "' has no column '" STR_FMT "'", STR_ARG(name),
                  STR_ARG(column));
        return FOUND_UNFIT;
    }
    return FOUND_YES;
}

/* The root page of the table. */
static MUST_USE bool table_find(struct sqlitefile *s, str table, str column, char *room,
                                uint64_t *root, struct error *e)
{
    if (!walk(s, SCHEMA_PAGE, e)) {
        return error_wrap(e, "the schema");
    }
    struct error first = {.kind = ERROR_NONE}; /* why a part of the schema was not read */
    for (int rows = 0; rows < SQLITEFILE_SCHEMA_ROWS_MAX; rows++) {
        str row;
        enum step got = row_next(s, e);
        if (got == STEP_END) {
            return error_set(e, ERROR_FORMAT, "no table '" STR_FMT "'%s%s", STR_ARG(table),
                             first.kind == ERROR_NONE ? "" : ": the schema: ", first.text);
        }
        if (got == STEP_GOT && row_copy(s, room, SQLITEFILE_SCHEMA_ROW_BYTES_MAX, &row, e)) {
            enum found found = schema_row(s, row, table, column, root, e);
            if (found != FOUND_NO) {
                return found == FOUND_YES;
            }
        } else if (s->from->failed || e->kind == ERROR_MEMORY) {
            return false;
        } else if (first.kind == ERROR_NONE) {
            first = *e;
        }
    }
    return error_set(e, ERROR_LIMIT, "no table '" STR_FMT "' in the first %d rows of the schema",
                     STR_ARG(table), SQLITEFILE_SCHEMA_ROWS_MAX);
}

static MUST_USE bool header_read(struct sqlitefile *s, const uint8_t *at, struct error *e)
{
    if (!sqlitefile_matches(at, HEADER_BYTES)) {
        return error_set(e, ERROR_FORMAT, "not an SQLite database");
    }
    uint32_t page_bytes = num_be16(at + 16) == 1 ? 65536 : num_be16(at + 16);
    if (page_bytes < PAGE_BYTES_MIN || (page_bytes & (page_bytes - 1)) != 0 ||
        page_bytes - at[20] < USABLE_BYTES_MIN) {
        return error_set(e, ERROR_FORMAT, "its pages have %" PRIu32 " bytes, %u reserved",
                         page_bytes, at[20]);
    }
    if (at[19] > 2 || at[21] != 64 || at[22] != 32 || at[23] != 32) {
        return error_set(e, ERROR_FORMAT, "format %u, payload fractions %u, %u, %u", at[19], at[21],
                         at[22], at[23]);
    }
    if (num_be32(at + 56) > UTF8) {
        return error_set(e, ERROR_FORMAT, "its text is UTF-16, not UTF-8");
    }
    s->page_bytes = page_bytes;
    s->usable_bytes = page_bytes - at[20];
    s->pages = s->from->size_bytes / page_bytes;
    /* the header's count is right where its writer also wrote the change counter again */
    bool counted = num_be32(at + 24) == num_be32(at + 92) && num_be32(at + 28) != 0;
    s->pages_stated = counted ? num_be32(at + 28) : s->pages;
    return true;
}

bool sqlitefile_open(struct sqlitefile *s, struct random *from, str table, str column,
                     struct arena *arena, struct error *e)
{
    const uint8_t *at;
    *s = (struct sqlitefile){.base = {.ops = &ops}, .from = from};
    if (!random_part(from, 0, HEADER_BYTES, &at, e) || !header_read(s, at, e)) {
        return false;
    }
    s->held = arena_alloc(arena, s->page_bytes, 1, 8, e);
    s->visited =
        s->held == NULL ? NULL : arena_alloc(arena, (size_t)(s->pages / VISIT_BITS + 1), 1, 8, e);
    char *room =
        s->visited == NULL ? NULL : arena_alloc(arena, SQLITEFILE_SCHEMA_ROW_BYTES_MAX, 1, 1, e);
    uint64_t root;
    if (room == NULL || !table_find(s, table, column, room, &root, e)) {
        return false;
    }
    if (root > s->pages) {
        return error_set(e, ERROR_FORMAT,
                         "table '" STR_FMT "' begins at page %" PRIu64 " of %" PRIu64,
                         STR_ARG(table), root, s->pages);
    }
    return walk(s, (uint32_t)root, e);
}
