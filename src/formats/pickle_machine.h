/* SPDX-License-Identifier: MIT */
/** @file pickle_machine.h  Between the machine (pickle.c) and the few names it knows (pickle_names.c). */
#ifndef SPNI_FORMATS_PICKLE_MACHINE_H
#define SPNI_FORMATS_PICKLE_MACHINE_H

#include "formats/pickle.h"

#define SPNI_PICKLE_CURE                                                                           \
    "save the state dict alone, in Python: torch.save(model.state_dict(), \"weights.pth\")"

typedef struct spni_pickle_machine {
    spn_context *context;
    spn_arena *arena;
    const char *source;
    const unsigned char *bytes;
    int64_t size, at;
    spni_pickle_value *stack, *memo; /**< memo: a mark where there is nothing */
    int64_t depth, capacity, memo_count, memo_capacity;
} spni_pickle_machine;

/** A class or function that is known: the type of a storage, or what `call` does. */
typedef struct spni_pickle_name {
    const char *module, *name;
    spn_status (*call)(spni_pickle_machine *m, const spni_pickle_tuple *arguments,
                       spni_pickle_value *out); /**< NULL: the type of a storage */
    spni_number number;
} spni_pickle_name;

/** NULL: it is none of them. */
const spni_pickle_name *spni_pickle_find_name(const char *module, int64_t module_length,
                                              const char *name, int64_t name_length);

spn_status spni_pickle_call(spni_pickle_machine *m, const spni_pickle_name *name,
                            const spni_pickle_tuple *arguments, spni_pickle_value *out);

/** ("storage", type, key, device, count) becomes a storage. */
spn_status spni_pickle_storage_of(spni_pickle_machine *m, spni_pickle_value *value);

spn_status spni_pickle_damaged(const spni_pickle_machine *m, const char *what);

/** `count` bytes behind the instruction; an unsigned number of 1 to 8 bytes. */
spn_status spni_pickle_take_bytes(spni_pickle_machine *m, int64_t count, const unsigned char **out);
spn_status spni_pickle_take_number(spni_pickle_machine *m, int64_t bytes, uint64_t *out);

/** The stack: pop and top, which leaves the value where it is, fail at a mark. */
spn_status spni_pickle_push(spni_pickle_machine *m, spni_pickle_value value);
spn_status spni_pickle_pop(spni_pickle_machine *m, spni_pickle_value *out);
spn_status spni_pickle_top(spni_pickle_machine *m, spni_pickle_value *out);

/** The values above the last mark, `count` of them from *items, are popped, and the mark with them. They stay where
 *  they are until something is pushed. */
spn_status spni_pickle_pop_to_mark(spni_pickle_machine *m, int64_t *count,
                                   const spni_pickle_value **items);

/** The value on top under a number, and pushed again from there. */
spn_status spni_pickle_memo_put(spni_pickle_machine *m, uint64_t index);
spn_status spni_pickle_memo_get(spni_pickle_machine *m, uint64_t index);

spn_status spni_pickle_dictionary_new(spni_pickle_machine *m, bool is_ordered,
                                      spni_pickle_value *out);

#endif
