/* SPDX-License-Identifier: MIT */
/* The names that a state dictionary needs, and what calling them makes. */
#include "formats/pickle_machine.h"

#include <stdio.h>
#include <string.h>

static bool is_integer(const spni_pickle_value *value)
{
    return value->kind == SPNI_PICKLE_INTEGER && value->as.integer >= 0;
}

/* A tuple of at most `limit` integers, none negative. */
static bool is_sizes(const spni_pickle_value *value, int64_t limit)
{
    if (value->kind != SPNI_PICKLE_TUPLE || value->as.tuple->count > limit) {
        return false;
    }
    for (int64_t i = 0; i < value->as.tuple->count; i++) {
        if (!is_integer(&value->as.tuple->items[i])) {
            return false;
        }
    }
    return true;
}

spn_status spni_pickle_storage_of(spni_pickle_machine *m, spni_pickle_value *value)
{
    enum { WORD, TYPE, KEY, DEVICE, COUNT, FIELDS };
    spn_status status = SPN_OK;
    spni_pickle_storage *storage = NULL;
    const spni_pickle_value *is =
        value->kind == SPNI_PICKLE_TUPLE && value->as.tuple->count == FIELDS
            ? value->as.tuple->items
            : NULL;
    if (is == NULL || is[WORD].kind != SPNI_PICKLE_TEXT ||
        strcmp(is[WORD].as.text, "storage") != 0 || is[TYPE].kind != SPNI_PICKLE_NAME ||
        is[TYPE].as.name->call != NULL || is[KEY].kind != SPNI_PICKLE_TEXT ||
        !is_integer(&is[COUNT])) {
        SPN_TRY(spni_pickle_damaged(m, "a storage is not described as torch.save() does it"));
    }
    SPN_TAKE(m->context, m->arena, storage, 1);
    *storage =
        (spni_pickle_storage){is[KEY].as.text, is[TYPE].as.name->number, is[COUNT].as.integer};
    *value = (spni_pickle_value){.kind = SPNI_PICKLE_STORAGE, .as.storage = storage};
done:
    return status;
}

static spn_status call_ordered_dictionary(spni_pickle_machine *m,
                                          const spni_pickle_tuple *arguments,
                                          spni_pickle_value *out)
{
    return arguments->count == 0 ? spni_pickle_dictionary_new(m, true, out)
                                 : spni_pickle_damaged(m, "OrderedDict is called with arguments");
}

/* The place of the last number, and how many there are; false: out of range. */
static bool measure(spni_pickle_tensor *tensor)
{
    int64_t last = tensor->offset;
    tensor->count = 1;
    for (int64_t d = 0; d < tensor->shape->count; d++) {
        const int64_t size = tensor->shape->items[d].as.integer;
        int64_t step = 0;
        if (!spn_size_multiply(tensor->count, size, &tensor->count)) {
            return false;
        }
        if (size > 0 &&
            (!spn_size_multiply(size - 1, tensor->strides->items[d].as.integer, &step) ||
             !spn_size_add(last, step, &last))) {
            return false;
        }
    }
    return tensor->count == 0 || last < tensor->storage->count;
}

static spn_status call_tensor(spni_pickle_machine *m, const spni_pickle_tuple *arguments,
                              spni_pickle_value *out)
{
    enum { STORAGE, OFFSET, SHAPE, STRIDES, NEEDED = 6 };
    spn_status status = SPN_OK;
    spni_pickle_tensor *tensor = NULL;
    const spni_pickle_value *is = arguments->items;
    if (arguments->count < NEEDED || is[STORAGE].kind != SPNI_PICKLE_STORAGE ||
        !is_integer(&is[OFFSET]) || !is_sizes(&is[SHAPE], SPN_ARRAY_RANK_MAX) ||
        !is_sizes(&is[STRIDES], SPN_ARRAY_RANK_MAX) ||
        is[SHAPE].as.tuple->count != is[STRIDES].as.tuple->count) {
        SPN_TRY(spni_pickle_damaged(m, "a tensor is not described as torch.save() does it"));
    }
    SPN_TAKE(m->context, m->arena, tensor, 1);
    *tensor = (spni_pickle_tensor){.storage = is[STORAGE].as.storage,
                                   .offset = is[OFFSET].as.integer,
                                   .shape = is[SHAPE].as.tuple,
                                   .strides = is[STRIDES].as.tuple};
    if (!measure(tensor)) {
        SPN_TRY(spni_pickle_damaged(m, "a tensor reaches beyond its storage"));
    }
    *out = (spni_pickle_value){.kind = SPNI_PICKLE_TENSOR, .as.tensor = tensor};
done:
    return status;
}

/* A parameter (of dict(model.named_parameters())) is its tensor. */
static spn_status call_parameter(spni_pickle_machine *m, const spni_pickle_tuple *arguments,
                                 spni_pickle_value *out)
{
    if (arguments->count < 1 || arguments->items[0].kind != SPNI_PICKLE_TENSOR) {
        return spni_pickle_damaged(m, "a parameter is no tensor");
    }
    *out = arguments->items[0];
    return SPN_OK;
}

const spni_pickle_name *spni_pickle_find_name(const char *module, int64_t module_length,
                                              const char *name, int64_t name_length)
{
    static const spni_pickle_name names[] = {
        {"collections", "OrderedDict", call_ordered_dictionary, SPNI_F64},
        {"torch._utils", "_rebuild_tensor_v2", call_tensor, SPNI_F64},
        {"torch._utils", "_rebuild_parameter", call_parameter, SPNI_F64},
        {"torch", "DoubleStorage", NULL, SPNI_F64},
        {"torch", "FloatStorage", NULL, SPNI_F32},
        {"torch", "HalfStorage", NULL, SPNI_F16},
        {"torch", "BFloat16Storage", NULL, SPNI_BF16},
        {"torch", "LongStorage", NULL, SPNI_I64},
        {"torch", "IntStorage", NULL, SPNI_I32},
        {"torch", "ShortStorage", NULL, SPNI_I16},
        {"torch", "CharStorage", NULL, SPNI_I8},
        {"torch", "ByteStorage", NULL, SPNI_U8},
        {"torch", "BoolStorage", NULL, SPNI_BOOL},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if ((int64_t)strlen(names[i].module) == module_length &&
            (int64_t)strlen(names[i].name) == name_length &&
            memcmp(names[i].module, module, (size_t)module_length) == 0 &&
            memcmp(names[i].name, name, (size_t)name_length) == 0) {
            return &names[i];
        }
    }
    return NULL;
}

spn_status spni_pickle_call(spni_pickle_machine *m, const spni_pickle_name *name,
                            const spni_pickle_tuple *arguments, spni_pickle_value *out)
{
    return name->call != NULL ? name->call(m, arguments, out)
                              : spni_pickle_damaged(m, "the type of a storage is called");
}
