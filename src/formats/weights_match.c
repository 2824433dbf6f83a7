/* SPDX-License-Identifier: MIT */
#include "formats/weights.h"

#include "formats/input.h"
#include <stdio.h>
#include <string.h>

#define QUOTE_SIZE 120

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Where a number ends that begins at `text`, with a "_" or "-" before it or not; NULL: there is none. */
static const char *number_end(const char *text)
{
    const char *at = text + (*text == '_' || *text == '-' ? 1 : 0);
    if (!is_digit(*at)) {
        return NULL;
    }
    while (is_digit(*at)) {
        at++;
    }
    return at;
}

/* Digits without zeros in front. */
static const char *significant(const char *text, const char *end)
{
    text += *text == '_' || *text == '-' ? 1 : 0;
    while (text + 1 < end && *text == '0') {
        text++;
    }
    return text;
}

static int compare_numbers(const char *a, const char *a_end, const char *b, const char *b_end)
{
    a = significant(a, a_end);
    b = significant(b, b_end);
    if (a_end - a != b_end - b) {
        return a_end - a < b_end - b ? -1 : 1;
    }
    int order = memcmp(a, b, (size_t)(a_end - a));
    return (order > 0) - (order < 0);
}

int spni_compare_names(const char *a, const char *b)
{
    int first = 0;
    for (;;) {
        const char *a_end = number_end(a), *b_end = number_end(b);
        if (a_end != NULL || b_end != NULL) {
            int order = a_end == NULL   ? -1
                        : b_end == NULL ? 1
                                        : compare_numbers(a, a_end, b, b_end);
            first = first != 0 ? first : order;
            a = a_end != NULL ? a_end : a;
            b = b_end != NULL ? b_end : b;
        } else if (*a != *b) {
            return SPNI_NO_ORDER;
        } else if (*a == '\0') {
            return first != 0 ? first : SPNI_NO_ORDER;
        } else {
            a++;
            b++;
        }
    }
}

spn_status spni_weight_match_create(spn_context *context, const spni_weight_file *file,
                                    spni_weight_match *match)
{
    spn_status status = SPN_OK;
    SPN_NEW(context, match->place, file->layers);
done:
    return status;
}

void spni_weight_match_free(spn_context *context, spni_weight_match *match)
{
    spn_release(context, match->place);
}

/* What is placed: the weights, read one way, or the biases, as rank-1 arrays with one column. */
typedef struct slots {
    const spni_weight_file *file;
    bool is_bias, is_turned;
    int64_t *place; /* layers */
    char *problem;  /* SPNI_WEIGHT_PROBLEM characters */
} slots;

static const spn_weight_entry *entry_of(const slots *s, int64_t layer)
{
    return s->file->entry[2 * layer + (s->is_bias ? 1 : 0)];
}

static const char *name_of(const slots *s, int64_t array)
{
    return s->file->arrays->items[array].name;
}

bool spni_weight_fits(const spn_named_array *array, const spn_weight_entry *entry, bool is_turned)
{
    if (entry == NULL) {
        return false;
    }
    const int64_t rows = is_turned ? entry->columns : entry->rows;
    const int64_t columns = is_turned ? entry->rows : entry->columns;
    return array->rank == (entry->is_bias ? 1 : 2) && array->shape[0] == rows &&
           (entry->is_bias || array->shape[1] == columns);
}

static bool fits(const slots *s, int64_t array, int64_t layer)
{
    return spni_weight_fits(&s->file->arrays->items[array], entry_of(s, layer), s->is_turned);
}

/* The array has a layer already. */
static bool is_taken(const slots *s, int64_t array)
{
    for (int64_t l = 0; l < s->file->layers; l++) {
        if (s->place[l] == array) {
            return true;
        }
    }
    return false;
}

/* The first in the order of names of the arrays that fit and have no layer; -1: there is none; -2: there is no first. */
static int64_t find_first(const slots *s, int64_t layer)
{
    int64_t best = -1, other = -1;
    for (int64_t i = 0; i < s->file->arrays->count; i++) {
        if (!fits(s, i, layer) || is_taken(s, i)) {
            continue;
        }
        int order = best < 0 ? -1 : spni_compare_names(name_of(s, i), name_of(s, best));
        other = order == SPNI_NO_ORDER ? i : other;
        best = order == -1 ? i : best;
    }
    if (other >= 0) {
        char a[QUOTE_SIZE], b[QUOTE_SIZE];
        spni_quote_text(name_of(s, best), (int64_t)strlen(name_of(s, best)), a, sizeof a);
        spni_quote_text(name_of(s, other), (int64_t)strlen(name_of(s, other)), b, sizeof b);
        snprintf(
            s->problem, SPNI_WEIGHT_PROBLEM,
            "arrays '%s' and '%s' have the same shape and no order: give them names that differ "
            "in a number only, such as layers.0.weight and layers.1.weight",
            a, b);
        return -2;
    }
    return best;
}

/* The list of arrays without a place, one more. */
static void list_one(const spn_named_array *item, int64_t before, char *text, size_t size)
{
    const size_t used = strlen(text);
    char quoted[60], shape[60];
    if (before < 3) {
        spni_quote_text(item->name, (int64_t)strlen(item->name), quoted, sizeof quoted);
        spni_shape_text(item->rank, item->shape, shape, sizeof shape);
        snprintf(text + used, size - used, "%s'%s' (%s)", before > 0 ? ", " : "", quoted, shape);
    }
}

static int64_t list_end(int64_t count, char *text, size_t size)
{
    const size_t used = strlen(text);
    if (count > 3) {
        snprintf(text + used, size - used, " and %lld more", (long long)count - 3);
    }
    return count;
}

int64_t spni_weights_list_rest(const spni_weight_file *file, char *text, size_t size)
{
    int64_t count = 0;
    text[0] = '\0';
    for (int64_t i = 0; i < file->arrays->count; i++) {
        if (!file->is_placed[i]) {
            list_one(&file->arrays->items[i], count++, text, size);
        }
    }
    return list_end(count, text, size);
}

/* The same of those that could be weights, or biases. */
static int64_t list_rest(const slots *s, char *text, size_t size)
{
    int64_t count = 0;
    text[0] = '\0';
    for (int64_t i = 0; i < s->file->arrays->count; i++) {
        const spn_named_array *item = &s->file->arrays->items[i];
        if (!is_taken(s, i) && !s->file->is_placed[i] && (item->rank == 1) == s->is_bias) {
            list_one(item, count++, text, size);
        }
    }
    return list_end(count, text, size);
}

/* No array is what a layer needs. */
static void say_missing(const slots *s, int64_t layer)
{
    char rest[400];
    const spn_weight_entry *entry = entry_of(s, layer);
    const int64_t shape[] = {s->is_turned ? entry->columns : entry->rows,
                             s->is_turned ? entry->rows : entry->columns};
    char needed[60];
    spni_shape_text(s->is_bias ? 1 : 2, shape, needed, sizeof needed);
    int64_t count = list_rest(s, rest, sizeof rest);
    snprintf(s->problem, SPNI_WEIGHT_PROBLEM, "no %s for layer %lld of %lld, which needs %s%s%s%s",
             s->is_bias ? "bias" : "weight", (long long)layer + 1, (long long)s->file->layers,
             needed,
             s->is_bias     ? ""
             : s->is_turned ? " (in x out)"
                            : " (out x in)",
             count > 0 ? "; without a place: " : "", rest);
}

/* Names with numbers must not say another order than the shapes. */
static bool check_order(const slots *s, bool *is_ordered)
{
    *is_ordered = true;
    for (int64_t l = 0; l < s->file->layers; l++) {
        for (int64_t k = l + 1; k < s->file->layers; k++) {
            if (s->place[l] < 0 || s->place[k] < 0) {
                continue;
            }
            const char *a = name_of(s, s->place[l]), *b = name_of(s, s->place[k]);
            int order = spni_compare_names(a, b);
            *is_ordered = *is_ordered && order != SPNI_NO_ORDER;
            if (order == 1) {
                char before[QUOTE_SIZE], after[QUOTE_SIZE];
                spni_quote_text(a, (int64_t)strlen(a), before, sizeof before);
                spni_quote_text(b, (int64_t)strlen(b), after, sizeof after);
                snprintf(s->problem, SPNI_WEIGHT_PROBLEM,
                         "by their shapes '%s' comes before '%s', by their numbers after it",
                         before, after);
                return false;
            }
        }
    }
    return true;
}

/* Each layer that has an entry, up to `layers`, gets its array. */
static bool place_all(const slots *s, int64_t layers, bool *is_ordered)
{
    for (int64_t l = 0; l < s->file->layers; l++) {
        s->place[l] = -1;
    }
    for (int64_t l = 0; l < layers; l++) {
        if (entry_of(s, l) == NULL) {
            continue;
        }
        int64_t found = find_first(s, l);
        if (found < 0) {
            if (found == -1) {
                say_missing(s, l);
            }
            return false;
        }
        s->place[l] = found;
    }
    return check_order(s, is_ordered);
}

static bool contains(const spni_weight_file *file, const char *part)
{
    for (int64_t i = 0; i < file->arrays->count; i++) {
        if (strstr(file->arrays->items[i].name, part) != NULL) {
            return true;
        }
    }
    return false;
}

/* Arrays are left over. */
static void say_surplus(const slots *s, bool may_be_ignored)
{
    char rest[400];
    list_rest(s, rest, sizeof rest);
    snprintf(s->problem, SPNI_WEIGHT_PROBLEM, "no place in the network for %s%s", rest,
             contains(s->file, "running_mean")
                 ? "; there is no BatchNorm here: fold it into the layer before it"
             : may_be_ignored
                 ? "; if the network is the same without, set model.init.others: ignore"
                 : "");
}

void spni_weights_match(const spni_weight_file *file, bool is_turned, spni_weight_match *match)
{
    const slots s = {file, false, is_turned, match->place, match->problem};
    match->is_good = place_all(&s, file->layers, &match->is_ordered);
    for (int64_t i = 0; match->is_good && !file->choice->ignores_others && i < file->arrays->count;
         i++) {
        if (file->arrays->items[i].rank != 1 && !is_taken(&s, i)) {
            say_surplus(&s, true);
            match->is_good = false;
        }
    }
}

/* The length of a name up to its last dot or slash; 0: there is none. */
static size_t stem_length(const char *name)
{
    const char *dot = strrchr(name, '.'), *slash = strrchr(name, '/');
    const char *end = dot == NULL || (slash != NULL && slash > dot) ? slash : dot;
    return end != NULL ? (size_t)(end - name) : 0;
}

/* Has the array the same stem as the weight of a layer, and is called a bias, where `by_name`? */
static bool is_partner(const slots *s, int64_t array, int64_t layer, bool by_name)
{
    const char *name = name_of(s, array), *weight = name_of(s, s->file->weight[layer]);
    const size_t length = stem_length(weight);
    return length > 0 && fits(s, array, layer) && stem_length(name) == length &&
           memcmp(name, weight, length) == 0 &&
           (!by_name || strncmp(name + length + 1, "bias", 4) == 0);
}

static int64_t find_partner(const slots *s, int64_t layer)
{
    for (int by_name = 1; by_name >= 0; by_name--) {
        for (int64_t i = 0; i < s->file->arrays->count; i++) {
            if (is_partner(s, i, layer, by_name == 1)) {
                return i;
            }
        }
    }
    return -1;
}

/* By their names: returns how many biases are found beside a weight. */
static int64_t place_partners(const slots *s)
{
    int64_t found = 0;
    for (int64_t l = 0; l < s->file->layers; l++) {
        s->place[l] = entry_of(s, l) != NULL ? find_partner(s, l) : -1;
        found += s->place[l] >= 0 ? 1 : 0;
    }
    return found;
}

static void count_biases(const spni_weight_file *file, int64_t *wanted, int64_t *vectors)
{
    *wanted = *vectors = 0;
    for (int64_t l = 0; l < file->layers; l++) {
        *wanted += file->entry[2 * l + 1] != NULL ? 1 : 0;
    }
    for (int64_t i = 0; i < file->arrays->count; i++) {
        *vectors += file->arrays->items[i].rank == 1 ? 1 : 0;
    }
}

/* Something is called the bias of this layer's weight, and has another shape. */
static bool has_misfit(const slots *s, int64_t layer)
{
    const char *weight = name_of(s, s->file->weight[layer]);
    const size_t length = stem_length(weight);
    for (int64_t i = 0; length > 0 && i < s->file->arrays->count; i++) {
        const char *name = name_of(s, i);
        if (stem_length(name) == length && memcmp(name, weight, length) == 0 &&
            strncmp(name + length + 1, "bias", 4) == 0) {
            return true;
        }
    }
    return false;
}

/* Each bias that the network has. Beside a weight without one there is none: 0 is the same. Where biases are told by
 * their order alone, only that of the outputs may be missing. */
static bool place_biases(const slots *s, int64_t wanted, int64_t vectors)
{
    bool is_ordered = false;
    const int64_t layers = s->file->layers;
    const bool is_last_free = entry_of(s, layers - 1) != NULL;
    if (place_partners(s) == 0) {
        return place_all(s, vectors == wanted - 1 && is_last_free ? layers - 1 : layers,
                         &is_ordered);
    }
    for (int64_t l = 0; l < layers; l++) {
        if (entry_of(s, l) != NULL && s->place[l] < 0 && has_misfit(s, l)) {
            say_missing(s, l);
            return false;
        }
    }
    return true;
}

spn_status spni_weights_match_biases(spn_context *context, spni_weight_file *file)
{
    char problem[SPNI_WEIGHT_PROBLEM] = "";
    const slots s = {file, true, false, file->bias, problem};
    int64_t wanted = 0, vectors = 0;
    count_biases(file, &wanted, &vectors);
    for (int64_t l = 0; l < file->layers; l++) {
        file->is_placed[file->weight[l]] = true;
    }
    bool is_good = true;
    if (wanted > 0 && vectors == 0) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "%s holds no biases, but the network has them: set model.bias: false",
                        file->source);
    }
    if (wanted > 0) {
        is_good = place_biases(&s, wanted, vectors);
    }
    int64_t placed = 0;
    for (int64_t l = 0; l < file->layers; l++) {
        placed += file->bias[l] >= 0 ? 1 : 0;
    }
    if (is_good && placed < vectors && !file->choice->ignores_others) {
        say_surplus(&s, wanted > 0);
        is_good = false;
    }
    return is_good ? SPN_OK
                   : spn_fail(context, SPN_ERROR_INPUT, "%s: %s%s", file->source, problem,
                              wanted == 0 ? "; biases need model.bias: true" : "");
}
