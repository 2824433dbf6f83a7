/* SPDX-License-Identifier: MIT */
/* The machine: https://github.com/python/cpython/blob/main/Lib/pickletools.py says what each instruction does.
 *
 * Each instruction pushes at most one value and takes what it pops for good, so that time and memory are those of the
 * pickle's bytes. Nothing recurses: a dictionary that holds itself is harmless. */
#include "formats/pickle_machine.h"

#include "formats/input.h"
#include <math.h>
#include <string.h>

enum { PICKLE_MAX = 1 << 22, QUOTE_SIZE = 120 };

/* ---- Instructions ------------------------------------------------------------------------------ */

static spn_status run_protocol(spni_pickle_machine *m)
{
    uint64_t protocol = 0;
    spn_status status = spni_pickle_take_number(m, 1, &protocol);
    if (status == SPN_OK && protocol != 2) {
        return spn_fail(m->context, SPN_ERROR_INPUT,
                        "%s: its pickle is of protocol %d, and 2, which torch.save() writes unless "
                        "told otherwise, is read; leave pickle_protocol out",
                        m->source, (int)protocol);
    }
    return status;
}

static spn_status run_none(spni_pickle_machine *m)
{
    return spni_pickle_push(m, (spni_pickle_value){.kind = SPNI_PICKLE_NONE});
}

static spn_status push_integer(spni_pickle_machine *m, spni_pickle_kind kind, int64_t integer)
{
    return spni_pickle_push(m, (spni_pickle_value){.kind = kind, .as.integer = integer});
}

static spn_status run_true(spni_pickle_machine *m)
{
    return push_integer(m, SPNI_PICKLE_FLAG, 1);
}

static spn_status run_false(spni_pickle_machine *m)
{
    return push_integer(m, SPNI_PICKLE_FLAG, 0);
}

/* Two's complement of `bytes` bytes; 0 bytes: 0. */
static spn_status take_integer(spni_pickle_machine *m, int64_t bytes)
{
    uint64_t bits = 0;
    int64_t value = 0;
    spn_status status = spni_pickle_take_number(m, bytes, &bits);
    if (status != SPN_OK) {
        return status;
    }
    if (bytes > 0 && bytes < 8) {
        const uint64_t sign = UINT64_C(1) << (8 * bytes - 1);
        bits = (bits ^ sign) - sign;
    }
    memcpy(&value, &bits, sizeof value);
    return push_integer(m, SPNI_PICKLE_INTEGER, value);
}

static spn_status run_integer(spni_pickle_machine *m)
{
    return take_integer(m, 4);
}

static spn_status run_integer1(spni_pickle_machine *m)
{
    uint64_t value = 0;
    spn_status status = spni_pickle_take_number(m, 1, &value);
    return status == SPN_OK ? push_integer(m, SPNI_PICKLE_INTEGER, (int64_t)value) : status;
}

static spn_status run_integer2(spni_pickle_machine *m)
{
    uint64_t value = 0;
    spn_status status = spni_pickle_take_number(m, 2, &value);
    return status == SPN_OK ? push_integer(m, SPNI_PICKLE_INTEGER, (int64_t)value) : status;
}

static spn_status run_long(spni_pickle_machine *m)
{
    uint64_t bytes = 0;
    spn_status status = spni_pickle_take_number(m, 1, &bytes);
    if (status == SPN_OK && bytes > 8) {
        return spni_pickle_damaged(m, "an integer needs more than 64 bits");
    }
    return status == SPN_OK ? take_integer(m, (int64_t)bytes) : status;
}

static spn_status run_real(spni_pickle_machine *m)
{
    const unsigned char *at = NULL;
    spni_pickle_value value = {.kind = SPNI_PICKLE_REAL};
    spn_status status = spni_pickle_take_bytes(m, 8, &at);
    if (status != SPN_OK) {
        return status;
    }
    (void)spni_numbers_decode(SPNI_F64, true, at, 1, &value.as.real);
    return spni_pickle_push(m, value);
}

static spn_status run_text(spni_pickle_machine *m)
{
    spn_status status = SPN_OK;
    uint64_t length = 0;
    const unsigned char *at = NULL;
    char *text = NULL;
    SPN_TRY(spni_pickle_take_number(m, 4, &length));
    SPN_TRY(spni_pickle_take_bytes(m, (int64_t)length, &at));
    if (memchr(at, 0, (size_t)length) != NULL) {
        SPN_TRY(spni_pickle_damaged(m, "a text holds a NUL byte"));
    }
    SPN_TAKE(m->context, m->arena, text, (int64_t)length + 1);
    memcpy(text, at, (size_t)length);
    text[length] = '\0';
    SPN_TRY(spni_pickle_push(m, (spni_pickle_value){.kind = SPNI_PICKLE_TEXT, .as.text = text}));
done:
    return status;
}

static spn_status run_mark(spni_pickle_machine *m)
{
    return spni_pickle_push(m, (spni_pickle_value){.kind = SPNI_PICKLE_MARK});
}

/* The last `count` values, which have been popped but still lie where they were. */
static spn_status push_tuple(spni_pickle_machine *m, int64_t count, const spni_pickle_value *items)
{
    spn_status status = SPN_OK;
    spni_pickle_tuple *tuple = NULL;
    spni_pickle_value *copies = NULL;
    SPN_TAKE(m->context, m->arena, tuple, 1);
    SPN_TAKE(m->context, m->arena, copies, count);
    if (count > 0) {
        memcpy(copies, items, (size_t)count * sizeof *items);
    }
    *tuple = (spni_pickle_tuple){count, copies};
    SPN_TRY(spni_pickle_push(m, (spni_pickle_value){.kind = SPNI_PICKLE_TUPLE, .as.tuple = tuple}));
done:
    return status;
}

static spn_status run_tuple(spni_pickle_machine *m)
{
    int64_t count = 0;
    const spni_pickle_value *items = NULL;
    spn_status status = spni_pickle_pop_to_mark(m, &count, &items);
    return status == SPN_OK ? push_tuple(m, count, items) : status;
}

static spn_status pop_tuple(spni_pickle_machine *m, int64_t count)
{
    spn_status status = SPN_OK;
    spni_pickle_value items[3] = {{0}};
    for (int64_t i = count - 1; i >= 0; i--) {
        SPN_TRY(spni_pickle_pop(m, &items[i]));
    }
    SPN_TRY(push_tuple(m, count, items));
done:
    return status;
}

static spn_status run_tuple0(spni_pickle_machine *m)
{
    return pop_tuple(m, 0);
}

static spn_status run_tuple1(spni_pickle_machine *m)
{
    return pop_tuple(m, 1);
}

static spn_status run_tuple2(spni_pickle_machine *m)
{
    return pop_tuple(m, 2);
}

static spn_status run_tuple3(spni_pickle_machine *m)
{
    return pop_tuple(m, 3);
}

static spn_status run_list(spni_pickle_machine *m)
{
    return spni_pickle_push(m, (spni_pickle_value){.kind = SPNI_PICKLE_LIST});
}

/* What is put into lists is not needed. */
static spn_status check_list(spni_pickle_machine *m)
{
    spni_pickle_value list = {0};
    spn_status status = spni_pickle_top(m, &list);
    return status == SPN_OK && list.kind != SPNI_PICKLE_LIST
               ? spni_pickle_damaged(m, "values are put into something that is no list")
               : status;
}

static spn_status run_append(spni_pickle_machine *m)
{
    spni_pickle_value item = {0};
    spn_status status = spni_pickle_pop(m, &item);
    return status == SPN_OK ? check_list(m) : status;
}

static spn_status run_appends(spni_pickle_machine *m)
{
    int64_t count = 0;
    const spni_pickle_value *items = NULL;
    spn_status status = spni_pickle_pop_to_mark(m, &count, &items);
    return status == SPN_OK ? check_list(m) : status;
}

spn_status spni_pickle_dictionary_new(spni_pickle_machine *m, bool is_ordered,
                                      spni_pickle_value *out)
{
    spn_status status = SPN_OK;
    spni_pickle_dictionary *dictionary = NULL;
    SPN_TAKE(m->context, m->arena, dictionary, 1);
    dictionary->is_ordered = is_ordered;
    *out = (spni_pickle_value){.kind = SPNI_PICKLE_DICTIONARY, .as.dictionary = dictionary};
done:
    return status;
}

static spn_status run_dictionary(spni_pickle_machine *m)
{
    spni_pickle_value value = {0};
    spn_status status = spni_pickle_dictionary_new(m, false, &value);
    return status == SPN_OK ? spni_pickle_push(m, value) : status;
}

/* Put pairs into the dictionary on top of the stack. */
static spn_status set_items(spni_pickle_machine *m, int64_t count, const spni_pickle_value *items)
{
    spn_status status = SPN_OK;
    spni_pickle_value target = {0};
    SPN_TRY(spni_pickle_top(m, &target));
    if (target.kind != SPNI_PICKLE_DICTIONARY || count % 2 != 0) {
        SPN_TRY(spni_pickle_damaged(m, "pairs are put into something that is no dictionary"));
    }
    spni_pickle_dictionary *into = target.as.dictionary;
    SPN_TRY(spn_grow_in(m->context, m->arena, &into->pairs, 2 * sizeof *into->pairs, into->count,
                        count / 2, &into->capacity));
    if (count > 0) {
        memcpy(into->pairs + 2 * into->count, items, (size_t)count * sizeof *items);
    }
    into->count += count / 2;
done:
    return status;
}

static spn_status run_item(spni_pickle_machine *m)
{
    spn_status status = SPN_OK;
    spni_pickle_value pair[2];
    SPN_TRY(spni_pickle_pop(m, &pair[1]));
    SPN_TRY(spni_pickle_pop(m, &pair[0]));
    SPN_TRY(set_items(m, 2, pair));
done:
    return status;
}

static spn_status run_items(spni_pickle_machine *m)
{
    int64_t count = 0;
    const spni_pickle_value *items = NULL;
    spn_status status = spni_pickle_pop_to_mark(m, &count, &items);
    return status == SPN_OK ? set_items(m, count, items) : status;
}

/* The rest of a line. */
static spn_status take_line(spni_pickle_machine *m, const char **text, int64_t *length)
{
    const unsigned char *from = m->bytes + m->at;
    const unsigned char *end = memchr(from, '\n', (size_t)(m->size - m->at));
    if (end == NULL) {
        return spni_pickle_damaged(m, "it is cut off");
    }
    *text = (const char *)from;
    *length = end - from;
    m->at += *length + 1;
    return SPN_OK;
}

static spn_status run_name(spni_pickle_machine *m)
{
    spn_status status = SPN_OK;
    const char *module = NULL, *name = NULL;
    int64_t module_length = 0, name_length = 0;
    SPN_TRY(take_line(m, &module, &module_length));
    SPN_TRY(take_line(m, &name, &name_length));
    const spni_pickle_name *known = spni_pickle_find_name(module, module_length, name, name_length);
    if (known == NULL) {
        char first[QUOTE_SIZE], second[QUOTE_SIZE];
        spni_quote_text(module, module_length, first, sizeof first);
        spni_quote_text(name, name_length, second, sizeof second);
        const bool is_spread = strncmp(first, "torch.distributed", 17) == 0;
        SPN_FAIL(m->context, SPN_ERROR_INPUT, "%s holds %s: %s.%s, which is not run; %s", m->source,
                 is_spread ? "tensors in shards" : "code", first, second,
                 is_spread ? "gather the whole state dict before it is saved" : SPNI_PICKLE_CURE);
    }
    SPN_TRY(spni_pickle_push(m, (spni_pickle_value){.kind = SPNI_PICKLE_NAME, .as.name = known}));
done:
    return status;
}

static spn_status run_storage(spni_pickle_machine *m)
{
    spn_status status = SPN_OK;
    spni_pickle_value value = {0};
    SPN_TRY(spni_pickle_pop(m, &value));
    SPN_TRY(spni_pickle_storage_of(m, &value));
    SPN_TRY(spni_pickle_push(m, value));
done:
    return status;
}

static spn_status run_call(spni_pickle_machine *m)
{
    spn_status status = SPN_OK;
    spni_pickle_value arguments = {0}, function = {0};
    SPN_TRY(spni_pickle_pop(m, &arguments));
    SPN_TRY(spni_pickle_pop(m, &function));
    if (function.kind != SPNI_PICKLE_NAME || arguments.kind != SPNI_PICKLE_TUPLE) {
        SPN_TRY(spni_pickle_damaged(m, "something that is no function is called"));
    }
    SPN_TRY(spni_pickle_call(m, function.as.name, arguments.as.tuple, &function));
    SPN_TRY(spni_pickle_push(m, function));
done:
    return status;
}

/* The attributes of an OrderedDict (_metadata: versions of the modules) are not needed; nothing else has any. */
static spn_status run_build(spni_pickle_machine *m)
{
    spn_status status = SPN_OK;
    spni_pickle_value attributes = {0}, target = {0};
    SPN_TRY(spni_pickle_pop(m, &attributes));
    SPN_TRY(spni_pickle_top(m, &target));
    if (target.kind != SPNI_PICKLE_DICTIONARY || !target.as.dictionary->is_ordered ||
        attributes.kind != SPNI_PICKLE_DICTIONARY) {
        SPN_TRY(spni_pickle_damaged(m, "attributes are given to something that is no state dict"));
    }
done:
    return status;
}

static spn_status run_put(spni_pickle_machine *m)
{
    uint64_t index = 0;
    spn_status status = spni_pickle_take_number(m, 1, &index);
    return status == SPN_OK ? spni_pickle_memo_put(m, index) : status;
}

static spn_status run_long_put(spni_pickle_machine *m)
{
    uint64_t index = 0;
    spn_status status = spni_pickle_take_number(m, 4, &index);
    return status == SPN_OK ? spni_pickle_memo_put(m, index) : status;
}

static spn_status run_get(spni_pickle_machine *m)
{
    uint64_t index = 0;
    spn_status status = spni_pickle_take_number(m, 1, &index);
    return status == SPN_OK ? spni_pickle_memo_get(m, index) : status;
}

static spn_status run_long_get(spni_pickle_machine *m)
{
    uint64_t index = 0;
    spn_status status = spni_pickle_take_number(m, 4, &index);
    return status == SPN_OK ? spni_pickle_memo_get(m, index) : status;
}

/* ---- The loop ---------------------------------------------------------------------------------- */

enum { STOP = '.' };

typedef struct instruction {
    const char *name;
    spn_status (*run)(spni_pickle_machine *m); /* NULL: refused */
} instruction;

static const instruction instructions[256] = {
    [0x80] = {"PROTO", run_protocol},
    ['N'] = {"NONE", run_none},
    [0x88] = {"NEWTRUE", run_true},
    [0x89] = {"NEWFALSE", run_false},
    ['J'] = {"BININT", run_integer},
    ['K'] = {"BININT1", run_integer1},
    ['M'] = {"BININT2", run_integer2},
    [0x8a] = {"LONG1", run_long},
    ['G'] = {"BINFLOAT", run_real},
    ['X'] = {"BINUNICODE", run_text},
    ['('] = {"MARK", run_mark},
    ['t'] = {"TUPLE", run_tuple},
    [')'] = {"EMPTY_TUPLE", run_tuple0},
    [0x85] = {"TUPLE1", run_tuple1},
    [0x86] = {"TUPLE2", run_tuple2},
    [0x87] = {"TUPLE3", run_tuple3},
    [']'] = {"EMPTY_LIST", run_list},
    ['a'] = {"APPEND", run_append},
    ['e'] = {"APPENDS", run_appends},
    ['}'] = {"EMPTY_DICT", run_dictionary},
    ['s'] = {"SETITEM", run_item},
    ['u'] = {"SETITEMS", run_items},
    ['c'] = {"GLOBAL", run_name},
    ['Q'] = {"BINPERSID", run_storage},
    ['R'] = {"REDUCE", run_call},
    ['b'] = {"BUILD", run_build},
    ['q'] = {"BINPUT", run_put},
    ['r'] = {"LONG_BINPUT", run_long_put},
    ['h'] = {"BINGET", run_get},
    ['j'] = {"LONG_BINGET", run_long_get},
    /* Of those that are refused, the ones that make objects. */
    ['i'] = {"INST", NULL},
    ['o'] = {"OBJ", NULL},
    ['P'] = {"PERSID", NULL},
    [0x81] = {"NEWOBJ", NULL},
    [0x82] = {"EXT1", NULL},
    [0x83] = {"EXT2", NULL},
    [0x84] = {"EXT4", NULL},
    [0x92] = {"NEWOBJ_EX", NULL},
    [0x93] = {"STACK_GLOBAL", NULL},
};

static spn_status refuse(const spni_pickle_machine *m, unsigned char code)
{
    return spn_fail(
        m->context, SPN_ERROR_INPUT,
        "%s holds code: pickle instruction 0x%02x%s%s at byte %lld, which is not run; %s",
        m->source, code, instructions[code].name != NULL ? " " : "",
        instructions[code].name != NULL ? instructions[code].name : "", (long long)m->at - 1,
        SPNI_PICKLE_CURE);
}

static spn_status run(spni_pickle_machine *m, spni_pickle_value *out)
{
    spn_status status = SPN_OK;
    for (int64_t count = 0;; count++) {
        const unsigned char *code = NULL;
        SPN_TRY(count % 4096 == 0 ? spn_poll(m->context) : SPN_OK);
        SPN_TRY(spni_pickle_take_bytes(m, 1, &code));
        if (*code == STOP) {
            break;
        }
        SPN_TRY(instructions[*code].run != NULL ? instructions[*code].run(m) : refuse(m, *code));
    }
    SPN_TRY(spni_pickle_pop(m, out));
    if (m->depth > 0 || m->at < m->size) {
        SPN_TRY(spni_pickle_damaged(m, "something is left over"));
    }
done:
    return status;
}

spn_status spni_pickle_read(spn_context *context, spn_arena *arena, const char *source,
                            const unsigned char *bytes, int64_t size, spni_pickle_value *out)
{
    spni_pickle_machine machine = {
        .context = context, .arena = arena, .source = source, .bytes = bytes, .size = size};
    spni_pickle_value value = {0};
    if (size > PICKLE_MAX) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s: its pickle has %lld bytes, and %d are allowed: it holds more than "
                        "names and shapes of tensors",
                        source, (long long)size, PICKLE_MAX);
    }
    spn_status status = run(&machine, &value);
    *out = value;
    spn_release(context, machine.stack);
    spn_release(context, machine.memo);
    return status;
}
